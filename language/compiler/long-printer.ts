/**
 * Prints a long function: a single body that begins and goes on inside a `switch`. Behind each call stands the `case` at which the
 * function goes on when it was suspended there. So its text is half of that of two bodies, which V8 would have to read before the
 * function runs at all. `$s` holds the frame until its variables have been restored.
 */
import { type Local, printed } from './code.ts';
import { isEmpty, type Output, type Plain, ResumePrinter } from './resume-printer.ts';
import { type CallStep, type ChooseStep, forEachCall, type Step } from './steps.ts';

export class LongPrinter {
  readonly #resumed: ResumePrinter;

  constructor(
    readonly plain: Plain,
    readonly printer: Output,
    /** The name of the function with this body. */
    readonly name: string,
  ) {
    this.#resumed = new ResumePrinter(plain, printer);
  }

  print(steps: readonly Step[]): void {
    for (const step of steps) {
      if (step.kind === 'call') this.#printCall(step);
      else if (step.kind === 'choose' && !isEmpty(step.sites)) this.#printChoice(step);
      else if (step.kind === 'selfTailCall') this.#resumed.printSelfTailCall(step);
      else this.plain.printStep(step);
    }
  }

  #printCall({ sets, code, at, site, saves }: CallStep): void {
    const { printer } = this;
    printer.call(`$v = ${printed(code)};`, at, site);
    printer.line(`if ($v === $S) return $m.save(${this.name}, ${site}, [${saves.map(({ name }) => name).join(', ')}]);`);
    const restored = saves.length === 0 ? '$s = null;' : `if ($s !== null) { ${restore(saves)} }`;
    printer.line(`case ${site}: ${restored} ${sets.name} = $v;`);
  }

  /** Calls inside a choice: it is reached again with the number of the call, and its arms look at that. */
  #printChoice(step: ChooseStep): void {
    const { printer } = this;
    const calls: CallStep[] = [];
    forEachCall([step], (call) => calls.push(call));
    printer.line('$pc = 0;');
    printer.line(calls.map(({ site }) => `case ${site}:`).join(' '));
    if (calls.some(({ saves }) => saves.length > 0)) {
      printer.line('if ($s !== null) switch ($pc) {');
      for (const { site, saves } of calls) if (saves.length > 0) printer.line(`case ${site}: ${restore(saves)} break;`);
      printer.line('}');
    }
    printer.line('$s = null;');
    this.#resumed.printChoice(step);
  }
}

/** Statements that take variables out of the frame. */
export function restore(saves: readonly Local[]): string {
  return `${saves.map(({ name }, i) => `${name} = $s[${i}]; `).join('')}$s = null;`;
}
