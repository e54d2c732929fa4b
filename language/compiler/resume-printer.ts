/** Prints the body that continues at a call site: `$pc` is its number until the awaited value `$v` has been delivered, then 0. */
import { assignment, printed } from './code.ts';
import type { CallStep, ChooseStep, SelfTailCall, Sites, Step } from './steps.ts';

/** The part of the printer of the other body that this one uses. */
export interface Plain {
  print(steps: readonly Step[]): void;
  printStep(step: Step): void;
}

export interface Output {
  line(text: string): void;
  call(text: string, at: number, site: number): void;
}

/** A run of steps with more call sites than this is divided, so that resuming at the last site does not test all others. */
const SITES_TOGETHER = 32;

export class ResumePrinter {
  constructor(
    readonly plain: Plain,
    readonly printer: Output,
  ) {}

  print(steps: readonly Step[]): void {
    const sites = steps.filter(hasSites);
    if (sites.length <= SITES_TOGETHER) {
      this.#printRun(steps);
      return;
    }
    let from = 0;
    for (let i = SITES_TOGETHER - 1; i < sites.length; i += SITES_TOGETHER) {
      const last = sites[i] as Step; // in range
      const next = steps.indexOf(last, from) + 1;
      this.printer.line(`if ($pc <= ${lastSite(last)}) {`);
      this.#printRun(steps.slice(from, next));
      this.printer.line('}');
      from = next;
    }
    this.#printRun(steps.slice(from));
  }

  #printRun(steps: readonly Step[]): void {
    const { printer } = this;
    let open = false; // inside the guard of a run of steps without call sites
    const guard = (wanted: boolean): void => {
      if (wanted && !open) printer.line('if ($pc === 0) {');
      if (!wanted && open) printer.line('}');
      open = wanted;
    };
    for (const step of steps) {
      switch (step.kind) {
        case 'do':
        case 'return':
        case 'tail':
          guard(true);
          this.plain.printStep(step);
          break;
        case 'selfTailCall':
          guard(true);
          this.printSelfTailCall(step);
          break;
        case 'call':
          guard(false);
          this.#printCall(step);
          break;
        case 'choose':
          if (isEmpty(step.sites) && !endsInSelfTailCall(step)) {
            guard(true);
            this.plain.printStep(step);
          } else {
            guard(false);
            this.printChoice(step);
          }
          break;
      }
    }
    guard(false);
  }

  #printCall(step: CallStep): void {
    this.printer.line('if ($pc === 0) {');
    this.plain.printStep(step);
    this.printer.line(`} else if ($pc === ${step.site}) { ${assignment(step.sets, ['$v'])} $pc = 0; }`);
  }

  /** Here it is a call: the body has no loop. */
  printSelfTailCall(step: SelfTailCall): void {
    this.plain.print(step.steps);
    this.printer.call(`return ${printed(step.call)};`, step.at, 0);
  }

  printChoice(step: ChooseStep): void {
    const { printer } = this;
    printer.line(`$${step.label}: {`);
    for (const { steps, test, body, sites } of step.arms) {
      this.print(steps);
      if (isEmpty(sites)) printer.line(`if ($pc === 0 && (${printed(test)})) {`);
      else printer.line(`if ($pc === 0 ? ${printed(test)} : $pc > ${sites.after} && $pc <= ${sites.upTo}) {`);
      this.print(body);
      printer.line(`break $${step.label};`);
      printer.line('}');
    }
    this.print(step.otherwise);
    printer.line('}');
  }
}

export function isEmpty({ after, upTo }: Sites): boolean {
  return after === upTo;
}

function hasSites(step: Step): boolean {
  return step.kind === 'call' || (step.kind === 'choose' && !isEmpty(step.sites));
}

function lastSite(step: Step): number {
  return step.kind === 'call' ? step.site : step.kind === 'choose' ? step.sites.upTo : 0;
}

function endsInSelfTailCall(step: Step): boolean {
  if (step.kind === 'selfTailCall') return true;
  if (step.kind !== 'choose') return false;
  return (
    step.otherwise.some(endsInSelfTailCall) ||
    step.arms.some(({ steps, body }) => steps.some(endsInSelfTailCall) || body.some(endsInSelfTailCall))
  );
}
