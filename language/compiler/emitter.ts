/**
 * Syntax tree and resolved names to JavaScript.
 *
 * Each Magnolia function becomes steps (steps.ts): every operand that another evaluation could still change is put into a
 * temporary first, so evaluation order is exactly Magnolia's. Arithmetic, comparisons, property and index reads test the common
 * case at the site and leave the rest, errors included, to a helper (runtime/helpers.ts). The text of a program appears in the
 * result only as JSON-encoded literals and mangled names.
 *
 * A `FunctionCompiler` compiles one function. It evaluates expressions, and has a part for each kind that takes more than a few
 * lines: operators.ts, conditions.ts, calls.ts, self-calls.ts, literals.ts, assignments.ts. All of them write with the same
 * step-writer.ts.
 */
import type { BinaryExpr, BlockExpr, CallExpr, ClassExpr, Expr, FnExpr, Program, PropertyExpr } from '../syntax/ast.ts';
import { isPiped } from '../syntax/ast-walk.ts';
import { Assignments } from './assignments.ts';
import { Calls } from './calls.ts';
import { type Code, joined, js, Local } from './code.ts';
import { Conditions } from './conditions.ts';
import type { Expressions } from './expressions.ts';
import { FusedArithmetic } from './fusion.ts';
import { Literals } from './literals.ts';
import { floatCode, isEmptyBody, isPlainKey, literal, member } from './nodes.ts';
import { base, computed, constant, type Destination, int, NOWHERE, NULL, type Operand, RETURN, stored } from './operands.ts';
import { Operators } from './operators.ts';
import type { Func, Reference } from './resolver.ts';
import { SelfCalls } from './self-calls.ts';
import { StepWriter } from './step-writer.ts';
import { arm, type FunctionCode } from './steps.ts';
import { type EmitOptions, type EmittedUnit, UnitContext } from './unit.ts';

/** Compiles a program. */
export function emit(program: Program, options: EmitOptions): EmittedUnit {
  const unit = new UnitContext(program, options);
  const { body } = program;
  const compile = (from: number, nodes: number) =>
    new FunctionCompiler(unit, unit.resolution.main, null).program(body, from, nodes);
  const { partNodes } = unit;
  if (partNodes === null) return unit.finish(compile(0, Number.POSITIVE_INFINITY).code);
  for (let from = 0; from < body.length; ) {
    const { code, end } = compile(from, partNodes);
    unit.finishPart(code);
    from = end;
  }
  return unit.finish(null);
}

class FunctionCompiler implements Expressions {
  readonly #unit: UnitContext;
  readonly #writer: StepWriter;
  readonly #operators: Operators;
  readonly #conditions: Conditions;
  readonly #literals: Literals;
  readonly #calls: Calls;
  readonly #selfCalls: SelfCalls;
  readonly #assignments: Assignments;
  readonly #params: Local[];
  readonly #rest: Local | null;

  constructor(unit: UnitContext, func: Func, node: FnExpr | ClassExpr | null) {
    this.#unit = unit;
    const writer = new StepWriter(unit, func, node);
    const fused = new FusedArithmetic(writer, this);
    this.#writer = writer;
    this.#conditions = new Conditions(writer, this);
    this.#operators = new Operators(writer, this, this.#conditions, fused);
    this.#literals = new Literals(writer, this);
    this.#calls = new Calls(writer, this, this.#literals);
    this.#assignments = new Assignments(writer, this);
    this.#params = node === null ? [] : this.#enter(node, func);
    this.#rest = node === null || node.rest === null ? null : (this.#params.pop() as Local); // the last of them
    this.#selfCalls = new SelfCalls(writer, this, this.#calls, fused, this.#params, this.#rest);
  }

  // ---- whole functions ----

  /**
   * Compiles expressions of the program, beginning with `from`, until `nodes` nodes are compiled; `end` is the next one. The value of
   * the last expression is that of the program.
   */
  program(body: readonly Expr[], from: number, nodes: number): { readonly code: FunctionCode; readonly end: number } {
    const most = this.#unit.steps + nodes;
    let end = from;
    while (end < body.length - 1 && this.#unit.steps < most) this.statement(body[end++] as Expr, NOWHERE); // in range
    const last = end === body.length - 1 ? body[end++] : undefined;
    if (last !== undefined) this.#count(last);
    this.#writer.return(last === undefined ? NULL : this.value(last));
    return { code: this.#finish(null), end };
  }

  function(node: FnExpr): FunctionCode {
    this.#selfCalls.findNumbers(node);
    if (isEmptyBody(node.body)) this.#writer.return(NULL);
    else this.statement(node.body, RETURN);
    return this.#finish(null);
  }

  /** The construction of a class. */
  construction(node: ClassExpr): FunctionCode {
    const writer = this.#writer;
    const { parents } = node;
    if (parents === null || parents.length === 0) {
      writer.return(isEmptyBody(node.body) ? NULL : this.value(node.body)); // no tail calls: a construction stays on the stack
      return this.#finish(null);
    }
    const all = new Local('$args', 'variable');
    const made = writer.temporary(js`new $Obj()`);
    for (const parent of parents) this.#mergeParent(made, parent, all);
    const own = this.value(node.body);
    const places = js`${writer.position(node.at)}, ${writer.position(node.body.at)}`;
    writer.run(js`${this.#unit.helper('mergeOwn')}(${made}, ${own.code}, ${places})`);
    writer.return(stored(made));
    return this.#finish(all);
  }

  /** Adds what a parent makes: an object as it is, a class or function called with all arguments. */
  #mergeParent(made: Local, parent: Expr, all: Local): void {
    const writer = this.#writer;
    const merge = this.#unit.helper('merge');
    const value = writer.spill(this.value(parent));
    const at = writer.position(parent.at);
    const construct = writer.captureSteps(() => {
      const result = writer.call(this.#calls.spread(value, js`[]`, js`${all}`, at), at);
      writer.run(js`${merge}(${made}, ${result}, ${at})`);
    });
    const copy = writer.captureSteps(() => writer.run(js`${merge}(${made}, ${value.code}, ${at})`));
    writer.choose([arm(js`${this.#unit.helper('isObject')}(${value.code})`, copy)], construct);
  }

  /** Prepares the parameters and the function's own scope; returns the parameters as they come in, the rest parameter last. */
  #enter(node: FnExpr | ClassExpr, func: Func): Local[] {
    const { params, loose } = this.#unit.resolution;
    const variables = params.get(node) ?? [];
    const incoming = variables.map((variable) => this.#writer.parameter(variable));
    variables.forEach((variable) => {
      if (variable?.boxed === true) this.#writer.boxParameter(variable, incoming[variables.lastIndexOf(variable)] as Local); // of two with the same name the last
    });
    this.#writer.enterScope(loose.get(func) ?? []);
    return incoming;
  }

  #finish(allArguments: Local | null): FunctionCode {
    const { self, steps, variables, func, node } = this.#writer;
    return {
      name: self.name,
      resumeName: self.name.replace(/\$(\d+)$/, '_r$$$1'),
      params: this.#params,
      rest: this.#rest,
      captures: [...func.captures].map((variable) => this.#writer.local(variable)),
      variables,
      self,
      steps,
      loops: this.#selfCalls.loops,
      numbers: this.#selfCalls.numberParams,
      keepsModules: !this.#unit.session && this.#selfCalls.keepsModules,
      allArguments,
      isClass: node?.kind === 'class',
      isProgram: node === null,
    };
  }

  // ---- expressions ----

  effect(expr: Expr): void {
    this.to(expr, NOWHERE);
  }

  to(expr: Expr, destination: Destination): void {
    switch (expr.kind) {
      case 'if':
        this.#conditions.if(expr, destination);
        return;
      case 'block':
        this.#block(expr, destination);
        return;
      case 'call':
        if (destination.kind !== 'return') break;
        if (!this.#selfCalls.tail(expr)) this.#calls.tail(expr);
        return;
      case 'assign':
        if (destination.kind !== 'nowhere') break;
        this.#assignments.assign(expr, false);
        return;
      default:
    }
    this.#writer.deliver(this.value(expr), destination);
  }

  statement(expr: Expr, destination: Destination): void {
    if (expr.kind !== 'block') this.#count(expr); // of a block, its statements are counted
    this.to(expr, destination);
  }

  /** For coverage: counts how often this place is reached. */
  #count(expr: Expr): void {
    const { onStatement } = this.#unit;
    if (onStatement === undefined) return;
    onStatement(expr.start);
    this.#writer.run(js`${this.#unit.helper('reach')}(${this.#writer.position(expr.start)})`);
  }

  operands(exprs: readonly Expr[], known: readonly Operand[] = []): Operand[] {
    let lastRebinder = exprs.length - 1;
    while (lastRebinder >= known.length && this.#unit.cannotRebind(exprs[lastRebinder] as Expr)) lastRebinder--; // in range
    if (lastRebinder < known.length) lastRebinder = 0;
    return exprs.map((expr, i) => {
      const operand = this.#writer.repeatable(known[i] ?? this.value(expr));
      return operand.immutable || i >= lastRebinder ? operand : this.#writer.spill(operand);
    });
  }

  number(expr: BinaryExpr): Operand {
    this.#unit.step();
    return this.#operators.chain(expr, this.#writer.makesBareFloats && !this.#writer.compact);
  }

  value(expr: Expr): Operand {
    this.#unit.step();
    switch (expr.kind) {
      case 'null':
        return NULL;
      case 'empty':
        return constant('$E');
      case 'bool':
        return { ...constant(String(expr.value)), bool: true };
      case 'int':
        return int(expr.value);
      case 'float':
        return { ...constant(this.#unit.constant(`new ${this.#unit.helper('Float')}(${floatCode(expr.value)})`)), float: true };
      case 'string':
        return computed(js`new $Str(${literal(expr.text)})`);
      case 'atom':
        return constant(this.#unit.atom(expr.name));
      case 'name':
        return this.#writer.read(this.#unit.resolution.references.get(expr) as Reference); // every name that is read has one
      case 'list':
        return this.#literals.list(expr.items);
      case 'object':
        return this.#literals.object(expr);
      case 'block':
      case 'if': {
        const local = new Local('');
        this.to(expr, { kind: 'into', local });
        return stored(local);
      }
      case 'fn':
        return this.#bindLiteral(expr, computed(this.#make(expr)));
      case 'class':
        return this.#class(expr);
      case 'unary':
        return this.#operators.unary(expr);
      case 'binary':
        return this.#operators.chain(expr);
      case 'property':
      case 'call':
        return this.#chain(expr);
      case 'assign':
        return this.#assignments.assign(expr, true);
    }
  }

  #block(expr: BlockExpr, destination: Destination): void {
    this.#writer.enterScope(this.#unit.resolution.owned.get(expr) ?? []);
    for (const one of expr.body.slice(0, -1)) this.statement(one, NOWHERE);
    const last = expr.body.at(-1);
    if (last === undefined) this.#writer.deliver(NULL, destination);
    else this.statement(last, destination);
  }

  // ---- functions and classes ----

  /** Code that makes a function: its maker, called with what it captures. */
  #make(node: FnExpr | ClassExpr): Code {
    const func = this.#unit.resolution.funcs.get(node) as Func; // every function node has one
    const inner = new FunctionCompiler(this.#unit, func, node);
    const code = node.kind === 'fn' ? inner.function(node) : inner.construction(node);
    const maker = `$mk${this.#writer.position(node.at)}`;
    this.#unit.printInner(code, maker);
    const captured = [...func.captures].map((variable) => [this.#writer.local(variable)]);
    return js`${maker}(${joined(captured, ', ')})`;
  }

  #class(node: ClassExpr): Operand {
    const writer = this.#writer;
    const statics = writer.temporary(js`new $Obj()`);
    const code = js`${this.#unit.helper('markClass')}(${this.#make(node)}, ${statics})`;
    const made = this.#bindLiteral(node, computed(code));
    const variables = this.#unit.resolution.owned.get(node) ?? [];
    writer.enterScope(variables);
    for (const one of node.statics) this.statement(one, NOWHERE);
    for (const variable of variables) {
      const value = writer.repeatable(writer.read(variable.alone)).code;
      writer.run(js`if (${value} !== undefined) ${statics}${member(variable.name)} = ${value}`);
    }
    return made;
  }

  #bindLiteral(node: FnExpr | ClassExpr, made: Operand): Operand {
    const variable = this.#unit.resolution.named.get(node);
    if (variable === undefined) return made;
    const held = this.#writer.spill(made);
    this.#writer.write(variable, held);
    return held;
  }

  // ---- properties and calls: `a.b`, `f()`, `x |> f()` ----

  /** Chains of them are nested to the left: a loop, so that long ones do not recurse. */
  #chain(expr: PropertyExpr | CallExpr): Operand {
    const links: { readonly node: PropertyExpr | CallExpr; readonly callee: Operand | null }[] = [];
    let innermost: Expr = expr;
    while (innermost.kind === 'property' || innermost.kind === 'call') {
      const link = innermost;
      const next = this.#leftOf(link);
      if (next === null) break;
      const callee = link.kind === 'call' && isPiped(link) && !this.#calls.isInline(link) ? this.#calleeOfPipe(link) : null;
      links.push({ node: link, callee });
      innermost = next;
    }
    let value =
      innermost.kind === 'call'
        ? (this.#calls.inline(innermost) ?? this.#calls.value(innermost))
        : innermost.kind === 'property'
          ? this.#property(innermost, null)
          : this.value(innermost);
    for (const { node, callee } of links.reverse()) {
      this.#unit.step();
      if (node.kind === 'property') value = this.#property(node, value);
      else value = this.#calls.inline(node, value) ?? this.#calls.value(node, callee === null ? [value] : [callee, value]);
    }
    return value;
  }

  /** The part of a chain that is evaluated before the rest of it; null where it is not evaluated by itself. */
  #leftOf(link: PropertyExpr | CallExpr): Expr | null {
    if (link.kind === 'property') return link.object;
    const first = link.args[0] ?? link.callee;
    if (this.#calls.isInline(link)) return link.callee.kind === 'name' && link.callee.name === 'len' ? first : null;
    return isPiped(link) ? first : link.callee;
  }

  /** The callee of a pipe is evaluated before the first argument. */
  #calleeOfPipe({ callee, args }: CallExpr): Operand {
    const operand = this.#writer.repeatable(this.value(callee));
    const [first] = args;
    return first !== undefined && !this.#unit.cannotRebind(first) ? this.#writer.spill(operand) : operand;
  }

  #property(expr: PropertyExpr, known: Operand | null): Operand {
    const at = this.#writer.position(expr.at);
    if (expr.key.kind === 'name') {
      const object = base(this.#writer.repeatable(known ?? this.value(expr.object)));
      const name = expr.key.name;
      const slow = js`${this.#unit.helper('getNamed')}(${object.code}, ${literal(name)}, ${at})`;
      const readable = isPlainKey(name) ? js`${object.code} != null` : js`${object.code} instanceof $Obj`;
      return computed(js`(${readable} && ($x = ${object.code}${member(name)}) !== undefined ? $x : ${slow})`);
    }
    const [value, key] = this.operands([expr.object, expr.key], known === null ? [] : [known]) as [Operand, Operand]; // one for each
    const object = base(value);
    const slow = js`${this.#unit.helper('getProperty')}(${object.code}, ${key.code}, ${at})`;
    const isInt = key.literal === undefined ? js` && typeof ${key.code} === 'number'` : js``;
    return computed(
      js`(Array.isArray(${object.code})${isInt} && ($x = ${object.code}[${key.code}]) !== undefined ? $x : ${slow})`,
    );
  }
}
