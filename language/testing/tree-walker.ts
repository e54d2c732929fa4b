/**
 * For tests: the language once more, as simple as can be.
 *
 * Walks the syntax tree with scopes that are maps, found at run time, exactly as the reference describes it: no resolved names, no
 * emitted code, no suspension. What a program does here is what the compiled one has to do. Operators, equality, properties and
 * builtins are the shared ones; this is about scopes, order, calls, errors and their places.
 */

import type { BuiltinFunctions } from '../modules.ts';
import { bitAnd, bitOr, bitXor, shiftLeft, shiftRight } from '../runtime/bit-operators.ts';
import { deepEqual, matches, same } from '../runtime/equality.ts';
import { mistake, ProgramError } from '../runtime/errors.ts';
import * as operators from '../runtime/operators.ts';
import {
  destructureList,
  destructureObject,
  getNamed,
  getProperty,
  keyText,
  literalKey,
  setNamed,
  setProperty,
} from '../runtime/properties.ts';
import type { AssignExpr, BlockExpr, CallExpr, ClassExpr, Expr, FnExpr, IfExpr, Program } from '../syntax/ast.ts';
import {
  atom,
  EMPTY,
  Float,
  type Fn,
  getKey,
  isObject,
  keysOf,
  markClass,
  Obj,
  setKey,
  staticsOf,
  str,
  type Value,
} from '../values/values.ts';

class Scope {
  readonly variables = new Map<string, Value>();
  constructor(readonly parent: Scope | null) {}

  find(name: string): Scope | null {
    for (let at: Scope | null = this; at !== null; at = at.parent) if (at.variables.has(name)) return at;
    return null;
  }
}

/** A call in tail position that is still to be made. */
class TailCall {
  constructor(
    readonly fn: Fn,
    readonly args: Value[],
    readonly at: number,
  ) {}
}

interface Closure {
  readonly node: FnExpr;
  readonly scope: Scope;
}

/** Thrown when a program takes longer or goes deeper than a test wants. */
export class TooLong extends Error {}

const OPERATORS = {
  '+': operators.add,
  '-': operators.sub,
  '*': operators.mul,
  '/': operators.div,
  '%': operators.rem,
  '**': operators.pow,
  '^': bitXor,
  '&': bitAnd,
  '|': bitOr,
  '<<': shiftLeft,
  '>>': shiftRight,
  '=': same,
  '==': deepEqual,
  '!=': (a: Value, b: Value) => !deepEqual(a, b),
  '<': operators.less,
  '>': operators.greater,
  '<=': operators.lessEqual,
  '>=': operators.greaterEqual,
} as const;
const UNARY = { '-': operators.negate, '!': operators.not, '~': operators.bitNot } as const;

/** Walks one program. */
export class NaiveEvaluator {
  /** The functions that run, outermost first. */
  readonly stack: (FnExpr | ClassExpr)[] = [];
  readonly #base: number;
  readonly #closures = new Map<Fn, Closure>();
  #steps: number;
  #depth = 0;

  /** `base` is that of the registered unit of the program, so that functions and errors can be shown. */
  constructor(base: number, steps: number) {
    this.#base = base;
    this.#steps = steps;
  }

  run(program: Program, builtins: BuiltinFunctions): Value {
    const scope = new Scope(null);
    for (const name of builtins.keys()) scope.variables.set(name, builtins.get(name) ?? null);
    let value: Value = null;
    for (const one of program.body) value = this.#value(one, scope);
    return value;
  }

  #at(at: number): number {
    return this.#base + at;
  }

  #value(expr: Expr, scope: Scope): Value {
    if (++this.#depth > 400) throw new TooLong();
    const value = this.#evaluate(expr, scope, false) as Value; // tail calls only where they are asked for
    this.#depth--;
    return value;
  }

  #evaluate(expr: Expr, scope: Scope, tail: boolean): Value | TailCall {
    if (--this.#steps < 0) throw new TooLong();
    switch (expr.kind) {
      case 'null':
        return null;
      case 'empty':
        return EMPTY;
      case 'bool':
      case 'int':
        return expr.value;
      case 'float':
        return new Float(expr.value);
      case 'string':
        return str(expr.text);
      case 'atom':
        return atom(expr.name);
      case 'name':
        return scope.find(expr.name)?.variables.get(expr.name) ?? null;
      case 'list':
        return expr.items.map((item) => this.#value(item, scope));
      case 'object': {
        const made = new Obj();
        for (const { key, value } of expr.entries) {
          const text = key.kind === 'name' ? key.name : literalKey(this.#value(key, scope), this.#at(key.start));
          setKey(made, text, this.#value(value, scope));
        }
        return made;
      }
      case 'block':
        return this.#block(expr, expr.scope ? new Scope(scope) : scope, tail);
      case 'fn':
        return this.#bind(expr.name, this.#function(expr, scope), scope);
      case 'class':
        return this.#class(expr, scope);
      case 'unary':
        return UNARY[expr.op](this.#value(expr.value, scope), this.#at(expr.at));
      case 'binary': {
        const { op } = expr;
        const left = this.#value(expr.left, scope);
        if (left === true && (op === '|' || op === '+')) return true;
        if (left === false && (op === '&' || op === '*')) return false;
        return OPERATORS[op](left, this.#value(expr.right, scope), this.#at(expr.at));
      }
      case 'property': {
        const object = this.#value(expr.object, scope);
        if (expr.key.kind === 'name') return getNamed(object, expr.key.name, this.#at(expr.at));
        return getProperty(object, this.#value(expr.key, scope), this.#at(expr.at));
      }
      case 'call':
        return this.#callExpr(expr, scope, tail);
      case 'if':
        return this.#if(expr, scope, tail);
      case 'assign':
        return this.#assign(expr, scope);
    }
  }

  #block({ body }: BlockExpr, scope: Scope, tail: boolean): Value | TailCall {
    let value: Value | TailCall = null;
    body.forEach((one, i) => {
      value = tail && i === body.length - 1 ? this.#evaluate(one, scope, true) : this.#value(one, scope);
    });
    return value;
  }

  #if({ subject, arms }: IfExpr, scope: Scope, tail: boolean): Value | TailCall {
    const value = this.#value(subject, scope);
    for (const { target, body } of arms) {
      if (matches(value, this.#value(target, scope))) return tail ? this.#evaluate(body, scope, true) : this.#value(body, scope);
    }
    return null;
  }

  // ---- functions ----

  #bind(name: string, value: Value, scope: Scope): Value {
    if (name !== '') scope.variables.set(name, value);
    return value;
  }

  #function(node: FnExpr, scope: Scope): Fn {
    const fn: Fn = (...args: Value[]) => this.#call(fn, args);
    Object.defineProperty(fn, 'name', { value: `fn$${this.#at(node.at)}` });
    this.#closures.set(fn, { node, scope });
    return fn;
  }

  #class(node: ClassExpr, scope: Scope): Fn {
    const statics = new Obj();
    const made: Fn = (...args: Value[]) => this.#construct(node, scope, args);
    Object.defineProperty(made, 'name', { value: `class$${this.#at(node.at)}` });
    this.#bind(node.name, markClass(made, statics), scope);
    const inner = new Scope(scope);
    for (const one of node.statics) this.#value(one, inner);
    for (const [name, value] of inner.variables) setKey(statics, name, value);
    return made;
  }

  #enter(node: FnExpr | ClassExpr, scope: Scope, args: readonly Value[]): Scope {
    const inner = new Scope(scope);
    node.params.forEach((name, i) => {
      if (name !== null) inner.variables.set(name, args[i] ?? null);
    });
    if (node.rest !== null) inner.variables.set(node.rest, args.slice(node.params.length));
    return inner;
  }

  #construct(node: ClassExpr, scope: Scope, args: Value[]): Value {
    this.stack.push(node);
    const inner = this.#enter(node, scope, args);
    const value = this.#constructed(node, inner, [...args, ...node.params.slice(args.length).map(() => null)]);
    this.stack.pop();
    return value;
  }

  #constructed(node: ClassExpr, scope: Scope, args: Value[]): Value {
    if (node.parents === null || node.parents.length === 0) return isEmpty(node.body) ? null : this.#value(node.body, scope);
    const made = new Obj();
    for (const parent of node.parents) {
      const value = this.#value(parent, scope);
      const part = isObject(value) ? value : this.#checkedCall(value, args, this.#at(parent.at));
      if (!isObject(part)) throw mistake('parent-of-class', { value: part }, this.#at(parent.at));
      for (const key of keysOf(part)) setKey(made, key, getKey(part, key) as Value); // one of its keys
    }
    const own = this.#value(node.body, scope);
    if (own === null) return made;
    if (!isObject(own)) throw mistake('body-of-class', { value: own, classAt: this.#at(node.at) }, this.#at(node.body.at));
    for (const key of keysOf(own)) setKey(made, key, getKey(own, key) as Value); // one of its keys
    return made;
  }

  #callExpr(expr: CallExpr, scope: Scope, tail: boolean): Value | TailCall {
    const callee = this.#value(expr.callee, scope);
    const args = expr.args.map((arg) => this.#value(arg, scope));
    if (expr.spread !== null) {
      const list = this.#value(expr.spread, scope);
      if (!Array.isArray(list)) {
        throw mistake('spread-of-no-list', { value: list }, this.#at(expr.at));
      }
      args.push(...list);
    }
    if (tail && typeof callee === 'function' && this.#closures.has(callee as Fn))
      return new TailCall(callee as Fn, args, this.#at(expr.at));
    return this.#checkedCall(callee, args, this.#at(expr.at));
  }

  #checkedCall(callee: Value, args: Value[], at: number): Value {
    if (typeof callee !== 'function') throw mistake('not-callable', { value: callee }, at);
    const fn = callee as Fn; // functions are
    if (this.#closures.has(fn) || staticsOf(fn) !== undefined) return fn(...args) as Value; // nothing suspends here
    try {
      return fn(...args) as Value;
    } catch (error) {
      if (error instanceof ProgramError) error.at ??= at;
      throw error;
    }
  }

  /** Calls a function, and the functions that it ends with calls of, one after the other. */
  #call(first: Fn, firstArgs: Value[]): Value {
    let fn = first;
    let args = firstArgs;
    for (;;) {
      const closure = this.#closures.get(fn) as Closure; // only functions of our own come here
      const { node } = closure;
      this.stack.push(node);
      const scope = this.#enter(node, closure.scope, args);
      if (++this.#depth > 400) throw new TooLong();
      const value = isEmpty(node.body) ? null : this.#evaluate(node.body, scope, true);
      this.#depth--;
      this.stack.pop();
      if (!(value instanceof TailCall)) return value;
      ({ fn, args } = value);
    }
  }

  // ---- assignment ----

  #assign(expr: AssignExpr, scope: Scope): Value {
    const { target, define } = expr;
    const at = this.#at(expr.at);
    const value = this.#value(expr.value, scope);
    switch (target.kind) {
      case 'name':
        this.#store(target.name, value, define, scope, at);
        return value;
      case 'property': {
        const object = this.#value(target.object, scope);
        if (target.key.kind === 'name') return setNamed(object, target.key.name, value, at);
        return setProperty(object, this.#value(target.key, scope), value, at);
      }
      case 'list': {
        const list = destructureList(value, at);
        target.items.forEach((item, i) => {
          if (item.kind === 'empty') return;
          if (item.kind !== 'name') throw mistake('pattern-element', { index: i }, at);
          this.#store(item.name, list[i] ?? null, define, scope, define ? at : -1);
        });
        return value;
      }
      case 'object': {
        const source = destructureObject(value, at);
        const copy = Array.isArray(source) ? new Obj() : source;
        target.entries.forEach(({ key, value: name }, i) => {
          const text = key.kind === 'name' ? key.name : keyText(this.#value(key, scope));
          const part = (Array.isArray(source) ? source[i] : getKey(source, text)) ?? null;
          if (Array.isArray(source)) setKey(copy, text, part);
          if (name.kind === 'empty') return;
          if (name.kind !== 'name') throw mistake('pattern-element', { index: i }, at);
          this.#store(name.name, part, define, scope, define ? at : -1);
        });
        return copy;
      }
      default:
        throw mistake('invalid-target', {}, at);
    }
  }

  #store(name: string, value: Value, define: boolean, scope: Scope, at: number): void {
    const found = define ? scope : scope.find(name);
    if (found === null) throw mistake('undefined-name', { name }, at);
    found.variables.set(name, value);
  }
}

/** `{}`, `fn {}` and `fn() ({})`. */
function isEmpty(body: Expr): boolean {
  return (body.kind === 'object' && body.entries.length === 0) || (body.kind === 'block' && body.body.length === 0);
}
