/** Writing the steps of a function (code.ts): operands, variables, temporaries. */
import type { ClassExpr, Expr, FnExpr } from '../syntax/ast.ts';
import { countOperators, literal, mangled } from './emit-nodes.ts';
import { MAIN, type UnitContext } from './emit-unit.ts';
import type { Func, Reference, Variable } from './resolver.ts';
import { type Arm, type Code, js, Local, type Step } from './steps.ts';

/** What evaluating an expression left: code that gives its value. */
export interface Operand {
  readonly code: Code;
  /** May be written more than once: a variable or a constant. */
  readonly simple: boolean;
  /** Nothing that is evaluated later changes it. */
  readonly stable: boolean;
  /** May be undefined, which stands for null. */
  readonly unset?: boolean;
  /** Is true or false, and nothing else. */
  readonly bool?: boolean;
  /** Is a float literal. */
  readonly float?: boolean;
  /** Its value, for a literal int that is a safe integer. */
  readonly literal?: number;
}

/** Where the value of an expression goes. */
export type Sink = { readonly kind: 'into'; readonly local: Local } | { readonly kind: 'return' } | { readonly kind: 'nowhere' };
export const NOWHERE: Sink = { kind: 'nowhere' };
export const RETURN: Sink = { kind: 'return' };

export const NULL: Operand = { code: ['null'], simple: true, stable: true };

export function constant(code: string): Operand {
  return { code: [code], simple: true, stable: true };
}

export function int(value: number | bigint): Operand {
  if (typeof value === 'bigint') return constant(value < 0n ? `(${value}n)` : `${value}n`);
  return { ...constant(value < 0 ? `(${value})` : String(value)), literal: value };
}

/** An operand in front of a `.` or `[`, where a bare int would be read as part of a number. */
export function base(operand: Operand): Operand {
  return operand.literal === undefined ? operand : { ...operand, code: js`(${operand.code})` };
}

/** Functions with more operators than this call helpers for arithmetic: V8 does not optimise what the inline tests would make of them. */
const MANY_OPERATORS = 500;

/**
 * The steps of one function while they are being written: its variables, its temporaries, its call sites. What is evaluated where is
 * for the classes above to say.
 */
export abstract class StepWriter {
  protected readonly unit: UnitContext;
  protected readonly func: Func;
  protected readonly node: FnExpr | ClassExpr | null;
  protected readonly locals = new Map<Variable, Local>();
  protected readonly variables: Local[] = [];
  protected readonly self: Local;
  protected steps: Step[] = [];
  protected sites = 0;
  protected labels = 0;
  protected loops = false;
  /** Arithmetic is left to helpers. */
  protected compact: boolean;
  /** What a self tail call has to set: the parameters as they come in, before any of them is put into a box. */
  protected params: Local[] = [];
  protected rest: Local | null = null;

  constructor(unit: UnitContext, func: Func, node: FnExpr | ClassExpr | null) {
    this.unit = unit;
    this.func = func;
    this.node = node;
    const name = node === null ? MAIN : mangled(node.name === '' ? 'fn' : node.name);
    this.self = new Local(`${name}$${this.position(node?.at ?? 0)}`, 'variable');
    this.compact = countOperators(node?.body ?? null) > MANY_OPERATORS;
  }

  protected position(at: number): number {
    return this.unit.base + at;
  }

  /** The value of an expression, evaluated at this point. */
  protected abstract value(expr: Expr): Operand;

  // ---- variables ----

  protected declare(variable: Variable): Local {
    const local = new Local(this.unit.name(variable.name), 'variable');
    this.locals.set(variable, local);
    this.variables.push(local);
    return local;
  }

  /** Prepares a variable of a scope that is being entered. */
  protected own(variable: Variable): void {
    if (variable.kind === 'module') return;
    const local = this.declare(variable);
    if (variable.boxed) this.do(local, js`new ${this.unit.helper('Box')}(undefined)`);
    else if (variable.readUnset) this.do(local, js`undefined`); // a self tail call comes here again
  }

  /** The JavaScript variable (of this function, or as captured by it) that holds a variable or its box. */
  protected local(variable: Variable): Local {
    if (variable.kind === 'self' && variable.owner === this.func) return this.self;
    let local = this.locals.get(variable);
    if (local === undefined) {
      local = new Local(this.unit.name(variable.name), 'variable');
      this.locals.set(variable, local);
    }
    return local;
  }

  protected access(variable: Variable): Code {
    if (variable.kind === 'module') return [this.unit.moduleName(variable)];
    return variable.boxed ? js`${this.local(variable)}.v` : [this.local(variable)];
  }

  /** Code that gives the value of a variable, or undefined. */
  protected look(variable: Variable): Code {
    if (!this.unit.session || variable.kind !== 'module') return this.access(variable);
    return js`${this.unit.helper('sessionRead')}($M, $b, ${literal(variable.name)})`;
  }

  protected read({ variables, mayBeUnset }: Reference): Operand {
    const codes = variables.map((variable) => this.look(variable));
    const [only] = variables;
    if (variables.length === 1 && only !== undefined) {
      const plain = only.kind !== 'module' && !only.boxed;
      return { code: codes[0] as Code, simple: plain, stable: plain && only.constant, unset: mayBeUnset };
    }
    const code = codes.reduceRight((rest, one) => js`(${one} !== undefined ? ${one} : ${rest})`);
    return { code, simple: false, stable: false, unset: mayBeUnset };
  }

  protected write(variable: Variable, value: Operand): void {
    if (variable.kind === 'module') this.do(null, js`${this.unit.moduleName(variable)} = ${this.clean(value)}`);
    else if (variable.boxed) this.do(null, js`${this.local(variable)}.v = ${this.clean(value)}`);
    else this.do(this.local(variable), this.clean(value));
  }

  // ---- steps ----

  protected do(sets: Local | null, code: Code): void {
    this.steps.push({ kind: 'do', sets, code });
  }

  protected temporary(code: Code): Local {
    const local = new Local('', 'temporary');
    this.do(local, code);
    return local;
  }

  protected return(value: Operand): void {
    this.steps.push({ kind: 'return', code: this.clean(value) });
  }

  protected call(code: Code, at: number): Local {
    const sets = new Local('', 'temporary');
    this.steps.push({ kind: 'call', sets, code, site: ++this.sites, at, saves: [] });
    return sets;
  }

  protected choose(arms: Arm[], otherwise: Step[], sitesBefore: number): void {
    this.steps.push({
      kind: 'choose',
      label: ++this.labels,
      arms,
      otherwise,
      sites: { after: sitesBefore, upTo: this.sites },
    });
  }

  /** The steps that `write` makes, instead of appending them. */
  protected aside(write: () => void): Step[] {
    const outer = this.steps;
    this.steps = [];
    write();
    const inner = this.steps;
    this.steps = outer;
    return inner;
  }

  // ---- operands ----

  /** Code that certainly gives a value, never undefined. */
  protected clean({ code, unset }: Operand): Code {
    return unset === true ? js`(${code} ?? null)` : code;
  }

  protected simple(operand: Operand): Operand {
    return operand.simple ? operand : this.hold(operand);
  }

  /** Puts an operand where nothing changes it. */
  protected hold(operand: Operand): Operand {
    if (operand.simple && operand.stable) return operand;
    return { ...operand, code: [this.temporary(operand.code)], simple: true, stable: true };
  }

  /** Evaluates expressions in order; each result stays what it was whatever the later ones do. */
  protected operands(exprs: readonly Expr[]): Operand[] {
    let lastRestless = exprs.length - 1;
    while (lastRestless >= 0 && this.unit.calm(exprs[lastRestless] as Expr)) lastRestless--; // in range
    return exprs.map((expr, i) => {
      const operand = this.simple(this.value(expr));
      return operand.stable || i >= lastRestless ? operand : this.hold(operand);
    });
  }
}
