/** Prints the steps of a function as JavaScript: the function that always runs, and its resume body. */
import { CALL_FIELDS } from './call-fields.ts';
import { assignment, joined, js, Local, printed } from './code.ts';
import { findSaves, Lifetimes, saveOnly, shareTemporaries } from './liveness.ts';
import { type AroundCalls, IN_CONTEXT, inFrames, LongPrinter, restore } from './long-printer.ts';
import { isInt32, isSmall } from './numbers.ts';
import { ResumePrinter } from './resume-printer.ts';
import {
  type CallStep,
  type ChooseStep,
  ends,
  type FunctionCode,
  forEachCall,
  moduleConstants,
  numberSites,
  type SelfTailCall,
  type Step,
} from './steps.ts';

/** This many lines are put together at once: more strings at a time cost the garbage collector. */
const CHUNK_LINES = 512;

/** Lines of JavaScript, and the places of the calls in them. */
export class Printer {
  /** `CALL_FIELDS` numbers for each call. */
  readonly calls: number[] = [];
  /** How many lines are counted before those that are printed now. */
  linesBefore = 0;
  #chunks: string[] = [];
  #chunk: string[] = [];
  #before = 0;
  #firstCall = 0;

  constructor(readonly checkpoint?: () => void) {}

  line(text: string): void {
    if (this.#chunk.push(text) === CHUNK_LINES) this.#close();
  }

  call(text: string, at: number, site: number): void {
    this.line(text);
    this.calls.push(this.#before + this.#chunk.length, at, site);
  }

  #close(): void {
    this.#before += this.#chunk.length;
    this.#chunks.push(this.#chunk.join('\n'));
    this.#chunk = [];
    this.checkpoint?.();
  }

  /** Takes what was printed, which will be printed below a head of `headLines` lines: the calls in it get their lines. */
  take(headLines: number): { readonly text: string; readonly lines: number } {
    if (this.#chunk.length > 0) this.#close();
    const { calls } = this;
    for (let i = this.#firstCall; i < calls.length; i += CALL_FIELDS) (calls[i] as number) += this.linesBefore + headLines; // in range
    const taken = { text: this.#chunks.join('\n'), lines: this.#before };
    this.#chunks = [];
    this.#before = 0;
    this.#firstCall = calls.length;
    return taken;
  }
}

/** Functions whose frames would hold more variables than this altogether, and more than MOST_SAVED each, keep them in an array. */
const MOST_SAVED_TOGETHER = 50_000;
const MOST_SAVED = 32;
/** The array of variables. */
const SLOTS = '$f';

/** How functions are laid out: those with more than `manySites` call sites have one body instead of two; `large` is for short code. */
export interface FunctionLayout {
  readonly manySites: number;
  readonly large: boolean;
}

/**
 * Prints a function: a maker that takes the captured variables and returns the function (for the program that function itself), then its
 * resume body if it needs one. Call sites are numbered from `before` + 1; returns the last number.
 */
export function printFunction(fn: FunctionCode, name: string, printer: Printer, layout: FunctionLayout, before = 0): number {
  const last = numberSites(fn.steps, before);
  const sites = last - before;
  const isLong = sites > layout.manySites && !fn.loops && !fn.isClass;
  const { captures, params, self } = fn;
  const own = [...params, ...(fn.rest === null ? [] : [fn.rest])];
  const all = fn.allArguments === null ? [] : [fn.allArguments];
  const incoming = [...captures, ...own, self, ...all];
  const lifetimes = new Lifetimes(fn.steps, incoming, printer.checkpoint);
  const { saved } = lifetimes;
  const savesMuch = saved > MOST_SAVED_TOGETHER && saved > MOST_SAVED * lifetimes.copies;
  const inContext = isLong && (savesMuch || layout.large);
  const inSlots = savesMuch && !isLong;

  const temporaries = inSlots ? ['$x'] : [...shareTemporaries(lifetimes, (n) => `$t${n}`), '$x'];
  const declared = inSlots ? temporaries : [...fn.variables.map(({ name }) => name), ...temporaries];
  const charge = frameCharge(own.length, inContext ? 0 : declared.length);
  const head =
    fn.allArguments === null
      ? [...params.map(({ name }) => name), ...(fn.rest === null ? [] : [`...${fn.rest.name}`])]
      : [`...${fn.allArguments.name}`];

  const given = captures.map(({ name }) => name).join(', ');
  // In parentheses V8 compiles a function at once; of an arrow function, it reads what is inside twice.
  const [open, close] = fn.isProgram
    ? ['(', '});']
    : layout.large
      ? [`(function (${given}) { return `, '}; });']
      : [`(${given}) => `, '};'];
  printer.line(`const ${name} = ${open}function ${fn.name}(${head.join(', ')}) {`);
  if (isLong) {
    printEntry(fn, charge + LONG_CHARGE, printer);
    if (inContext) printInContext(fn, declared, close, printer);
    else printLong(fn, incoming, declared, close, printer);
    return last;
  }
  printer.line(`let ${declared.join(', ')};`);
  printEntry(fn, charge, printer);
  if (inSlots) printSlots(fn, incoming, lifetimes, printer);
  else findSaves(fn.steps, printer.checkpoint);
  if (fn.loops) printer.line('$again: for (;;) {');
  if (fn.numbers.length > 0 && !inSlots) printNumberLoop(fn, sites, charge, printer);
  new BodyPrinter(fn, charge, printer).print(fn.steps);
  if (fn.loops) printer.line('}');
  printer.line(close);
  if (sites > 0) printResume(fn, inSlots ? ['$x'] : [...declared, ...incoming.map(({ name }) => name)], inSlots, printer);
  return last;
}

/** Words of a native frame besides its parameters and locals: the frame itself, and the arguments of calls in it. */
const FRAME_WORDS = 20;
/** A unit of fuel is the native stack of this many words, 128 bytes. */
const WORDS_PER_FUEL = 16;

/** The fuel for the second frame of a long function. */
const LONG_CHARGE = 2;

/** The fuel that one call costs: the size of its native frame before V8 optimises it. */
function frameCharge(params: number, locals: number): number {
  return Math.ceil((FRAME_WORDS + params + locals) / WORDS_PER_FUEL);
}

/** Moves all variables into an array: then a frame saves the array alone, however many variables there are. */
function printSlots(fn: FunctionCode, incoming: readonly Local[], lifetimes: Lifetimes, printer: Printer): void {
  printer.line(`const ${SLOTS} = [${incoming.map(({ name }) => name).join(', ')}];`);
  let slots = 0;
  for (const local of [...incoming, ...fn.variables]) local.name = `${SLOTS}[${slots++}]`;
  slots += shareTemporaries(lifetimes, (n) => `${SLOTS}[${slots + n}]`).length;
  printer.line(`while (${SLOTS}.length < ${slots}) ${SLOTS}.push(undefined);`);
  saveOnly(new Local(SLOTS, 'variable'), fn.steps);
}

/** The function hands what comes in to its body, as if it were resumed. */
function printLong(
  fn: FunctionCode,
  incoming: readonly Local[],
  declared: readonly string[],
  close: string,
  printer: Printer,
): void {
  const given = incoming.map(({ name }) => name);
  printer.call(`return ${fn.resumeName}(0, [${given.join(', ')}], null);`, positionOf(fn), 0); // a tail call: the body is the frame
  printer.line(close);
  printer.line(`function ${fn.resumeName}($pc, $s, $v) {`);
  printer.line(`let ${[...new Set([...declared, ...given])].join(', ')};`);
  findSaves(fn.steps, printer.checkpoint);
  printSwitch(fn, restore(incoming), inFrames(fn.resumeName), printer);
  printer.line('}');
}

/**
 * The body stands inside of the function, whose variables it uses where they are: frames save nothing, and the text is shortest. In
 * parentheses V8 compiles it at once.
 */
function printInContext(fn: FunctionCode, declared: readonly string[], close: string, printer: Printer): void {
  printer.line(`var ${declared.join(', ')};`); // unlike `let`, read without a test
  printer.line(`var $r = (function ${fn.resumeName}($pc, $s, $v) {`);
  printSwitch(fn, '', IN_CONTEXT, printer);
  printer.line('});');
  printer.line('function $w($pc) { return $m.save($r, $pc, []); }');
  printer.call('return $r(0, null, null);', positionOf(fn), 0);
  printer.line(close);
}

function printSwitch(fn: FunctionCode, start: string, around: AroundCalls, printer: Printer): void {
  printer.line('switch ($pc) {');
  printer.line(`case 0: ${start}`);
  new LongPrinter(new BodyPrinter(fn, 0, printer), printer, around).print(fn.steps);
  printer.line('}');
}

function positionOf({ name }: FunctionCode): number {
  return Number(name.slice(name.lastIndexOf('$') + 1));
}

function printResume(fn: FunctionCode, declared: readonly string[], inSlots: boolean, printer: Printer): void {
  printer.line(`function ${fn.resumeName}($pc, $s, $v) {`);
  printer.line(`let ${[...new Set(declared)].join(', ')};`);
  if (inSlots) {
    printer.line(`const ${SLOTS} = $s[0];`);
  } else {
    printer.line('switch ($pc) {');
    forEachCall(fn.steps, ({ site, saves }) => {
      printer.line(`case ${site}: ${saves.map(({ name }, i) => `${name} = $s[${i}]; `).join('')}break;`);
    });
    printer.line('}');
  }
  new ResumePrinter(new BodyPrinter(fn, 0, printer), printer).print(fn.steps);
  printer.line('}');
}

/** The loop in which some parameters are numbers and nothing else: each has a second variable in it. */
function printNumberLoop(fn: FunctionCode, sites: number, charge: number, printer: Printer): void {
  const names = new Map(fn.numbers.map(({ local }) => [local, local.name]));
  const tests = fn.numbers.map(({ local, type }) =>
    type === 'int32' ? js`${isSmall([local])} && ${isInt32([local])}` : isSmall([local]),
  );
  printer.line(`if (${printed(joined(tests, ' && '))}) {`);
  for (const { local, type } of fn.numbers) {
    printer.line(type === 'int32' ? `let ${local.name}n = ${local.name} | 0;` : `let ${local.name}n = +${local.name};`); // V8 knows the type of the result
    local.name += 'n';
  }
  if (sites === 0) printer.line('let $f = $m.fuel * 4;'); // nothing in it looks at the machine; a turn is less than a call
  const constants = new Map(sites === 0 && fn.keepsModules ? moduleConstants(fn.steps).map((local) => [local, local.name]) : []);
  for (const [i, [local, name]] of [...constants].entries()) {
    local.name = `$c${i}`; // nothing is called, so nothing changes it: V8 looks at its type once
    printer.line(`const ${local.name} = ${name};`);
  }
  printer.line('$numbers: for (;;) {');
  new BodyPrinter(fn, charge, printer, { outside: names, ownFuel: sites === 0 }).print(fn.steps);
  printer.line('}');
  printer.line('}');
  for (const [local, name] of [...names, ...constants]) local.name = name;
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

/** The numeric loop that is being printed. */
interface NumericLoop {
  /** The names of its parameters outside of it. */
  readonly outside: ReadonlyMap<Local, string>;
  /** It counts the fuel in its own variable. */
  readonly ownFuel: boolean;
}

/** The body that always runs. */
export class BodyPrinter {
  constructor(
    readonly fn: FunctionCode,
    readonly charge: number,
    readonly printer: Printer,
    readonly numeric: NumericLoop | null = null,
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
        printer.line(this.suspension(step));
        return;
      case 'tail':
        this.giveFuelBack();
        printer.call(`return ${printed(step.code)};`, step.at, 0);
        return;
      case 'return':
        this.giveFuelBack();
        printer.line(`return ${printed(step.code)};`);
        return;
      case 'choose':
        this.printChoice(step);
        return;
      case 'selfTailCall':
        this.printSelfTailCall(step);
        return;
    }
  }

  suspension({ sets, site, saves }: CallStep): string {
    const slots = saves.map(({ name }) => name).join(', ');
    return `if (${sets.name} === $S) return $m.save(${this.fn.resumeName}, ${site}, [${slots}]);`;
  }

  printChoice(step: ChooseStep): void {
    const { printer } = this;
    const [only] = step.arms;
    if (step.arms.length === 1 && only !== undefined) {
      this.print(only.steps);
      printer.line(`if (${printed(only.test)}) {`);
      this.print(only.body);
      if (step.otherwise.length > 0) {
        printer.line('} else {');
        this.print(step.otherwise);
      }
      printer.line('}');
      return;
    }
    printer.line(`$${step.label}: {`);
    for (const { steps, test, body } of step.arms) {
      this.print(steps);
      printer.line(`if (${printed(test)}) {`);
      this.print(body);
      if (!ends(body)) printer.line(`break $${step.label};`);
      printer.line('}');
    }
    this.print(step.otherwise);
    printer.line('}');
  }

  printSelfTailCall(step: SelfTailCall): void {
    const { printer, numeric } = this;
    if (numeric !== null && step.numbers !== null) {
      this.print(step.numbers.reads);
      const tests = step.still === null ? [step.numbers.test] : [step.still, step.numbers.test];
      printer.line(`if (${tests.map(printed).join(' && ')}) {`);
      this.print(step.numbers.steps);
      for (const [param, code] of step.numbers.moves) printer.line(assignment(param, code));
      this.printTurn('$numbers');
      printer.line('}');
    }
    this.print(step.steps);
    this.giveFuelBack();
    if (step.still !== null) printer.line(`if (${printed(step.still)}) {`);
    if (numeric === null) {
      for (const [param, code] of step.moves) printer.line(assignment(param, code));
    } else {
      const moves = new Map(step.moves);
      for (const [param, name] of numeric.outside) printer.line(`${name} = ${printed(moves.get(param) ?? [param])};`);
      for (const [param, code] of step.moves) if (!numeric.outside.has(param)) printer.line(assignment(param, code));
    }
    this.printTurn('$again');
    if (step.still === null) return;
    printer.line('}');
    printer.call(`return ${printed(step.call)};`, step.at, 0);
  }

  printTurn(label: '$again' | '$numbers'): void {
    const { fn, printer, numeric } = this;
    const names = label === '$again' && numeric !== null ? numeric.outside : null;
    const leave = `return ${outOfFuel(fn, String(this.charge), names)};`;
    if (label === '$numbers' && numeric?.ownFuel === true) printer.line(`if (--$f < 0) { $m.fuel = -1; ${leave} }`);
    else printer.line(`if (--$m.fuel < 0) ${leave}`);
    printer.line(`continue ${label};`);
  }

  /** On the way out of a numeric loop that counts the fuel itself. */
  giveFuelBack(): void {
    if (this.numeric?.ownFuel === true) this.printer.line('$m.fuel = $f >> 2;');
  }
}
