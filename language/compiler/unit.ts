/** One program on its way to JavaScript: what all of its functions have in common. */
import type { Expr, Program } from '../syntax/ast.ts';
import { Local } from './code.ts';
import type { HelperName } from './helper-names.ts';
import { literal, mangled, rebinders } from './nodes.ts';
import { type Resolution, resolve, type Variable } from './resolver.ts';
import { type FunctionLayout, Printer, printFunction } from './step-printer.ts';
import type { FunctionCode } from './steps.ts';

export interface EmittedUnit {
  /** `(function ($rt, $m, $b, $M, $parts) { ... })`: returns `{main, variables}`. */
  readonly text: string;
  /** `CALL_FIELDS` numbers for each call. The lines of the parts are counted on from those of the text. */
  readonly calls: readonly number[];
  /** The parts of a large program; the last one has its variables. Empty for others. */
  readonly parts: readonly UnitPart[];
}

/** Some of the top-level expressions, as code that returns a function; it is evaluated inside the unit's text, whose variables it uses. */
export interface UnitPart {
  readonly text: string;
  /** How many lines are counted before it. */
  readonly linesBefore: number;
}

/** How the text of a program is laid out. */
export interface Layout {
  /** Functions with more call sites than this have a single body (long-printer.ts). */
  readonly manySites: number;
  /** Programs with more nodes than this are large. */
  readonly manyNodes: number;
  /** So many expressions of a large program make a part; null for no parts. */
  readonly partNodes: number | null;
}

export interface EmitOptions {
  /** Added to every position. */
  readonly base: number;
  /** The program's own variables are properties of an object that its factory gets: inputs of one REPL session share them. */
  readonly session?: boolean;
  /** Short rather than fast: without loops of numbers (number-loops.ts). */
  readonly short?: boolean;
  /** Names the file and line of a function for profiles and debuggers, as part of its JavaScript name. */
  readonly placeName?: (at: number) => string;
  /** Called now and then; what it throws ends the compilation. */
  readonly checkpoint?: () => void;
  readonly layout?: Layout;
  /** For coverage: receives the position of each statement, and the code counts how often it is reached (runtime/coverage.ts). */
  readonly onStatement?: ((at: number) => void) | undefined;
}

/** The JavaScript name of the function that is a whole program, before its `$`; no Magnolia name becomes this one. */
export const MAIN = '$unit';

/**
 * Programs with more nodes than this (about 200 KB) are compiled to short code: generated programs, whose compilation is most of their run.
 */
export const IN_ONE: Layout = { manySites: 200, manyNodes: 50_000, partNodes: null };

/** A module with more names keeps its variables in an array: V8 takes long over a scope of so many. */
const MOST_MODULE_NAMES = 4000;
/** That array. */
const MODULE = '$g';

/** What the functions of one unit share: their names, constants and helpers, and where they are printed. */
export class UnitContext {
  readonly resolution: Resolution;
  readonly printer: Printer;
  readonly layout: Layout;
  readonly base: number;
  readonly session: boolean;
  readonly short: boolean;
  readonly onStatement: EmitOptions['onStatement'];
  /** Too large for arithmetic at the site. */
  readonly large: boolean;
  readonly #helpers = new Set<HelperName>();
  readonly #functions: FunctionLayout;
  readonly #constants = new Map<string, string>();
  readonly #parts: UnitPart[] = [];
  /** How many call sites of the program itself have been printed. */
  #sites = 0;
  readonly #modules = new Map<Variable, Local>();
  readonly #rebinders: ReadonlySet<Expr>;
  readonly #placeName: ((at: number) => string) | undefined;
  readonly #checkpoint: (() => void) | undefined;
  #unique = 0;
  /** How many expressions have been compiled. */
  steps = 0;

  constructor(
    program: Program,
    { base, session = false, short = false, placeName, checkpoint, onStatement, layout = IN_ONE }: EmitOptions,
  ) {
    this.onStatement = onStatement;
    this.#placeName = placeName;
    this.#checkpoint = checkpoint;
    this.layout = layout;
    this.printer = new Printer(checkpoint);
    this.base = base;
    this.session = session;
    this.resolution = resolve(program, checkpoint);
    const { found, nodes } = rebinders(program, checkpoint);
    this.#rebinders = found;
    this.large = nodes > layout.manyNodes;
    this.short = short || this.large;
    this.#functions = { manySites: layout.manySites, large: this.large };
    const { moduleVariables } = this.resolution;
    const inArray = moduleVariables.size > MOST_MODULE_NAMES;
    for (const [name, variable] of moduleVariables) {
      this.step();
      const own = inArray ? `${MODULE}[${this.#modules.size}]` : this.name(name);
      this.#modules.set(variable, new Local(session ? `$M[${literal(name)}]` : own, 'module'));
    }
  }

  /** How many nodes make a part, if the program is made in parts: its text is not evaluated at once then. */
  get partNodes(): number | null {
    return this.large ? this.layout.partNodes : null;
  }

  /** Prints a function, except the program itself. */
  printInner(code: FunctionCode, maker: string): void {
    printFunction(code, maker, this.printer, this.#functions);
  }

  /** A part of the program itself is complete. */
  finishPart(main: FunctionCode): void {
    this.#sites = printFunction(main, '$main', this.printer, this.#functions, this.#sites);
    const head = ['(function () {', ...this.#constantLines()];
    const { text, lines } = this.printer.take(head.length);
    this.#addPart(`${head.join('\n')}\n${text}\nreturn $main;\n})()`, head.length + lines + 2);
    this.#constants.clear();
  }

  #addPart(text: string, lines: number): void {
    this.#parts.push({ text, linesBefore: this.printer.linesBefore });
    this.printer.linesBefore += lines;
  }

  /** The whole text, when all functions have been printed; `main` is the program itself unless it was made in parts. */
  finish(main: FunctionCode | null): EmittedUnit {
    if (main !== null) printFunction(main, '$main', this.printer, this.#functions);
    if (main === null) this.helper('inParts');
    const helpers = [...this.#helpers].map((name) => `${name}: $${name}`);
    const head = [
      `(function ($rt, $m, $b, $M${main === null ? ', $parts' : ''}) { "use strict";`,
      `const { SUSPENDED: $S, EMPTY: $E, Obj: $Obj, Str: $Str, Spread: $Spread, ${helpers.join(', ')} } = $rt;`,
      ...this.#constantLines(),
    ];
    const variables = this.session ? null : this.#variables();
    if (!this.session) head.push(...this.#declarations());
    const { text } = this.printer.take(head.length);
    const made = main === null ? `$inParts($m, ${this.#parts.length}, (i) => eval($parts[i]))` : '$main';
    if (main === null && variables !== null) this.#addPart(`({\n${variables}\n})`, 0);
    const last = main === null ? `get variables() { return eval($parts[$parts.length - 1]); }` : `variables: {\n${variables}\n}`;
    const foot = `return { main: ${made}${variables === null ? '' : `, ${last}`} };\n})`;
    return { text: `${head.join('\n')}\n${text}\n${foot}`, calls: this.printer.calls, parts: this.#parts };
  }

  /** Declares the module's variables; what may be read before it is set begins as the builtin of that name. */
  #declarations(): string[] {
    const all = Array.from(this.#modules, ([variable, { name }]): [Variable, string] => [variable, name]);
    if (all.length === 0) return [];
    const builtin = ([{ name }, js]: [Variable, string]): string => `${js} = $b(${literal(name)})`;
    if (all.length <= MOST_MODULE_NAMES) {
      return [`let ${all.map((one) => (one[0].readUnset ? builtin(one) : one[1])).join(', ')};`]; // one statement: V8 takes longer over many
    }
    const unset = all.filter(([{ readUnset }]) => readUnset);
    return [`const ${MODULE} = new Array(${all.length}).fill(undefined);`, ...unset.map((one) => `${builtin(one)};`)];
  }

  #constantLines(): string[] {
    return [...this.#constants].map(([value, name]) => `const ${name} = ${value};`);
  }

  /** Accessors of the module's variables. */
  #variables(): string {
    const accessors = ([{ name }, { name: js }]: [Variable, Local]): string => {
      this.step();
      return `get ${literal(name)}() { return ${js}; }, set ${literal(name)}(v) { ${js} = v; },`;
    };
    return Array.from(this.#modules, accessors).join('\n');
  }

  /** The JavaScript name of a function: its own, its file and line, and the global position of its keyword, as in `area$demo_oak_3$4194310`. */
  functionName(name: string, at: number): string {
    const place = this.#placeName === undefined ? '' : `$${this.#placeName(at).replace(/[^A-Za-z0-9]/g, '_')}`;
    return `${name}${place}$${this.base + at}`;
  }

  /** Counts an expression: once in a number of them, the limit of the compilation is checked. */
  step(): void {
    if ((++this.steps & 1023) === 0) this.#checkpoint?.();
  }

  /** A JavaScript name for a variable called `name`. */
  name(name: string): string {
    return `${mangled(name)}$${++this.#unique}`;
  }

  /** The JavaScript name of something of the runtime. */
  helper(name: HelperName): string {
    this.#helpers.add(name);
    return `$${name}`;
  }

  /** A constant of the unit, made once: `value` is the code that makes it. */
  constant(value: string): string {
    let name = this.#constants.get(value);
    if (name === undefined) {
      name = `$k${this.#constants.size}`;
      this.#constants.set(value, name);
    }
    return name;
  }

  atom(name: string): string {
    return this.constant(`${this.helper('atom')}(${literal(name)})`);
  }

  moduleLocal(variable: Variable): Local {
    return this.#modules.get(variable) as Local; // the constructor made all of them
  }

  /** Whether evaluating an expression can change no variable: nothing is called or bound in it. */
  cannotRebind(expr: Expr): boolean {
    return !this.#rebinders.has(expr);
  }
}
