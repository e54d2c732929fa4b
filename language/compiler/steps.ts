/**
 * The JavaScript of one function as a tree of steps, and how it is printed: once as the body that always runs, and once as the
 * body that goes on after a suspension.
 *
 * Both come from the same steps, so call sites, temporaries and saved variables agree by construction. The tree has no loops
 * (a self tail call loops in the first body and calls in the second), so what a frame has to save at a call is what the steps
 * after it still use: one walk backwards finds it.
 */

/** A variable of the emitted function. Temporaries share JavaScript variables where their uses do not overlap. */
export class Local {
  first = -1;
  last = -1;
  constructor(
    public name: string,
    readonly kind: 'variable' | 'temporary',
  ) {}
}

/** JavaScript text in pieces, so that the variables in it stay visible until it is printed. */
export type Code = readonly (string | Local)[];

export type Part = string | number | Local | Code;

/** Builds code from a template. */
export function js(texts: TemplateStringsArray, ...parts: Part[]): Code {
  const code: (string | Local)[] = [];
  texts.forEach((text, i) => {
    if (text !== '') code.push(text);
    const part = parts[i];
    if (part === undefined) return;
    if (typeof part === 'number') code.push(part < 0 ? `(${part})` : String(part));
    else if (typeof part === 'string' || part instanceof Local) code.push(part);
    else for (const one of part) code.push(one); // a spread would put all of it on the native stack
  });
  return code;
}

/** Code pieces with something between them. */
export function joined(codes: readonly Code[], separator: string): Code {
  return codes.flatMap((code, i) => (i === 0 ? [...code] : [separator, ...code]));
}

export type Step =
  | { readonly kind: 'do'; readonly sets: Local | null; readonly code: Code }
  /** A call that may suspend. `site` numbers it from 1, `at` is its global position, `saves` is found by `liveness`. */
  | {
      readonly kind: 'call';
      readonly sets: Local;
      readonly code: Code;
      readonly site: number;
      readonly at: number;
      saves: Local[];
    }
  | { readonly kind: 'tail'; readonly code: Code; readonly at: number }
  | { readonly kind: 'return'; readonly code: Code }
  /** The first arm whose test holds, else `otherwise`. `sites` are the call sites before and after it. */
  | {
      readonly kind: 'choose';
      readonly label: number;
      readonly arms: readonly Arm[];
      readonly otherwise: readonly Step[];
      readonly sites: Sites;
    }
  /** A self tail call: after `steps`, new values for the parameters if `still` (the name still means this function), else `call`. */
  | {
      readonly kind: 'again';
      readonly still: Code | null;
      /** The way round the loop of numbers (number-loops.ts): if its test holds, instead of all else. */
      readonly numbers: NumberMoves | null;
      readonly steps: readonly Step[];
      readonly moves: readonly (readonly [Local, Code])[];
      readonly call: Code;
      readonly at: number;
    };

export interface NumberMoves {
  /** What the test needs. */
  readonly reads: readonly Step[];
  readonly test: Code;
  readonly steps: readonly Step[];
  readonly moves: readonly (readonly [Local, Code])[];
}

export interface Arm {
  readonly steps: readonly Step[];
  readonly test: Code;
  /** Variables that the test sets, for the body to use. */
  readonly sets?: readonly Local[];
  readonly body: readonly Step[];
  /** The call sites of the body: those above `after`, up to `upTo`. */
  readonly sites: Sites;
}

export interface Sites {
  readonly after: number;
  readonly upTo: number;
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
  /** The parameters that are kept as numbers in a loop of their own. */
  readonly numbers: readonly Local[];
  readonly sites: number;
  /** Passes all its arguments on to parents: takes them as one list, which is this variable. */
  readonly allArguments: Local | null;
}

/** How many numbers describe a call: its line (from 1), its global position, its call site in its function (0 for a tail call). */
export const CALL_FIELDS = 3;

/** Lines of JavaScript, and where the calls stand in them. */
export class Printer {
  readonly lines: string[] = [];
  readonly calls: number[] = [];

  line(text: string): void {
    this.lines.push(text);
  }

  call(text: string, at: number, site: number): void {
    this.lines.push(text);
    this.calls.push(this.lines.length, at, site);
  }
}

/** Prints a function: a maker that takes the captured variables and gives the function, then its resume body if it needs one. */
export function printFunction(fn: FunctionCode, maker: string, printer: Printer): void {
  liveness(fn.steps, new Set());
  const temporaries = shareTemporaries(fn.steps);
  const declared = [...fn.variables.map(({ name }) => name), ...temporaries, '$x'];
  const own = [...fn.params, ...(fn.rest === null ? [] : [fn.rest])];
  const charge = Math.max(1, Math.ceil((own.length + declared.length) / 16));
  const head =
    fn.allArguments === null
      ? [...fn.params.map(({ name }) => name), ...(fn.rest === null ? [] : [`...${fn.rest.name}`])]
      : [`...${fn.allArguments.name}`];

  printer.line(
    `const ${maker} = (${fn.captures.map(({ name }) => name).join(', ')}) => function ${fn.name}(${head.join(', ')}) {`,
  );
  printer.line(`let ${declared.join(', ')};`);
  printEntry(fn, charge, printer);
  if (fn.loops) printer.line('$again: for (;;) {');
  if (fn.numbers.length > 0) printNumberLoop(fn, charge, printer);
  new BodyPrinter(fn, charge, printer).print(fn.steps);
  if (fn.loops) printer.line('}');
  printer.line('};');

  if (fn.sites === 0) return;
  printer.line(`function ${fn.resumeName}($pc, $s, $v) {`);
  const all = new Set([...declared, ...own.map(({ name }) => name), ...fn.captures.map(({ name }) => name), fn.self.name]);
  if (fn.allArguments !== null) all.add(fn.allArguments.name);
  printer.line(`let ${[...all].join(', ')};`);
  printer.line('switch ($pc) {');
  forEachCall(fn.steps, ({ site, saves }) => {
    printer.line(`case ${site}: ${saves.map(({ name }, i) => `${name} = $s[${i}]; `).join('')}break;`);
  });
  printer.line('}');
  new ResumePrinter(fn, printer).print(fn.steps);
  printer.line('}');
}

/** The loop in which some parameters are numbers and nothing else: a variable of its own stands for each of them. */
function printNumberLoop(fn: FunctionCode, charge: number, printer: Printer): void {
  const names = new Map(fn.numbers.map((param) => [param, param.name]));
  printer.line(`if (${fn.numbers.map(({ name }) => `typeof ${name} === 'number'`).join(' && ')}) {`);
  for (const param of fn.numbers) {
    printer.line(`let ${param.name}n = +${param.name};`); // V8 knows the type of what + gives
    param.name += 'n';
  }
  if (fn.sites === 0) printer.line('let $f = $m.fuel * 4;'); // nothing in it looks at the machine; a turn is less than a call
  printer.line('$numbers: for (;;) {');
  new BodyPrinter(fn, charge, printer, names).print(fn.steps);
  printer.line('}');
  printer.line('}');
  for (const [param, name] of names) param.name = name;
}

/** Missing arguments become null, and the fuel is charged. */
function printEntry(fn: FunctionCode, charge: number, printer: Printer): void {
  const rest = fn.allArguments ?? fn.rest;
  if (rest !== null)
    printer.line(`if (${rest.name}.length === 1 && ${rest.name}[0] instanceof $Spread) ${rest.name} = ${rest.name}[0].items;`);
  const cost = rest === null ? String(charge) : `${charge} + (${rest.name}.length >> 4)`;
  if (fn.allArguments !== null) {
    printer.line(`if (($m.fuel -= ${cost}) < 0) return $m.outOfFuel(${cost}, ${fn.name}, [new $Spread(${rest?.name})]);`);
    printer.line(`while (${rest?.name}.length < ${fn.params.length}) ${rest?.name}.push(null);`);
    for (const [i, { name }] of fn.params.entries()) printer.line(`let ${name} = ${rest?.name}[${i}];`);
    if (fn.rest !== null) printer.line(`let ${fn.rest.name} = ${rest?.name}.slice(${fn.params.length});`);
    return;
  }
  for (const { name } of fn.params) printer.line(`if (${name} === undefined) ${name} = null;`);
  printer.line(`if (($m.fuel -= ${cost}) < 0) return ${outOfFuel(fn, cost)};`);
}

function outOfFuel(fn: FunctionCode, cost: string, names: ReadonlyMap<Local, string> | null = null): string {
  const args = [
    ...fn.params.map((param) => names?.get(param) ?? param.name),
    ...(fn.rest === null ? [] : [`new $Spread(${fn.rest.name})`]),
  ];
  return `$m.outOfFuel(${cost}, ${fn.name}, [${args.join(', ')}])`;
}

function text(code: Code): string {
  let out = '';
  for (const part of code) out += typeof part === 'string' ? part : part.name;
  return out;
}

/** Whether control never gets past these steps. */
function ends(steps: readonly Step[]): boolean {
  const last = steps.at(-1);
  switch (last?.kind) {
    case undefined:
    case 'do':
    case 'call':
      return false;
    case 'tail':
    case 'return':
    case 'again':
      return true;
    case 'choose':
      return ends(last.otherwise) && last.arms.every(({ body }) => ends(body));
  }
}

/** The body that always runs. */
class BodyPrinter {
  constructor(
    readonly fn: FunctionCode,
    readonly charge: number,
    readonly printer: Printer,
    /** In the loop of numbers: what its parameters are called outside. */
    readonly numbers: ReadonlyMap<Local, string> | null = null,
  ) {}

  print(steps: readonly Step[]): void {
    for (const step of steps) this.printStep(step);
  }

  printStep(step: Step): void {
    const { printer } = this;
    switch (step.kind) {
      case 'do':
        printer.line(assignment(step.sets, step.code));
        return;
      case 'call':
        printer.call(assignment(step.sets, step.code), step.at, step.site);
        printer.line(suspension(this.fn, step));
        return;
      case 'tail':
        this.giveFuelBack();
        printer.call(`return ${text(step.code)};`, step.at, 0);
        return;
      case 'return':
        this.giveFuelBack();
        printer.line(`return ${text(step.code)};`);
        return;
      case 'choose':
        this.printChoice(step);
        return;
      case 'again':
        this.printAgain(step);
        return;
    }
  }

  printChoice(step: Step & { kind: 'choose' }): void {
    const { printer } = this;
    const [only] = step.arms;
    if (step.arms.length === 1 && only !== undefined) {
      this.print(only.steps);
      printer.line(`if (${text(only.test)}) {`);
      this.print(only.body);
      if (step.otherwise.length > 0) {
        printer.line('} else {');
        this.print(step.otherwise);
      }
      printer.line('}');
      return;
    }
    printer.line(`$${step.label}: {`);
    for (const arm of step.arms) {
      this.print(arm.steps);
      printer.line(`if (${text(arm.test)}) {`);
      this.print(arm.body);
      if (!ends(arm.body)) printer.line(`break $${step.label};`);
      printer.line('}');
    }
    this.print(step.otherwise);
    printer.line('}');
  }

  printAgain(step: Step & { kind: 'again' }): void {
    const { printer, numbers } = this;
    if (numbers !== null && step.numbers !== null) {
      this.print(step.numbers.reads);
      const tests = step.still === null ? [step.numbers.test] : [step.still, step.numbers.test];
      printer.line(`if (${tests.map(text).join(' && ')}) {`);
      this.print(step.numbers.steps);
      for (const [param, code] of step.numbers.moves) printer.line(assignment(param, code));
      this.printTurn('$numbers');
      printer.line('}');
    }
    this.print(step.steps);
    this.giveFuelBack();
    if (step.still !== null) printer.line(`if (${text(step.still)}) {`);
    if (numbers === null) {
      for (const [param, code] of step.moves) printer.line(assignment(param, code));
    } else {
      const moves = new Map(step.moves);
      for (const [param, name] of numbers) printer.line(`${name} = ${text(moves.get(param) ?? [param])};`);
      for (const [param, code] of step.moves) if (!numbers.has(param)) printer.line(assignment(param, code));
    }
    this.printTurn('$again');
    if (step.still === null) return;
    printer.line('}');
    printer.call(`return ${text(step.call)};`, step.at, 0);
  }

  printTurn(label: '$again' | '$numbers'): void {
    const { fn, printer } = this;
    const names = label === '$again' ? this.numbers : null;
    const leave = `return ${outOfFuel(fn, String(this.charge), names)};`;
    if (label === '$numbers' && fn.sites === 0) printer.line(`if (--$f < 0) { $m.fuel = -1; ${leave} }`);
    else printer.line(`if (--$m.fuel < 0) ${leave}`);
    printer.line(`continue ${label};`);
  }

  /** On the way out of a loop of numbers that counts the fuel by itself. */
  giveFuelBack(): void {
    if (this.numbers !== null && this.fn.sites === 0) this.printer.line('$m.fuel = $f >> 2;');
  }
}

/** The body that goes on at a call site: `$pc` is its number until the awaited value `$v` has been delivered, then 0. */
class ResumePrinter {
  readonly plain: BodyPrinter;
  constructor(
    readonly fn: FunctionCode,
    readonly printer: Printer,
  ) {
    this.plain = new BodyPrinter(fn, 0, printer);
  }

  print(steps: readonly Step[]): void {
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
        case 'again':
          guard(true);
          this.plain.print(step.steps);
          printer.call(`return ${text(step.call)};`, step.at, 0);
          break;
        case 'call':
          guard(false);
          printer.line('if ($pc === 0) {');
          this.plain.printStep(step);
          printer.line(`} else if ($pc === ${step.site}) { ${assignment(step.sets, ['$v'])} $pc = 0; }`);
          break;
        case 'choose':
          if (step.sites.after === step.sites.upTo && !mentionsAgain(step)) {
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

  printChoice(step: Step & { kind: 'choose' }): void {
    const { printer } = this;
    printer.line(`$${step.label}: {`);
    for (const { steps, test, body, sites } of step.arms) {
      this.print(steps);
      if (sites.after === sites.upTo) printer.line(`if ($pc === 0 && (${text(test)})) {`);
      else printer.line(`if ($pc === 0 ? ${text(test)} : $pc > ${sites.after} && $pc <= ${sites.upTo}) {`);
      this.print(body);
      printer.line(`break $${step.label};`);
      printer.line('}');
    }
    this.print(step.otherwise);
    printer.line('}');
  }
}

function mentionsAgain(step: Step): boolean {
  if (step.kind === 'again') return true;
  if (step.kind !== 'choose') return false;
  return (
    step.otherwise.some(mentionsAgain) ||
    step.arms.some(({ steps, body }) => steps.some(mentionsAgain) || body.some(mentionsAgain))
  );
}

function assignment(sets: Local | null, code: Code): string {
  return sets === null ? `${text(code)};` : `${sets.name} = ${text(code)};`;
}

function suspension(fn: FunctionCode, step: Step & { kind: 'call' }): string {
  return `if (${step.sets.name} === $S) return $m.save(${fn.resumeName}, ${step.site}, [${step.saves.map(({ name }) => name).join(', ')}]);`;
}

function forEachCall(steps: readonly Step[], visit: (call: Step & { kind: 'call' }) => void): void {
  for (const step of steps) {
    if (step.kind === 'call') visit(step);
    if (step.kind !== 'choose') continue;
    for (const arm of step.arms) {
      forEachCall(arm.steps, visit);
      forEachCall(arm.body, visit);
    }
    forEachCall(step.otherwise, visit);
  }
}

function addUses(code: Code, live: Set<Local>): void {
  for (const part of code) if (typeof part !== 'string') live.add(part);
}

/** Finds what each call has to save, walking backwards from what is used after `steps`; gives what is used from their start on. */
function liveness(steps: readonly Step[], live: Set<Local>): Set<Local> {
  for (let i = steps.length - 1; i >= 0; i--) {
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
      case 'again':
        live = new Set();
        addUses(step.call, live); // `still` and `numbers` are for the first body only
        for (const [, code] of step.moves) addUses(code, live);
        live = liveness(step.steps, live);
        break;
      case 'choose': {
        const after = live;
        live = liveness(step.otherwise, new Set(after));
        for (let k = step.arms.length - 1; k >= 0; k--) {
          const arm = step.arms[k] as Arm; // in range
          for (const one of liveness(arm.body, new Set(after))) live.add(one);
          addUses(arm.test, live);
          for (const local of arm.sets ?? []) live.delete(local);
          live = liveness(arm.steps, live);
        }
        break;
      }
    }
  }
  return live;
}

/** Gives temporaries their JavaScript names, the same one to those whose uses do not overlap; returns the names. */
function shareTemporaries(steps: readonly Step[]): string[] {
  const found: Local[] = [];
  let now = 0;
  const see = (local: Local): void => {
    if (local.kind !== 'temporary') return;
    if (local.first < 0) {
      local.first = now;
      found.push(local);
    }
    local.last = now;
  };
  const seeCode = (code: Code): void => {
    for (const part of code) if (typeof part !== 'string') see(part);
  };
  const walk = (list: readonly Step[]): void => {
    for (const step of list) {
      now += 2;
      switch (step.kind) {
        case 'do':
        case 'call':
          seeCode(step.code);
          now++; // what is read is free again when the result is stored
          if (step.sets !== null) see(step.sets);
          break;
        case 'tail':
        case 'return':
          seeCode(step.code);
          break;
        case 'again':
          if (step.still !== null) seeCode(step.still);
          if (step.numbers !== null) {
            walk(step.numbers.reads);
            now += 2;
            seeCode(step.numbers.test);
            walk(step.numbers.steps);
            now += 2;
            for (const [, code] of step.numbers.moves) seeCode(code);
          }
          walk(step.steps);
          now += 2;
          seeCode(step.call);
          if (step.still !== null) seeCode(step.still);
          for (const [, code] of step.moves) seeCode(code);
          now += 2; // all of them are read before the last one is free
          for (const [, code] of step.moves) seeCode(code);
          break;
        case 'choose':
          for (const arm of step.arms) {
            walk(arm.steps);
            now += 2;
            seeCode(arm.test);
            walk(arm.body);
          }
          walk(step.otherwise);
          break;
      }
    }
  };
  walk(steps);

  const names: string[] = [];
  const free: string[] = [];
  const used: Local[] = []; // ordered by last use
  found.sort((a, b) => a.first - b.first);
  for (const local of found) {
    while (used.length > 0 && (used[0] as Local).last < local.first) free.push((used.shift() as Local).name);
    let name = free.pop();
    if (name === undefined) {
      name = `$t${names.length}`;
      names.push(name);
    }
    local.name = name;
    let at = used.length;
    while (at > 0 && (used[at - 1] as Local).last > local.last) at--;
    used.splice(at, 0, local);
  }
  return names;
}
