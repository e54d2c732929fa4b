/** One program on its way to JavaScript: what all of its functions have in common. */
import type { Expr, Program } from '../syntax/ast.ts';
import { literal, mangled } from './emit-nodes.ts';
import { type Resolution, resolve, type Variable } from './resolver.ts';
import { CALL_FIELDS, type FunctionCode, Printer, printFunction } from './steps.ts';

export interface EmittedUnit {
  /** `(function ($rt, $m, $b) { ... })`: gives `{main, names, prototype}`. */
  readonly text: string;
  /** `CALL_FIELDS` numbers for each call (code.ts). */
  readonly calls: readonly number[];
}

export interface EmitOptions {
  /** Added to every position. */
  readonly base: number;
  /** The program's own variables are properties of an object that its factory gets: inputs of one REPL session share them. */
  readonly session?: boolean;
  /** Short rather than fast: without loops of numbers (number-loops.ts). */
  readonly short?: boolean;
}

/** The JavaScript name of the function that is a whole program, before its `$`; no Magnolia name becomes this one. */
export const MAIN = '$unit';

/** What the functions of one unit share: their names, constants and helpers, and where they are printed. */
export class UnitContext {
  readonly resolution: Resolution;
  readonly printer = new Printer();
  readonly base: number;
  readonly session: boolean;
  readonly short: boolean;
  readonly #helpers = new Set<string>();
  readonly #constants = new Map<string, string>();
  readonly #moduleNames = new Map<Variable, string>();
  readonly #calm = new Map<Expr, boolean>();
  #unique = 0;

  constructor(program: Program, { base, session = false, short = false }: EmitOptions) {
    this.base = base;
    this.session = session;
    this.short = short;
    this.resolution = resolve(program);
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
    return { text: [...head, ...this.printer.lines, ...foot].join('\n'), calls };
  }

  /** A JavaScript name for a variable called `name`. */
  name(name: string): string {
    return `${mangled(name)}$${++this.#unique}`;
  }

  helper(name: string): string {
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
  calm(expr: Expr): boolean {
    let known = this.#calm.get(expr);
    if (known === undefined) {
      known = this.#isCalm(expr);
      this.#calm.set(expr, known);
    }
    return known;
  }

  #isCalm(expr: Expr): boolean {
    switch (expr.kind) {
      case 'null':
      case 'empty':
      case 'bool':
      case 'int':
      case 'float':
      case 'string':
      case 'atom':
      case 'name':
        return true;
      case 'fn':
        return expr.name === '';
      case 'class':
      case 'call':
      case 'assign':
        return false;
      case 'list':
        return expr.items.every((item) => this.calm(item));
      case 'object':
        return expr.entries.every(({ key, value }) => this.calm(key) && this.calm(value));
      case 'block':
        return expr.body.every((one) => this.calm(one));
      case 'unary':
        return this.calm(expr.value);
      case 'binary': {
        let left: Expr = expr;
        for (; left.kind === 'binary'; left = left.left) if (!this.calm(left.right)) return false;
        return this.calm(left);
      }
      case 'property':
        return this.calm(expr.object) && this.calm(expr.key);
      case 'if':
        return this.calm(expr.subject) && expr.arms.every(({ target, body }) => this.calm(target) && this.calm(body));
    }
  }
}
