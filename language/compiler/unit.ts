/** One program on its way to JavaScript: what all of its functions have in common. */
import type { Expr, Program } from '../syntax/ast.ts';
import type { HelperName } from './helper-names.ts';
import { literal, mangled, rebinders } from './nodes.ts';
import { type Resolution, resolve, type Variable } from './resolver.ts';
import { CALL_FIELDS, Printer, printFunction } from './step-printer.ts';
import type { FunctionCode } from './steps.ts';

export interface EmittedUnit {
  /** `(function ($rt, $m, $b, $M) { ... })`: returns `{main, variables}`. */
  readonly text: string;
  /** `CALL_FIELDS` numbers for each call (step-printer.ts). */
  readonly calls: readonly number[];
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
  /** For coverage: receives the position of each statement, and the code counts how often it is reached (runtime/coverage.ts). */
  readonly onStatement?: ((at: number) => void) | undefined;
}

/** The JavaScript name of the function that is a whole program, before its `$`; no Magnolia name becomes this one. */
export const MAIN = '$unit';

/** Programs with more nodes than this (about 200 KB) are compiled to short code: generated programs, whose compilation is most of their run. */
const MANY_NODES = 50_000;

/** What the functions of one unit share: their names, constants and helpers, and where they are printed. */
export class UnitContext {
  readonly resolution: Resolution;
  readonly printer = new Printer();
  readonly base: number;
  readonly session: boolean;
  readonly short: boolean;
  readonly onStatement: EmitOptions['onStatement'];
  /** Too large for arithmetic at the site. */
  readonly large: boolean;
  readonly #helpers = new Set<HelperName>();
  readonly #constants = new Map<string, string>();
  readonly #moduleNames = new Map<Variable, string>();
  readonly #rebinders: ReadonlySet<Expr>;
  readonly #placeName: ((at: number) => string) | undefined;
  readonly #checkpoint: (() => void) | undefined;
  #unique = 0;
  #steps = 0;

  constructor(program: Program, { base, session = false, short = false, placeName, checkpoint, onStatement }: EmitOptions) {
    this.onStatement = onStatement;
    this.#placeName = placeName;
    this.#checkpoint = checkpoint;
    this.base = base;
    this.session = session;
    this.resolution = resolve(program);
    const { found, nodes } = rebinders(program);
    this.#rebinders = found;
    this.large = nodes > MANY_NODES;
    this.short = short || this.large;
    for (const [name, variable] of this.resolution.moduleVariables) {
      this.#moduleNames.set(variable, session ? `$M[${literal(name)}]` : this.name(name));
    }
  }

  /** The whole text, when all functions have been printed; `main` is the program itself. */
  finish(main: FunctionCode): EmittedUnit {
    printFunction(main, '$main', this.printer);

    const variables = [...this.resolution.moduleVariables.values()];
    const helpers = [...this.#helpers].map((name) => `${name}: $${name}`);
    const head = [
      '(function ($rt, $m, $b, $M) { "use strict";',
      `const { SUSPENDED: $S, EMPTY: $E, Obj: $Obj, Str: $Str, Spread: $Spread, ${helpers.join(', ')} } = $rt;`,
      ...[...this.#constants].map(([value, name]) => `const ${name} = ${value};`),
    ];
    const foot: string[] = [];
    if (this.session) {
      foot.push('return { main: $main() };');
    } else {
      for (const variable of variables) head.push(`let ${this.#moduleNames.get(variable)} = $b(${literal(variable.name)});`);
      foot.push('return { main: $main(), variables: {');
      for (const variable of variables) {
        const name = this.#moduleNames.get(variable);
        foot.push(`get ${literal(variable.name)}() { return ${name}; }, set ${literal(variable.name)}(v) { ${name} = v; },`);
      }
      foot.push('} };');
    }
    foot.push('})');
    const calls = this.printer.calls.map((value, i) => (i % CALL_FIELDS === 0 ? value + head.length : value));
    return { text: `${head.join('\n')}\n${this.printer.text()}\n${foot.join('\n')}`, calls };
  }

  /** The JavaScript name of a function: its own, its file and line, and the global position of its keyword, as in `area$demo_oak_3$4194310`. */
  functionName(name: string, at: number): string {
    const place = this.#placeName === undefined ? '' : `$${this.#placeName(at).replace(/[^A-Za-z0-9]/g, '_')}`;
    return `${name}${place}$${this.base + at}`;
  }

  /** Counts an expression: at every so many, whoever limits the compilation is asked. */
  step(): void {
    if ((++this.#steps & 1023) === 0) this.#checkpoint?.();
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

  moduleName(variable: Variable): string {
    return this.#moduleNames.get(variable) as string; // the constructor named all of them
  }

  /** Whether evaluating an expression can change no variable: nothing is called or bound in it. */
  cannotRebind(expr: Expr): boolean {
    return !this.#rebinders.has(expr);
  }
}
