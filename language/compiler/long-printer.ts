/**
 * Prints a long function: a single body that begins and goes on inside a `switch`. Behind each call stands the `case` at which the
 * function goes on when it was suspended there. So its text is half of that of two bodies, which V8 would have to read before the
 * function runs at all.
 */
import { type Local, printed } from './code.ts';
import { isEmpty, type Output, type Plain, ResumePrinter } from './resume-printer.ts';
import { type CallStep, type ChooseStep, forEachCall, type Step } from './steps.ts';

/** What a long function does about its variables around a call. */
export interface AroundCalls {
  /** Leaves the function, which has been suspended at a call. */
  leave(call: CallStep): string;
  /** Brings back what was saved; reached without a suspension, too. */
  restore(saves: readonly Local[]): string;
}

/** Frames hold the variables: `$s` is one that has not been taken from yet. `body` is the name of the function with the body. */
export function inFrames(body: string): AroundCalls {
  return {
    leave: ({ site, saves }) => `$m.save(${body}, ${site}, [${saves.map(({ name }) => name).join(', ')}])`,
    restore: (saves) => (saves.length === 0 ? '$s = null;' : `if ($s !== null) { ${restore(saves)} }`),
  };
}

/** The variables are outside of the body. */
export const IN_CONTEXT: AroundCalls = { leave: ({ site }) => `$w(${site})`, restore: () => '' };

export class LongPrinter {
  readonly #resumed: ResumePrinter;

  constructor(
    readonly plain: Plain,
    readonly printer: Output,
    readonly around: AroundCalls,
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

  #printCall(step: CallStep): void {
    const { printer, around } = this;
    const { sets, code, at, site, saves } = step;
    printer.call(`if (($v = ${printed(code)}) === $S) return ${around.leave(step)};`, at, site);
    printer.line(`case ${site}: ${around.restore(saves)}${sets.name} = $v;`);
  }

  /** Calls inside a choice: it is reached again with the number of the call, and its arms look at that. */
  #printChoice(step: ChooseStep): void {
    const { printer, around } = this;
    const calls: CallStep[] = [];
    forEachCall([step], (call) => calls.push(call));
    printer.line('$pc = 0;');
    printer.line(calls.map(({ site }) => `case ${site}:`).join(' '));
    const restored = calls.filter(({ saves }) => saves.length > 0);
    if (restored.length > 0) {
      printer.line('if ($s !== null) switch ($pc) {');
      for (const { site, saves } of restored) printer.line(`case ${site}: ${restore(saves)} break;`);
      printer.line('}');
    }
    const after = around.restore([]);
    if (after !== '') printer.line(after);
    this.#resumed.printChoice(step);
  }
}

/** Statements that take variables out of the frame. */
export function restore(saves: readonly Local[]): string {
  return `${saves.map(({ name }, i) => `${name} = $s[${i}]; `).join('')}$s = null;`;
}
