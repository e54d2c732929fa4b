/**
 * The JavaScript of one function as a tree of steps.
 *
 * It is printed twice (step-printer.ts): as the body that always runs, and as the body that continues after a suspension. Both come
 * from the same steps, so call sites, temporaries and saved variables agree by construction. The tree has no loops: a self tail call
 * loops in the first body and calls in the second. So a frame has to save at a call exactly what the steps after it still use.
 */
import type { Code, Local } from './code.ts';

export type Step =
  | { readonly kind: 'do'; readonly sets: Local | null; readonly code: Code }
  | CallStep
  | { readonly kind: 'tail'; readonly code: Code; readonly at: number }
  | { readonly kind: 'return'; readonly code: Code }
  | ChooseStep
  | SelfTailCall;

/** A call that may suspend. `at` is its global position. */
export interface CallStep {
  readonly kind: 'call';
  readonly sets: Local;
  readonly code: Code;
  readonly at: number;
  /** Its number in its function, from 1: set by `numberSites`. */
  site: number;
  /** What its frame holds while it is suspended: set before printing. */
  saves: readonly Local[];
}

/** The first arm whose test holds, else `otherwise`. */
export interface ChooseStep {
  readonly kind: 'choose';
  readonly arms: readonly Arm[];
  readonly otherwise: readonly Step[];
  /** Set by `numberSites`. */
  label: number;
  sites: Sites;
}

export interface Arm {
  readonly steps: readonly Step[];
  readonly test: Code;
  /** Variables that the test sets, for the body to use. */
  readonly sets: readonly Local[];
  readonly body: readonly Step[];
  /** The call sites of the body: set by `numberSites`. */
  sites: Sites;
}

/** The call sites above `after`, up to `upTo`. */
export interface Sites {
  readonly after: number;
  readonly upTo: number;
}

/** After `steps`, new values for the parameters if `still` (the name still means this function), else `call`. */
export interface SelfTailCall {
  readonly kind: 'selfTailCall';
  readonly still: Code | null;
  /** Fast path of the numeric loop (number-loops.ts). When its test holds, it replaces the general steps below. */
  readonly numbers: NumberMoves | null;
  readonly steps: readonly Step[];
  readonly moves: readonly Move[];
  readonly call: Code;
  readonly at: number;
}

export type Move = readonly [Local, Code];

export interface NumberMoves {
  /** What the test needs. */
  readonly reads: readonly Step[];
  readonly test: Code;
  readonly steps: readonly Step[];
  readonly moves: readonly Move[];
}

/** A parameter that the numeric loop keeps as a number. */
export interface NumberParam {
  readonly local: Local;
  readonly type: 'number' | 'int32';
}

const UNNUMBERED: Sites = { after: 0, upTo: 0 };

export function callStep(sets: Local, code: Code, at: number): CallStep {
  return { kind: 'call', sets, code, at, site: 0, saves: [] };
}

export function chooseStep(arms: readonly Arm[], otherwise: readonly Step[]): ChooseStep {
  return { kind: 'choose', arms, otherwise, label: 0, sites: UNNUMBERED };
}

export function arm(test: Code, body: readonly Step[], steps: readonly Step[] = [], sets: readonly Local[] = []): Arm {
  return { steps, test, sets, body, sites: UNNUMBERED };
}

/** Everything that printing a function needs. */
export interface FunctionCode {
  /** Its JavaScript name, which ends in `$` and the global position of its keyword. */
  readonly name: string;
  readonly resumeName: string;
  readonly params: readonly Local[];
  readonly rest: Local | null;
  readonly captures: readonly Local[];
  readonly variables: readonly Local[];
  readonly self: Local;
  readonly steps: readonly Step[];
  /** A self tail call is among the steps. */
  readonly loops: boolean;
  /** The parameters that are kept as numbers in the numeric loop. */
  readonly numbers: readonly NumberParam[];
  /** No property that its loop writes can be a variable of a module. */
  readonly keepsModules: boolean;
  /** Passes all its arguments on to parents: takes them as one list, which is this variable. */
  readonly allArguments: Local | null;
  readonly isClass: boolean;
  /** The program itself, which runs once, and at once. */
  readonly isProgram: boolean;
}

/**
 * Numbers call sites, from `before` + 1, and labels in the order in which they are printed, so that each part of the tree has a contiguous
 * range. Returns the last number.
 */
export function numberSites(steps: readonly Step[], before = 0): number {
  let sites = before;
  let labels = 0;
  const number = (list: readonly Step[]): void => {
    for (const step of list) {
      switch (step.kind) {
        case 'call':
          step.site = ++sites;
          break;
        case 'choose': {
          const after = sites;
          step.label = ++labels;
          for (const one of step.arms) {
            number(one.steps);
            const before = sites;
            number(one.body);
            one.sites = { after: before, upTo: sites };
          }
          number(step.otherwise);
          step.sites = { after, upTo: sites };
          break;
        }
        case 'selfTailCall':
          number(step.numbers?.reads ?? []);
          number(step.numbers?.steps ?? []);
          number(step.steps);
          break;
        default:
      }
    }
  };
  number(steps);
  return sites;
}

/** The variables of the module that steps read and never set. */
export function moduleConstants(steps: readonly Step[]): Local[] {
  const read = new Set<Local>();
  const set = new Set<Local | null>();
  const see = (code: Code): void => {
    for (const part of code) if (typeof part !== 'string' && part.kind === 'module') read.add(part);
  };
  const look = (list: readonly Step[]): void => {
    for (const step of list) {
      switch (step.kind) {
        case 'do':
        case 'call':
          see(step.code);
          set.add(step.sets);
          break;
        case 'tail':
        case 'return':
          see(step.code);
          break;
        case 'choose':
          for (const one of step.arms) {
            look(one.steps);
            see(one.test);
            look(one.body);
          }
          look(step.otherwise);
          break;
        case 'selfTailCall':
          look([...(step.numbers?.reads ?? []), ...(step.numbers?.steps ?? []), ...step.steps]);
          for (const [, code] of [...(step.numbers?.moves ?? []), ...step.moves]) see(code);
          see(step.numbers?.test ?? []);
          see(step.still ?? []);
          see(step.call);
      }
    }
  };
  look(steps);
  return [...read].filter((local) => !set.has(local));
}

export function forEachCall(steps: readonly Step[], visit: (call: CallStep) => void): void {
  for (const step of steps) {
    if (step.kind === 'call') visit(step);
    if (step.kind !== 'choose') continue;
    for (const one of step.arms) {
      forEachCall(one.steps, visit);
      forEachCall(one.body, visit);
    }
    forEachCall(step.otherwise, visit);
  }
}

/** Whether control never gets past these steps. */
export function ends(steps: readonly Step[]): boolean {
  const last = steps.at(-1);
  switch (last?.kind) {
    case undefined:
    case 'do':
    case 'call':
      return false;
    case 'tail':
    case 'return':
    case 'selfTailCall':
      return true;
    case 'choose':
      return ends(last.otherwise) && last.arms.every(({ body }) => ends(body));
  }
}
