/**
 * Which variables of a function are in use where: what a frame has to save at each call, and which temporaries can share a
 * JavaScript variable.
 */
import { type Code, Local } from './code.ts';
import { type Arm, forEachCall, type Step } from './steps.ts';

/** After so many steps `checkpoint` is called, which may end the compilation. */
const STEPS_BETWEEN_CHECKPOINTS = 1024;

/** Sets what each call saves: exactly what is used after it. */
export function findSaves(steps: readonly Step[], checkpoint?: () => void): void {
  walkBack(steps, new Set(), checkpoint);
}

function addUses(code: Code, live: Set<Local>): void {
  for (const part of code) if (typeof part !== 'string' && part.kind !== 'module') live.add(part);
}

/** Walks backwards from what is used after `steps` (`live`); returns what is used from their start on. */
function walkBack(steps: readonly Step[], after: Set<Local>, checkpoint?: () => void): Set<Local> {
  let live = after;
  for (let i = steps.length - 1; i >= 0; i--) {
    if (i % STEPS_BETWEEN_CHECKPOINTS === STEPS_BETWEEN_CHECKPOINTS - 1) checkpoint?.();
    const step = steps[i] as Step; // in range
    switch (step.kind) {
      case 'do':
        if (step.sets !== null) live.delete(step.sets);
        addUses(step.code, live);
        break;
      case 'call':
        live.delete(step.sets);
        step.saves = [...live];
        addUses(step.code, live);
        break;
      case 'tail':
      case 'return':
        live = new Set();
        addUses(step.code, live);
        break;
      case 'selfTailCall':
        live = new Set();
        addUses(step.call, live); // `still` and `numbers` are for the first body only
        for (const [, code] of step.moves) addUses(code, live);
        live = walkBack(step.steps, live, checkpoint);
        break;
      case 'choose': {
        const behind = live;
        live = walkBack(step.otherwise, new Set(behind), checkpoint);
        for (let k = step.arms.length - 1; k >= 0; k--) {
          const one = step.arms[k] as Arm; // in range
          for (const local of walkBack(one.body, new Set(behind), checkpoint)) live.add(local);
          addUses(one.test, live);
          for (const local of one.sets) live.delete(local);
          live = walkBack(one.steps, live, checkpoint);
        }
        break;
      }
    }
  }
  return live;
}

/** Sets the same single variable for every call to save. */
export function saveOnly(local: Local, steps: readonly Step[]): void {
  const saves = [local];
  forEachCall(steps, (call) => {
    call.saves = saves;
  });
}

/** The first and the last use of each variable, as positions in the printed text, and the positions at which liveness is copied. */
export class Lifetimes {
  /** In the order of first use. */
  readonly locals: Local[] = [];
  readonly #copies: number[] = [];
  #now = 0;
  #steps = 0;

  /** `incoming` are the parameters and captured variables, which are there from the start. */
  constructor(
    steps: readonly Step[],
    incoming: readonly Local[],
    readonly checkpoint?: () => void,
  ) {
    for (const local of incoming) this.#see(local);
    this.#walk(steps);
  }

  /** How many variables all frames and all branches hold together: about what `findSaves` and printing its result cost. */
  get saved(): number {
    const changes = new Int32Array(this.#now + 3);
    for (const { first, last } of this.locals) {
      changes[first + 1] = (changes[first + 1] ?? 0) + 1;
      changes[last + 1] = (changes[last + 1] ?? 0) - 1;
    }
    let total = 0;
    let live = 0;
    let at = 0;
    for (const copy of this.#copies) {
      for (; at <= copy; at++) live += changes[at] ?? 0;
      total += live;
    }
    return total;
  }

  get copies(): number {
    return this.#copies.length;
  }

  #see(local: Local): void {
    if (local.kind === 'module') return;
    if (local.first < 0) {
      local.first = this.#now;
      this.locals.push(local);
    }
    local.last = this.#now;
  }

  #seeCode(code: Code): void {
    for (const part of code) if (part instanceof Local) this.#see(part);
  }

  #walk(list: readonly Step[]): void {
    for (const step of list) {
      this.#now += 2;
      if (++this.#steps % STEPS_BETWEEN_CHECKPOINTS === 0) this.checkpoint?.();
      switch (step.kind) {
        case 'do':
        case 'call':
          this.#seeCode(step.code);
          if (step.kind === 'call') this.#copies.push(this.#now);
          this.#now++; // what is read is free again when the result is stored
          if (step.sets !== null) this.#see(step.sets);
          break;
        case 'tail':
        case 'return':
          this.#seeCode(step.code);
          break;
        case 'selfTailCall':
          if (step.still !== null) this.#seeCode(step.still);
          if (step.numbers !== null) {
            this.#walk(step.numbers.reads);
            this.#now += 2;
            this.#seeCode(step.numbers.test);
            this.#walk(step.numbers.steps);
            this.#now += 2;
            for (const [, code] of step.numbers.moves) this.#seeCode(code);
          }
          this.#walk(step.steps);
          this.#now += 2;
          this.#seeCode(step.call);
          if (step.still !== null) this.#seeCode(step.still);
          for (const [, code] of step.moves) this.#seeCode(code);
          this.#now += 2; // all of them are read before the last one is free
          for (const [, code] of step.moves) this.#seeCode(code);
          break;
        case 'choose':
          for (const one of step.arms) {
            this.#walk(one.steps);
            this.#now += 2;
            this.#copies.push(this.#now);
            this.#seeCode(one.test);
            this.#walk(one.body);
          }
          this.#walk(step.otherwise);
          break;
      }
    }
  }
}

/** Names temporaries, with the same name for those whose uses do not overlap; `nameOf` names the n-th one. Returns the names. */
export function shareTemporaries({ locals }: Lifetimes, nameOf: (n: number) => string): string[] {
  const temporaries = locals.filter(({ kind }) => kind === 'temporary');
  const byEnd = [...temporaries].sort((a, b) => a.last - b.last);
  const names: string[] = [];
  const free: string[] = [];
  let ended = 0;
  for (const local of temporaries) {
    for (let one = byEnd[ended]; one !== undefined && one.last < local.first; one = byEnd[++ended]) free.push(one.name);
    let name = free.pop();
    if (name === undefined) {
      name = nameOf(names.length);
      names.push(name);
    }
    local.name = name;
  }
  return names;
}
