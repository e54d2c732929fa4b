/** Writes the steps of one function: its variables, its temporaries, its calls. The order of evaluation is up to its users. */
import type { ClassExpr, FnExpr } from '../syntax/ast.ts';
import { type Bare, bareOperand, mayComputeFloats } from './bare-floats.ts';
import { type Code, js, Local } from './code.ts';
import { countOperators, literal, mangled } from './nodes.ts';
import { computed, type Destination, type Operand, orNull, stored } from './operands.ts';
import type { Func, Reference, Variable } from './resolver.ts';
import { type Arm, callStep, chooseStep, type Step } from './steps.ts';
import { MAIN, type UnitContext } from './unit.ts';

/** Functions with more operators than this call helpers for arithmetic: V8 does not optimise the length of the inline tests. */
const MANY_OPERATORS = 500;

export class StepWriter {
  readonly variables: Local[] = [];
  /** The function itself. */
  readonly self: Local;
  steps: Step[] = [];
  /** Arithmetic is left to helpers. */
  compact: boolean;
  readonly #locals = new Map<Variable, Local>();
  /** The variables that may hold floats without objects (bare-floats.ts). */
  readonly #bare = new Map<Variable, Bare>();
  readonly makesBareFloats: boolean;

  constructor(
    readonly unit: UnitContext,
    readonly func: Func,
    readonly node: FnExpr | ClassExpr | null,
  ) {
    const name = node === null ? MAIN : mangled(node.name === '' ? 'fn' : node.name);
    this.self = new Local(node === null ? `${name}$${this.position(0)}` : unit.functionName(name, node.at), 'variable');
    this.compact = unit.large || (node !== null && countOperators(node.body) > MANY_OPERATORS);
    this.makesBareFloats =
      !unit.short && !this.compact && unit.onStatement === undefined && node !== null && mayComputeFloats(node.body);
  }

  /** The global position of a place in the source. */
  position(at: number): number {
    return this.unit.base + at;
  }

  // ---- variables ----

  /** A JavaScript variable for a parameter, which the function declares by itself. */
  parameter(variable: Variable | null): Local {
    const local = new Local(this.unit.name(variable?.name ?? '_'), 'variable');
    if (variable !== null && !variable.boxed) this.#locals.set(variable, local);
    return local;
  }

  /** Puts a parameter that closures see change into a box; false if that has been done. */
  boxParameter(variable: Variable, incoming: Local): boolean {
    if (this.#locals.has(variable)) return false;
    this.do(this.#declare(variable), js`new ${this.unit.helper('Box')}(${incoming})`);
    return true;
  }

  #declare(variable: Variable): Local {
    const local = new Local(this.unit.name(variable.name), 'variable');
    this.#locals.set(variable, local);
    this.variables.push(local);
    return local;
  }

  /** Prepares the variables of a scope that is being entered. */
  enterScope(variables: readonly Variable[]): void {
    for (const variable of variables) {
      if (variable.kind === 'module') continue;
      const local = this.#declare(variable);
      if (variable.boxed) this.do(local, js`new ${this.unit.helper('Box')}(undefined)`);
      else if (variable.readUnset) this.do(local, js`undefined`); // a self tail call comes here again
    }
  }

  /** The JavaScript variable (of this function, or as captured by it) that holds a variable or its box. */
  local(variable: Variable): Local {
    if (variable.kind === 'self' && variable.owner === this.func) return this.self;
    let local = this.#locals.get(variable);
    if (local === undefined) {
      local = new Local(this.unit.name(variable.name), 'variable');
      this.#locals.set(variable, local);
    }
    return local;
  }

  /** Code for a variable, to be read or assigned. */
  access(variable: Variable): Code {
    if (variable.kind === 'module') return [this.unit.moduleLocal(variable)];
    return variable.boxed ? js`${this.local(variable)}.v` : [this.local(variable)];
  }

  /** Code that returns the value of a variable, or undefined. */
  load(variable: Variable): Code {
    if (!this.unit.session || variable.kind !== 'module') return this.access(variable);
    return js`${this.unit.helper('sessionRead')}($M, $b, ${literal(variable.name)})`;
  }

  read({ variables, mayBeUnset }: Reference): Operand {
    const [only] = variables;
    if (variables.length === 1 && only !== undefined) {
      const bare = this.#bare.get(only);
      if (bare !== undefined) return bareOperand(this, bare);
      const plain = only.kind !== 'module' && !only.boxed;
      return { code: this.load(only), repeatable: plain, immutable: plain && only.constant, unset: mayBeUnset };
    }
    const codes = variables.map((variable) => this.load(variable));
    const code = codes.reduceRight((rest, one) => js`(${one} !== undefined ? ${one} : ${rest})`);
    return { ...computed(code), unset: mayBeUnset };
  }

  write(variable: Variable, value: Operand): void {
    if (variable.kind === 'module') this.do(this.unit.moduleLocal(variable), orNull(value));
    else if (variable.boxed) this.run(js`${this.access(variable)} = ${orNull(value)}`);
    else this.do(this.local(variable), orNull(value));
  }

  /** Binds a variable to a value that may be a float without an object. */
  bindBare(variable: Variable, { tag, double }: Bare): void {
    const bare = { tag: this.local(variable), double: new Local(this.unit.name(variable.name), 'variable') };
    this.variables.push(bare.double);
    this.#bare.set(variable, bare);
    this.do(bare.tag, [tag]);
    this.do(bare.double, [double]);
  }

  // ---- steps ----

  do(sets: Local | null, code: Code): void {
    this.steps.push({ kind: 'do', sets, code });
  }

  run(code: Code): void {
    this.do(null, code);
  }

  temporary(code: Code): Local {
    const local = new Local('');
    this.do(local, code);
    return local;
  }

  return(value: Operand): void {
    this.steps.push({ kind: 'return', code: orNull(value) });
  }

  call(code: Code, at: number): Local {
    const sets = new Local('');
    this.steps.push(callStep(sets, code, at));
    return sets;
  }

  choose(arms: readonly Arm[], otherwise: readonly Step[]): void {
    this.steps.push(chooseStep(arms, otherwise));
  }

  /** The steps that `write` makes, instead of appending them. */
  captureSteps(write: () => void): Step[] {
    const outer = this.steps;
    this.steps = [];
    write();
    const inner = this.steps;
    this.steps = outer;
    return inner;
  }

  /** Brings a value to its destination. */
  deliver(value: Operand, destination: Destination): void {
    if (destination.kind === 'return') this.return(value);
    else if (destination.kind === 'into') this.do(destination.local, orNull(value));
    else if (!value.repeatable) this.run(value.code);
  }

  // ---- operands ----

  /** An operand that may be written more than once. */
  repeatable(operand: Operand): Operand {
    return operand.repeatable ? operand : this.spill(operand);
  }

  /** An operand that nothing changes any more: in a temporary, unless it is that already. */
  spill(operand: Operand): Operand {
    if (operand.repeatable && operand.immutable) return operand;
    const { bare: _, ...known } = operand;
    return { ...known, ...stored(this.temporary(operand.code)) };
  }
}
