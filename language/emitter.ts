/**
 * Syntax tree and resolved names to JavaScript.
 *
 * Each Magnolia function becomes steps (code.ts): every operand that another evaluation could still change is put into a
 * temporary first, so evaluation order is exactly Magnolia's. Arithmetic, comparisons, property and index reads test the common
 * case at the site and leave the rest, errors included, to a helper of support.ts. The text of a program appears in the result
 * only as JSON-encoded literals and mangled names.
 */
import type {
  AssignExpr, BinaryExpr, BinaryOperator, BlockExpr, CallExpr, ClassExpr, Expr, FnExpr, IfArm, IfExpr, ListExpr, NameExpr, ObjectExpr,
  Program, PropertyExpr, UnaryExpr,
} from './ast.ts';
import { type Arm, CALL_FIELDS, type Code, type FunctionCode, Local, Printer, type Step, joined, js, printFunction } from './code.ts';
import { formatFloat } from './numbers.ts';
import { type Func, type Reference, type Resolution, type Variable, resolve } from './resolver.ts';
import { atom, EMPTY, Float, Str, Table } from './values.ts';

/** What evaluating an expression left: code that gives its value. */
interface Operand {
  readonly code: Code;
  /** May be written more than once: a variable or a constant. */
  readonly simple: boolean;
  /** Nothing that is evaluated later changes it. */
  readonly stable: boolean;
  /** May be undefined, which stands for null. */
  readonly unset?: boolean;
  /** Is true or false, and nothing else. */
  readonly bool?: boolean;
  /** Its value, for a literal int that is a safe integer. */
  readonly literal?: number;
}

/** Where the value of an expression goes. */
type Sink = { readonly kind: 'into'; readonly local: Local } | { readonly kind: 'return' } | { readonly kind: 'nowhere' };
const NOWHERE: Sink = { kind: 'nowhere' };
const RETURN: Sink = { kind: 'return' };

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
}

/** Compiles a program. */
export function emit(program: Program, options: EmitOptions): EmittedUnit {
  return new UnitEmitter(program, options).result();
}

/** JavaScript for a string of bytes: pure ASCII, and nothing that could end the literal. */
export function literal(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Part of a JavaScript name for a Magnolia name; the caller adds a `$` and a number, which makes it unique and no keyword. */
function mangled(name: string): string {
  const safe = name.slice(0, 40).replace(/[^A-Za-z0-9_]/g, (c) => `$${c.charCodeAt(0).toString(16)}`);
  return /^[A-Za-z_]/.test(safe) ? safe : `_${safe}`;
}

/** The JavaScript name of the function that is a whole program, before its `$`; no Magnolia name becomes this one. */
export const MAIN = '$unit';

const MAX = '9007199254740991';
const MIN = '-9007199254740991';
/** Functions with more operators than this call helpers for arithmetic: V8 does not optimise what the inline tests would make of them. */
const MANY_OPERATORS = 500;

const HELPER_OF: { readonly [op in BinaryOperator]: string } = {
  '+': 'add', '-': 'sub', '*': 'mul', '/': 'div', '%': 'rem', '**': 'pow', '^': 'bitXor', '&': 'bitAnd', '|': 'bitOr',
  '<<': 'shiftLeft', '>>': 'shiftRight', '=': 'same', '==': 'deepEqual', '!=': 'deepEqual',
  '<': 'less', '>': 'greater', '<=': 'lessEqual', '>=': 'greaterEqual',
};

class UnitEmitter {
  readonly resolution: Resolution;
  readonly printer = new Printer();
  readonly base: number;
  readonly session: boolean;
  readonly #program: Program;
  readonly #helpers = new Set<string>();
  readonly #constants = new Map<string, string>();
  readonly #moduleNames = new Map<Variable, string>();
  readonly #calm = new Map<Expr, boolean>();
  #unique = 0;

  constructor(program: Program, { base, session = false }: EmitOptions) {
    this.#program = program;
    this.base = base;
    this.session = session;
    this.resolution = resolve(program);
    for (const [name, variable] of this.resolution.moduleVariables) {
      this.#moduleNames.set(variable, session ? `$M[${literal(name)}]` : this.name(name));
    }
  }

  result(): EmittedUnit {
    const main = new FunctionEmitter(this, this.resolution.main, null);
    const code = main.program(this.#program.body);
    printFunction(code, '$main', this.printer);

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

class FunctionEmitter {
  readonly #unit: UnitEmitter;
  readonly #func: Func;
  readonly #node: FnExpr | ClassExpr | null;
  readonly #locals = new Map<Variable, Local>();
  readonly #variables: Local[] = [];
  readonly #self: Local;
  #steps: Step[] = [];
  #sites = 0;
  #labels = 0;
  #loops = false;
  /** Arithmetic is left to helpers. */
  readonly #compact: boolean;
  /** Arithmetic that is being written step by step, as the general case of its fused form. */
  readonly #unfused = new Set<Expr>();
  /** What a self tail call has to set: the parameters as they come in, before any of them is put into a box. */
  #params: Local[] = [];
  #rest: Local | null = null;

  constructor(unit: UnitEmitter, func: Func, node: FnExpr | ClassExpr | null) {
    this.#unit = unit;
    this.#func = func;
    this.#node = node;
    const name = node === null ? MAIN : mangled(node.name === '' ? 'fn' : node.name);
    this.#self = new Local(`${name}$${this.#position(node?.at ?? 0)}`, 'variable');
    this.#compact = countOperators(node?.body ?? null) > MANY_OPERATORS;
  }

  #position(at: number): number {
    return this.#unit.base + at;
  }

  // ---- whole functions ----

  /** The program itself: its value is that of its last expression. */
  program(body: readonly Expr[]): FunctionCode {
    body.slice(0, -1).forEach((expr) => this.#effect(expr));
    const last = body.at(-1);
    this.#return(last === undefined ? NULL : this.#value(last));
    return this.#finish(null);
  }

  fn(node: FnExpr): FunctionCode {
    this.#enter(node);
    if (isEmptyBody(node.body)) this.#return(NULL);
    else this.#to(node.body, RETURN);
    return this.#finish(null);
  }

  /** The construction of a class. */
  construction(node: ClassExpr): FunctionCode {
    this.#enter(node);
    const { parents } = node;
    if (parents === null || parents.length === 0) {
      this.#return(isEmptyBody(node.body) ? NULL : this.#value(node.body)); // no tail calls: a construction stays on the stack
      return this.#finish(null);
    }
    const all = new Local('$args', 'variable');
    const made = this.#temporary(js`new $Obj()`);
    const merge = this.#unit.helper('merge');
    for (const parent of parents) {
      const value = this.#hold(this.#simple(this.#value(parent)));
      const at = this.#position(parent.at);
      const called = this.#steps;
      this.#steps = [];
      const before = this.#sites;
      const result = this.#call(js`${this.#unit.helper('spread')}(${value.code}, [], ${all}, ${at})`, at);
      this.#do(null, js`${merge}(${made}, ${result}, ${at})`);
      const body = this.#steps;
      this.#steps = called;
      this.#choose(
        [{
          steps: [],
          test: js`${this.#unit.helper('isObject')}(${value.code})`,
          body: [{ kind: 'do', sets: null, code: js`${merge}(${made}, ${value.code}, ${at})` }],
          sites: { after: before, upTo: before },
        }],
        body,
        before,
      );
    }
    const own = this.#value(node.body);
    this.#do(null, js`${this.#unit.helper('mergeOwn')}(${made}, ${own.code}, ${this.#position(node.at)}, ${this.#position(node.body.at)})`);
    this.#return({ code: [made], simple: true, stable: true });
    return this.#finish(all);
  }

  #enter(node: FnExpr | ClassExpr): void {
    const params = this.#unit.resolution.params.get(node) ?? [];
    const own = params.map((param) => {
      if (param === null) return new Local(this.#unit.name('_'), 'variable');
      const local = new Local(this.#unit.name(param.name), 'variable');
      if (!param.boxed) this.#locals.set(param, local);
      return local;
    });
    if (node.rest !== null) this.#rest = own.pop() as Local; // the last of them
    this.#params = own;
    const incoming = this.#rest === null ? own : [...own, this.#rest];
    params.forEach((param, i) => {
      if (param?.boxed !== true || this.#locals.has(param)) return;
      const last = params.lastIndexOf(param);
      this.#do(this.#declare(param), js`new ${this.#unit.helper('Box')}(${incoming[last] ?? (incoming[i] as Local)})`); // one for each
    });
    for (const variable of this.#unit.resolution.loose.get(this.#func) ?? []) this.#own(variable);
  }

  #finish(allArguments: Local | null): FunctionCode {
    const { name } = this.#self;
    return {
      name,
      resumeName: name.replace(/\$(\d+)$/, '_r$$$1'),
      params: this.#params,
      rest: this.#rest,
      captures: [...this.#func.captures].map((variable) => this.#local(variable)),
      variables: this.#variables,
      self: this.#self,
      steps: this.#steps,
      loops: this.#loops,
      sites: this.#sites,
      allArguments,
    };
  }

  // ---- variables ----

  #declare(variable: Variable): Local {
    const local = new Local(this.#unit.name(variable.name), 'variable');
    this.#locals.set(variable, local);
    this.#variables.push(local);
    return local;
  }

  /** Prepares a variable of a scope that is being entered. */
  #own(variable: Variable): void {
    if (variable.kind === 'module') return;
    const local = this.#declare(variable);
    if (variable.boxed) this.#do(local, js`new ${this.#unit.helper('Box')}(undefined)`);
    else if (variable.readUnset) this.#do(local, js`undefined`); // a self tail call comes here again
  }

  /** The JavaScript variable (of this function, or as captured by it) that holds a variable or its box. */
  #local(variable: Variable): Local {
    if (variable.kind === 'self' && variable.owner === this.#func) return this.#self;
    let local = this.#locals.get(variable);
    if (local === undefined) {
      local = new Local(this.#unit.name(variable.name), 'variable');
      this.#locals.set(variable, local);
    }
    return local;
  }

  #access(variable: Variable): Code {
    if (variable.kind === 'module') return [this.#unit.moduleName(variable)];
    return variable.boxed ? js`${this.#local(variable)}.v` : [this.#local(variable)];
  }

  /** Code that gives the value of a variable, or undefined. */
  #look(variable: Variable): Code {
    if (!this.#unit.session || variable.kind !== 'module') return this.#access(variable);
    return js`${this.#unit.helper('sessionRead')}($M, $b, ${literal(variable.name)})`;
  }

  #read({ variables, mayBeUnset }: Reference): Operand {
    const codes = variables.map((variable) => this.#look(variable));
    const [only] = variables;
    if (variables.length === 1 && only !== undefined) {
      const plain = only.kind !== 'module' && !only.boxed;
      return { code: codes[0] as Code, simple: plain, stable: plain && only.constant, unset: mayBeUnset };
    }
    const code = codes.reduceRight((rest, one) => js`(${one} !== undefined ? ${one} : ${rest})`);
    return { code, simple: false, stable: false, unset: mayBeUnset };
  }

  #write(variable: Variable, value: Operand): void {
    if (variable.kind === 'module') this.#do(null, js`${this.#unit.moduleName(variable)} = ${this.#clean(value)}`);
    else if (variable.boxed) this.#do(null, js`${this.#local(variable)}.v = ${this.#clean(value)}`);
    else this.#do(this.#local(variable), this.#clean(value));
  }

  // ---- steps ----

  #do(sets: Local | null, code: Code): void {
    this.#steps.push({ kind: 'do', sets, code });
  }

  #temporary(code: Code): Local {
    const local = new Local('', 'temporary');
    this.#do(local, code);
    return local;
  }

  #return(value: Operand): void {
    this.#steps.push({ kind: 'return', code: this.#clean(value) });
  }

  #call(code: Code, at: number): Local {
    const sets = new Local('', 'temporary');
    this.#steps.push({ kind: 'call', sets, code, site: ++this.#sites, at, saves: [] });
    return sets;
  }

  #choose(arms: Arm[], otherwise: Step[], sitesBefore: number): void {
    this.#steps.push({ kind: 'choose', label: ++this.#labels, arms, otherwise, sites: { after: sitesBefore, upTo: this.#sites } });
  }

  /** The steps that `write` makes, instead of appending them. */
  #aside(write: () => void): Step[] {
    const outer = this.#steps;
    this.#steps = [];
    write();
    const inner = this.#steps;
    this.#steps = outer;
    return inner;
  }

  // ---- operands ----

  /** Code that certainly gives a value, never undefined. */
  #clean({ code, unset }: Operand): Code {
    return unset === true ? js`(${code} ?? null)` : code;
  }

  #simple(operand: Operand): Operand {
    return operand.simple ? operand : this.#hold(operand);
  }

  /** Puts an operand where nothing changes it. */
  #hold(operand: Operand): Operand {
    if (operand.simple && operand.stable) return operand;
    return { ...operand, code: [this.#temporary(operand.code)], simple: true, stable: true };
  }

  /** Evaluates expressions in order; each result stays what it was whatever the later ones do. */
  #operands(exprs: readonly Expr[]): Operand[] {
    let lastRestless = exprs.length - 1;
    while (lastRestless >= 0 && this.#unit.calm(exprs[lastRestless] as Expr)) lastRestless--; // in range
    return exprs.map((expr, i) => {
      const operand = this.#simple(this.#value(expr));
      return operand.stable || i >= lastRestless ? operand : this.#hold(operand);
    });
  }

  // ---- expressions ----

  /** Evaluates an expression for what it does. */
  #effect(expr: Expr): void {
    this.#to(expr, NOWHERE);
  }

  /** Evaluates an expression, its value going where `sink` says. */
  #to(expr: Expr, sink: Sink): void {
    switch (expr.kind) {
      case 'if':
        this.#if(expr, sink);
        return;
      case 'block':
        this.#block(expr, sink);
        return;
      case 'call':
        if (sink.kind === 'return') {
          this.#tailCall(expr);
          return;
        }
        break;
      case 'assign':
        if (sink.kind === 'nowhere') {
          this.#assign(expr, false);
          return;
        }
        break;
      default:
    }
    this.#deliver(this.#value(expr), sink);
  }

  #deliver(value: Operand, sink: Sink): void {
    if (sink.kind === 'return') this.#return(value);
    else if (sink.kind === 'into') this.#do(sink.local, this.#clean(value));
    else if (!value.simple) this.#do(null, value.code);
  }

  #value(expr: Expr): Operand {
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
        return constant(this.#unit.constant(`new ${this.#unit.helper('Float')}(${floatCode(expr.value)})`));
      case 'string':
        return { code: js`new $Str(${literal(expr.text)})`, simple: false, stable: false };
      case 'atom':
        return constant(this.#unit.atom(expr.name));
      case 'name':
        return this.#read(this.#unit.resolution.references.get(expr) as Reference); // every name that is read has one
      case 'list':
        return this.#list(expr);
      case 'object':
        return this.#object(expr);
      case 'block':
      case 'if': {
        const local = new Local('', 'temporary');
        this.#to(expr, { kind: 'into', local });
        return { code: [local], simple: true, stable: true };
      }
      case 'fn':
        return this.#function(expr);
      case 'class':
        return this.#class(expr);
      case 'unary':
        return this.#unary(expr);
      case 'binary':
        return this.#binaryChain(expr);
      case 'property':
        return this.#property(expr);
      case 'call':
        return this.#callValue(expr);
      case 'assign':
        return this.#assign(expr, true);
    }
  }

  #list({ items }: ListExpr): Operand {
    const codes = this.#operands(items).map((item) => this.#clean(item));
    return { code: js`[${joined(codes, ', ')}]`, simple: false, stable: false };
  }

  #object({ entries }: ObjectExpr): Operand {
    const values = entries.flatMap(({ key, value }) => (staticKey(key) === null ? [key, value] : [value]));
    const keys = new Set(entries.map(({ key }) => key));
    const calm = values.every((value) => this.#unit.calm(value));
    const operands = values.map((value) => {
      const operand = this.#simple(this.#value(value));
      if (keys.has(value)) {
        const text = js`${this.#unit.helper('literalKey')}(${operand.code}, ${this.#position(value.start)})`;
        return this.#hold({ code: text, simple: false, stable: false });
      }
      return calm ? operand : this.#hold(operand);
    });
    const made = this.#temporary(js`new $Obj()`);
    let at = 0;
    for (const { key } of entries) {
      const name = staticKey(key);
      if (name === null) {
        const text = operands[at++] as Operand; // one for each key that is not static
        this.#do(null, js`${this.#unit.helper('setKey')}(${made}, ${text.code}, ${this.#clean(operands[at++] as Operand)})`);
      } else {
        this.#do(null, js`${made}${member(name)} = ${this.#clean(operands[at++] as Operand)}`); // and one for each value
      }
    }
    return { code: [made], simple: true, stable: true };
  }

  #block(expr: BlockExpr, sink: Sink): void {
    for (const variable of this.#unit.resolution.owned.get(expr) ?? []) this.#own(variable);
    expr.body.slice(0, -1).forEach((one) => this.#effect(one));
    const last = expr.body.at(-1);
    if (last === undefined) this.#deliver(NULL, sink);
    else this.#to(last, sink);
  }

  // ---- functions and classes ----

  #make(node: FnExpr | ClassExpr): Code {
    const func = this.#unit.resolution.funcs.get(node) as Func; // every function node has one
    const inner = new FunctionEmitter(this.#unit, func, node);
    const code = node.kind === 'fn' ? inner.fn(node) : inner.construction(node);
    const maker = `$mk${this.#position(node.at)}`;
    printFunction(code, maker, this.#unit.printer);
    const captured = [...func.captures].map((variable) => [this.#local(variable)]);
    return js`${maker}(${joined(captured, ', ')})`;
  }

  #function(node: FnExpr): Operand {
    const made: Operand = { code: this.#make(node), simple: false, stable: false };
    return this.#bindLiteral(node, made);
  }

  #class(node: ClassExpr): Operand {
    const statics = this.#temporary(js`new $Obj()`);
    const made = this.#bindLiteral(node, {
      code: js`${this.#unit.helper('markClass')}(${this.#make(node)}, ${statics})`,
      simple: false,
      stable: false,
    });
    const variables = this.#unit.resolution.owned.get(node) ?? [];
    for (const variable of variables) this.#own(variable);
    for (const one of node.statics) this.#effect(one);
    for (const variable of variables) {
      this.#do(null, js`if (${this.#access(variable)} !== undefined) ${statics}${member(variable.name)} = ${this.#access(variable)}`);
    }
    return made;
  }

  #bindLiteral(node: FnExpr | ClassExpr, made: Operand): Operand {
    const variable = this.#unit.resolution.named.get(node);
    if (variable === undefined) return made;
    const held = this.#hold(made);
    this.#write(variable, held);
    return held;
  }

  // ---- properties ----

  #property(expr: PropertyExpr): Operand {
    const at = this.#position(expr.at);
    if (expr.key.kind === 'name') {
      const object = base(this.#simple(this.#value(expr.object)));
      const name = expr.key.name;
      const slow = js`${this.#unit.helper('getNamed')}(${object.code}, ${literal(name)}, ${at})`;
      const readable = isPlainKey(name) ? js`${object.code} != null` : js`${object.code} instanceof $Obj`;
      return this.#fresh(js`(${readable} && ($x = ${object.code}${member(name)}) !== undefined ? $x : ${slow})`);
    }
    const [value, key] = this.#operands([expr.object, expr.key]) as [Operand, Operand]; // one for each
    const object = base(value);
    const slow = js`${this.#unit.helper('getProperty')}(${object.code}, ${key.code}, ${at})`;
    const isInt = key.literal === undefined ? js` && typeof ${key.code} === 'number'` : js``;
    return {
      code: js`(Array.isArray(${object.code})${isInt} && ($x = ${object.code}[${key.code}]) !== undefined ? $x : ${slow})`,
      simple: false,
      stable: false,
    };
  }

  /** The byte that an index read gives, as an int: for a read that is only compared with one-byte literals. */
  #byte(expr: PropertyExpr): Operand {
    const [object, key] = this.#operands([expr.object, expr.key]) as [Operand, Operand]; // one for each
    return {
      code: js`${this.#unit.helper('byteAt')}(${object.code}, ${key.code}, ${this.#position(expr.at)})`,
      simple: false,
      stable: false,
    };
  }

  // ---- operators ----

  #unary({ op, value, at }: UnaryExpr): Operand {
    if (op === '-' && value.kind === 'int' && typeof value.value === 'number' && value.value !== 0) return int(-value.value);
    const operand = this.#simple(this.#value(value));
    const place = this.#position(at);
    switch (op) {
      case '-':
        return this.#fresh(js`(typeof ${operand.code} === 'number' ? 0 - ${operand.code} : ${this.#unit.helper('negate')}(${operand.code}, ${place}))`);
      case '!':
        if (operand.bool === true) return { ...this.#fresh(js`!${operand.code}`), bool: true };
        return { ...this.#fresh(js`(typeof ${operand.code} === 'boolean' ? !${operand.code} : ${this.#unit.helper('not')}(${operand.code}, ${place}))`), bool: true };
      case '~':
        return this.#fresh(js`${this.#unit.helper('bitNot')}(${operand.code}, ${place})`);
    }
  }

  #fresh(code: Code): Operand {
    return { code, simple: false, stable: false };
  }

  /** `a + b + c + ...` is nested to the left: a loop, so that long chains do not recurse. */
  #binaryChain(expr: BinaryExpr): Operand {
    const fused = this.#fused(expr);
    if (fused !== null) return fused;
    const chain: BinaryExpr[] = [];
    let left: Expr = expr;
    for (; left.kind === 'binary'; left = left.left) chain.push(left);
    const first = chain.at(-1) as BinaryExpr; // at least `expr` itself
    let result = this.#byteComparison(first);
    if (result !== null) chain.pop();
    else result = this.#value(left);
    for (const one of chain.reverse()) result = this.#binary(one, result);
    return result;
  }

  /**
   * Arithmetic on several operands that all turn out to be floats, or all bigints, makes one result and none in between: the
   * operands are read without any effect, and if one is something else everything is done again step by step.
   */
  #fused(expr: BinaryExpr): Operand | null {
    if (this.#compact || this.#unfused.has(expr)) return null;
    const shape = arithmeticShape(expr);
    if (shape === null) return null;
    const local = new Local('', 'temporary');
    const arms: Arm[] = [];
    for (const type of ['float', 'bigint'] as const) {
      if (type === 'float' ? !shape.float : !shape.bigint) continue;
      const leaves = new FusedLeaves();
      const tests: Code[] = [];
      const value = this.#fusedValue(expr, type, leaves, tests);
      if (value === null) continue;
      const result = type === 'float' ? js`new ${this.#unit.helper('Float')}(${value})` : js`${this.#unit.helper('wrapInt')}(${value})`;
      const sites = { after: this.#sites, upTo: this.#sites };
      arms.push({ steps: [], test: joined(tests, ' && '), body: [{ kind: 'do', sets: local, code: result }], sites });
    }
    if (arms.length === 0) return null;
    const before = this.#sites;
    for (let left: Expr = expr; left.kind === 'binary'; left = left.left) this.#unfused.add(left);
    const general = this.#aside(() => this.#deliver(this.#binaryChain(expr), { kind: 'into', local }));
    this.#choose(arms, general, before);
    return { code: [local], simple: true, stable: true };
  }

  /** The double or bigint that an operand tree gives; adds to `tests` what has to hold for it. Null: not in this way. */
  #fusedValue(expr: Expr, type: 'float' | 'bigint', leaves: FusedLeaves, tests: Code[]): Code | null {
    switch (expr.kind) {
      case 'int':
        return type === 'float' ? js`${String(expr.value)}` : js`${String(expr.value)}n`;
      case 'float':
        return type === 'float' ? js`${floatCode(expr.value)}` : null;
      case 'binary': {
        const left = this.#fusedValue(expr.left, type, leaves, tests);
        const right = left === null ? null : this.#fusedValue(expr.right, type, leaves, tests);
        if (left === null || right === null) return null;
        if (expr.op === '/' && expr.right.kind !== 'int' && expr.right.kind !== 'float') {
          if (expr.right.kind === 'binary') return null;
          tests.push(js`${right} !== 0`);
        }
        return js`(${left} ${expr.op} ${right})`;
      }
      default: {
        const leaf = this.#fusedLeaf(expr, leaves, tests);
        if (leaf === null) return null;
        if (!leaf.tested) {
          leaf.tested = true;
          tests.push(type === 'float' ? js`${leaf.code} instanceof ${this.#unit.helper('Float')}` : js`typeof ${leaf.code} === 'bigint'`);
        }
        return type === 'float' ? js`${leaf.code}.value` : leaf.code;
      }
    }
  }

  /** Reads a name or property without any effect; what has to hold for that goes to `tests`. */
  #fusedLeaf(expr: Expr, leaves: FusedLeaves, tests: Code[]): FusedLeaf | null {
    if (expr.kind === 'name') {
      const reference = this.#unit.resolution.references.get(expr) as Reference; // a name that is read has one
      const [variable] = reference.variables;
      const known = variable === undefined ? undefined : leaves.byVariable.get(variable);
      if (known !== undefined) return known;
      const read = this.#read(reference);
      let code = read.code;
      if (!read.simple) {
        code = [new Local('', 'temporary')];
        tests.push(js`((${code} = ${read.code}), true)`);
      }
      const leaf = { code, tested: false };
      if (variable !== undefined && reference.variables.length === 1) leaves.byVariable.set(variable, leaf);
      return leaf;
    }
    if (expr.kind !== 'property') return null;
    const object = this.#fusedLeaf(expr.object, leaves, tests);
    if (object === null) return null;
    const local = new Local('', 'temporary');
    if (expr.key.kind === 'name') {
      const readable = isPlainKey(expr.key.name) ? js`${object.code} != null` : js`${object.code} instanceof $Obj`;
      tests.push(readable, js`((${local} = ${object.code}${member(expr.key.name)}), true)`);
    } else {
      const key = expr.key.kind === 'block' && expr.key.body.length === 1 ? (expr.key.body[0] as Expr) : expr.key; // a.(k)
      const index = key.kind === 'int' ? { code: js`${String(key.value)}` } : this.#fusedLeaf(key, leaves, tests);
      if (index === null) return null;
      tests.push(js`Array.isArray(${object.code})`, js`typeof ${index.code} === 'number'`, js`((${local} = ${object.code}[${index.code}]), true)`);
    }
    return { code: [local], tested: false };
  }

  /** `s.(i) = 'x'` makes no string for the byte. */
  #byteComparison({ op, left, right }: BinaryExpr): Operand | null {
    if (op !== '=' && op !== '==') return null;
    if (left.kind !== 'property' || left.key.kind === 'name' || right.kind !== 'string' || right.text.length !== 1) return null;
    const byte = this.#simple(this.#byte(left));
    return { ...this.#fresh(js`(${byte.code} === ${right.text.charCodeAt(0)} || ${byte.code} === 256)`), bool: true };
  }

  #binary({ op, right, at }: BinaryExpr, left: Operand): Operand {
    if (op === '&' || op === '|') return this.#shortCircuit(op, left, right, at);
    if ((op === '+' || op === '*') && left.literal === undefined && !isHarmless(right)) return this.#shortCircuit(op, left, right, at);
    let a = this.#simple(left);
    if (!a.stable && !this.#unit.calm(right)) a = this.#hold(a);
    if (op === '=' || op === '==' || op === '!=') {
      const equal = this.#equality(op, a, right);
      return { ...this.#fresh(op === '!=' ? js`!${equal}` : equal), bool: true };
    }
    return this.#arithmetic(op, a, this.#simple(this.#value(right)), this.#position(at));
  }

  /** The right side is not evaluated when a bool on the left decides. */
  #shortCircuit(op: '&' | '|' | '+' | '*', left: Operand, right: Expr, at: number): Operand {
    const a = this.#hold(left);
    const decisive = op === '|' || op === '+' ? 'true' : 'false';
    const before = this.#sites;
    let b = NULL;
    let result = NULL;
    const steps = this.#aside(() => {
      b = this.#value(right);
      if (a.bool === true && b.bool === true) {
        result = b;
      } else {
        b = this.#simple(b);
        result = this.#arithmetic(op, a, b, this.#position(at));
      }
    });
    if (steps.length === 0 && a.bool === true && b.bool === true) {
      return { ...this.#fresh(js`(${a.code} ${decisive === 'true' ? '||' : '&&'} ${b.code})`), bool: true };
    }
    const local = new Local('', 'temporary');
    steps.push({ kind: 'do', sets: local, code: result.code });
    this.#choose(
      [{
        steps: [],
        test: js`${a.code} === ${decisive}`,
        body: [{ kind: 'do', sets: local, code: [decisive] }],
        sites: { after: before, upTo: before },
      }],
      steps,
      before,
    );
    return { code: [local], simple: true, stable: true, bool: a.bool === true && b.bool === true };
  }

  #arithmetic(op: BinaryOperator, a: Operand, b: Operand, at: number): Operand {
    const slow = [...js`${this.#unit.helper(HELPER_OF[op])}(${a.code}, ${b.code}, ${at})`];
    const ordering = op === '<' || op === '>' || op === '<=' || op === '>=';
    if (this.#compact && op !== '<<') return { ...this.#fresh(slow), bool: ordering };
    if ((op === '+' || op === '-' || op === '*') && b.literal !== undefined && b.literal > 0x7fffffff) {
      slow.unshift(`typeof `, ...a.code, ` === 'bigint' ? ${this.#unit.helper('wrapInt')}(`, ...a.code, ` ${op} ${b.literal}n) : `);
    }
    const tests = [a, b].filter(({ literal: known }) => known === undefined).map(({ code }) => js`typeof ${code} === 'number'`);
    const ints = tests.length === 0 ? js`true` : joined(tests, ' && ');
    switch (op) {
      case '+':
      case '-': {
        const sign = op === '+' ? 1 : -1;
        const known = b.literal !== undefined ? b.literal * sign : op === '+' ? a.literal : undefined;
        const upper = known === undefined || known > 0 ? js` && $x <= ${MAX}` : js``;
        const lower = known === undefined || known < 0 ? js` && $x >= ${MIN}` : js``;
        return this.#fresh(js`(${ints} && (($x = ${a.code} ${op} ${b.code}), true)${upper}${lower} ? $x : ${slow})`);
      }
      case '*':
        return this.#fresh(js`(${ints} && ($x = ${a.code} * ${b.code}) <= ${MAX} && $x >= ${MIN} ? $x + 0 : ${slow})`);
      case '%':
        if (b.literal !== undefined && b.literal > 0) return this.#fresh(js`(${ints} ? ${a.code} % ${b.code} + 0 : ${slow})`);
        return this.#fresh(js`(${ints} && ${b.code} !== 0 ? ${a.code} % ${b.code} + 0 : ${slow})`);
      case '/':
        return this.#fresh(js`(${ints} && ${b.code} !== 0 && ${a.code} % ${b.code} === 0 ? ${a.code} / ${b.code} + 0 : ${slow})`);
      case '<':
      case '>':
      case '<=':
      case '>=':
        return { ...this.#fresh(js`(${ints} ? ${a.code} ${op} ${b.code} : ${slow})`), bool: true };
      case '&':
      case '|': {
        const both = op === '&' ? '&&' : '||';
        return this.#fresh(js`(typeof ${a.code} === 'boolean' && typeof ${b.code} === 'boolean' ? ${a.code} ${both} ${b.code} : ${slow})`);
      }
      case '<<':
        if (a.literal !== undefined) return this.#fresh(slow);
        return this.#fresh(js`(Array.isArray(${a.code}) ? (${a.code}.push(${this.#clean(b)}), ${a.code}) : ${slow})`);
      default:
        return this.#fresh(slow);
    }
  }

  /** A JavaScript test for `a = right` (or `==`; `!=` is the negation of that). */
  #equality(op: '=' | '==' | '!=', a: Operand, right: Expr): Code {
    const easy = this.#literalTest(a, right);
    if (easy !== null) return easy;
    const b = this.#simple(this.#value(right));
    const slow = js`${this.#unit.helper(HELPER_OF[op])}(${a.code}, ${b.code})`;
    if (a.literal !== undefined) return js`(${b.code} === ${a.code} || typeof ${b.code} !== 'number' && ${slow})`;
    return js`(typeof ${a.code} === 'number' && typeof ${b.code} === 'number' ? ${a.code} === ${b.code} : ${slow})`;
  }

  /** The test against a literal that is the same for `=`, `==` and an `if` target; null when it has to be a general one. */
  #literalTest(a: Operand, target: Expr): Code | null {
    switch (target.kind) {
      case 'int':
        if (typeof target.value !== 'number') return null;
        return js`(${a.code} === ${target.value} || typeof ${a.code} !== 'number' && ${this.#unit.helper('deepEqual')}(${a.code}, ${target.value}))`;
      case 'bool':
        return a.bool === true ? js`${a.code} === ${String(target.value)}` : js`(${a.code} === ${String(target.value)} || ${a.code} === $E)`;
      case 'atom':
        return js`(${a.code} === ${this.#unit.atom(target.name)} || ${a.code} === $E)`;
      case 'string':
        return js`${this.#unit.helper('sameText')}(${a.code}, ${literal(target.text)})`;
      case 'null':
        return js`(${a.code} == null || ${a.code} === $E)`;
      default:
        return null;
    }
  }

  // ---- if ----

  #if(expr: IfExpr, sink: Sink): void {
    const bare = expr.subject.kind === 'bool' && expr.subject.value;
    let test: (target: Expr) => Code;
    if (bare) {
      test = (target) => this.#condition(target);
    } else if (isByteChoice(expr)) {
      const byte = this.#hold(this.#byte(expr.subject as PropertyExpr)); // says isByteChoice
      test = (target) => js`(${byte.code} === ${(target as Expr & { kind: 'string' }).text.charCodeAt(0)} || ${byte.code} === 256)`;
    } else {
      let subject = this.#simple(this.#value(expr.subject));
      if (!subject.stable && !expr.arms.every(({ target }) => this.#unit.calm(target))) subject = this.#hold(subject);
      test = (target) => this.#match(subject, target);
    }

    const before = this.#sites;
    const arms: Arm[] = [];
    let otherwise: Step[] | null = null;
    for (const group of sharedBodies(expr.arms)) {
      const { body } = group[0] as IfArm; // no group is empty
      if (group.length === 1 && group[0]?.target.kind === 'empty') {
        otherwise = this.#aside(() => this.#to(body, sink));
        break;
      }
      let hit: Code = [];
      const steps = this.#aside(() => {
        hit = this.#anyOf(group, test);
      });
      const after = this.#sites;
      const bodySteps = this.#aside(() => this.#to(body, sink));
      arms.push({ steps, test: hit, body: bodySteps, sites: { after, upTo: this.#sites } });
    }
    otherwise ??= this.#aside(() => this.#deliver(NULL, sink));
    if (arms.length === 0) this.#steps.push(...otherwise);
    else this.#choose(arms, otherwise, before);
  }

  /** A test that one of several targets matches; each is evaluated only if those before it did not. */
  #anyOf(group: readonly IfArm[], test: (target: Expr) => Code): Code {
    const one = (target: Expr): Code => (target.kind === 'empty' ? ['true'] : test(target));
    const [first, ...others] = group as [IfArm, ...IfArm[]]; // no group is empty
    let hit = one(first.target);
    for (const { target } of others) {
      const before = this.#sites;
      let next: Code = [];
      const steps = this.#aside(() => {
        next = one(target);
      });
      if (steps.length === 0) {
        hit = js`${hit} || ${next}`;
        continue;
      }
      const found = new Local('', 'temporary');
      const yes: Step = { kind: 'do', sets: found, code: ['true'] };
      this.#choose([{ steps: [], test: hit, body: [yes], sites: { after: before, upTo: before } }], [
        ...steps, { kind: 'do', sets: found, code: next },
      ], before);
      hit = [found];
    }
    return hit;
  }

  /** A test that an expression is true, as an `if` without a condition asks. */
  #condition(target: Expr): Code {
    const value = this.#value(target);
    if (value.bool === true) return value.code;
    const { code } = this.#simple(value);
    return js`(${code} === true || ${code} === $E)`;
  }

  #match(subject: Operand, target: Expr): Code {
    const easy = this.#literalTest(subject, target);
    if (easy !== null) return easy;
    const { code } = this.#simple(this.#value(target));
    const general = js`${this.#unit.helper('matches')}(${subject.code}, ${code})`;
    return js`(typeof ${subject.code} === 'number' && typeof ${code} === 'number' ? ${subject.code} === ${code} : ${general})`;
  }

  // ---- calls ----

  #callee(callee: Operand, at: number): Code {
    return js`(typeof ${callee.code} === 'function' ? ${callee.code} : ${this.#unit.helper('notCallable')}(${callee.code}, ${at}))`;
  }

  #callCode(expr: CallExpr): Code {
    const at = this.#position(expr.at);
    const parts = [expr.callee, ...expr.args, ...(expr.spread === null ? [] : [expr.spread])];
    const [callee, ...args] = this.#operands(parts) as [Operand, ...Operand[]]; // one for each
    const codes = args.map((arg) => this.#clean(arg));
    if (expr.spread !== null || args.length > 64) {
      const spread = expr.spread === null ? js`[]` : (codes.pop() as Code); // the last of them
      return js`${this.#unit.helper('spread')}(${callee.code}, [${joined(codes, ', ')}], ${spread}, ${at})`;
    }
    return js`${this.#callee(callee, at)}(${joined(codes, ', ')})`;
  }

  #callValue(expr: CallExpr): Operand {
    const inline = this.#inlineBuiltin(expr);
    if (inline !== null) return inline;
    return { code: [this.#call(this.#callCode(expr), this.#position(expr.at))], simple: true, stable: true };
  }

  #tailCall(expr: CallExpr): void {
    const inline = this.#inlineBuiltin(expr);
    if (inline !== null) {
      this.#return(inline);
      return;
    }
    const at = this.#position(expr.at);
    const still = this.#meansItself(expr.callee);
    if (still === false || expr.spread !== null || expr.args.length > 64) {
      this.#steps.push({ kind: 'tail', code: this.#callCode(expr), at });
      return;
    }
    this.#loops = true;
    const callee = this.#simple(this.#value(expr.callee));
    const args = this.#operands(expr.args);
    const codes = args.map((arg) => this.#clean(arg));
    const test = still === true ? null : js`${callee.code} === ${this.#self}`;
    const moves: [Local, Code][] = [];
    this.#params.forEach((param, i) => {
      const code = codes[i] ?? js`null`;
      if (code.length === 1 && code[0] === param) return;
      moves.push([param, code]);
    });
    if (this.#rest !== null) moves.push([this.#rest, js`[${joined(codes.slice(this.#params.length), ', ')}]`]);
    // A parameter that an earlier move overwrites has to be read before it.
    const safe = moves.map(([param, code], i): [Local, Code] => {
      const overwritten = moves.slice(0, i).some(([earlier]) => code.includes(earlier));
      return overwritten ? [param, [this.#temporary(code)]] : [param, code];
    });
    this.#steps.push({ kind: 'again', still: test, moves: safe, call: js`${this.#callee(callee, at)}(${joined(codes, ', ')})`, at });
  }

  /** Whether a callee is the running function: certainly, never, or ('perhaps') to be tested, because its name can be given to another. */
  #meansItself(callee: Expr): boolean | 'perhaps' {
    if (callee.kind !== 'name' || this.#node?.kind !== 'fn') return false;
    const { variables } = this.#unit.resolution.references.get(callee) as Reference; // a name that is read has one
    const [only] = variables;
    if (variables.length !== 1 || only === undefined) return false;
    if (only.kind === 'self') return only.owner === this.#func;
    return only.kind === 'module' && only.literal === this.#node && !this.#unit.session ? 'perhaps' : false;
  }

  /** `len(x)` and `codepoint(s.i)` without a call, as long as the name still means the builtin. */
  #inlineBuiltin({ callee, args, spread, at }: CallExpr): Operand | null {
    const [arg] = args;
    if (callee.kind !== 'name' || args.length !== 1 || arg === undefined || spread !== null || this.#unit.session) return null;
    if (callee.name !== 'len' && callee.name !== 'codepoint') return null;
    const { variables } = this.#unit.resolution.references.get(callee) as Reference; // a name that is read has one
    const [variable] = variables;
    if (variables.length !== 1 || variable === undefined || variable.kind !== 'module' || variable.bindings > 0) return null;
    if (callee.name === 'codepoint' && (arg.kind !== 'property' || arg.key.kind === 'name')) return null;

    const name = this.#unit.moduleName(variable);
    const place = this.#position(at);
    const before = this.#sites;
    const local = new Local('', 'temporary');
    if (callee.name === 'len') {
      const value = this.#hold(this.#value(arg));
      const own: Step = { kind: 'do', sets: local, code: js`${this.#unit.helper('lengthAt')}(${value.code}, ${place})` };
      const other = this.#aside(() => {
        const result = this.#call(js`${this.#callee(constant(name), place)}(${this.#clean(value)})`, place);
        this.#do(local, [result]);
      });
      this.#choose([{ steps: [], test: this.#isBuiltin(name, 'len'), body: [own], sites: { after: before, upTo: before } }], other, before);
    } else {
      const read = arg as PropertyExpr; // tested above
      const [object, key] = this.#operands([read.object, read.key]).map((one) => this.#hold(one)) as [Operand, Operand];
      const where = this.#position(read.at);
      const own: Step = { kind: 'do', sets: local, code: js`${this.#unit.helper('codepointAt')}(${object.code}, ${key.code}, ${where})` };
      const other = this.#aside(() => {
        const value = this.#temporary(js`${this.#unit.helper('getProperty')}(${object.code}, ${key.code}, ${where})`);
        const result = this.#call(js`${this.#callee(constant(name), place)}(${value})`, place);
        this.#do(local, [result]);
      });
      this.#choose([{ steps: [], test: this.#isBuiltin(name, 'codepoint'), body: [own], sites: { after: before, upTo: before } }], other, before);
    }
    return { code: [local], simple: true, stable: true };
  }

  #isBuiltin(name: string, builtin: string): Code {
    return js`${name} === ${this.#unit.constant(`$b(${literal(builtin)})`)}`;
  }

  // ---- assignment ----

  /** The value of an assignment, when it is `wanted`. The right side is evaluated first. */
  #assign(expr: AssignExpr, wanted: boolean): Operand {
    const { target } = expr;
    switch (target.kind) {
      case 'name':
        return this.#assignName(expr, target, wanted);
      case 'property':
        return this.#assignProperty(expr, target);
      case 'list':
        return this.#destructureList(expr, target);
      case 'object':
        return this.#destructureObject(expr, target, wanted);
      default:
        this.#effect(expr.value);
        this.#do(null, js`${this.#unit.helper('invalidTarget')}(${this.#position(expr.at)})`);
        return NULL;
    }
  }

  #assignName(expr: AssignExpr, target: NameExpr, wanted: boolean): Operand {
    let value = this.#value(expr.value);
    if (wanted) {
      value = this.#simple(value);
      if (!value.stable) value = this.#hold(value);
    }
    this.#bind(target, value, this.#position(expr.at));
    return value;
  }

  /** Binds or overwrites the variable that a name in a target means. */
  #bind(target: NameExpr, value: Operand, at: number): void {
    const { definitions, references } = this.#unit.resolution;
    const defined = definitions.get(target);
    if (defined !== undefined) {
      this.#write(defined, value);
      return;
    }
    const { variables, mayBeUnset } = references.get(target) as Reference; // what is not defined is referred to
    const [only] = variables;
    if (variables.length === 1 && !mayBeUnset && only !== undefined) {
      this.#write(only, value);
      return;
    }
    const held = this.#simple(value);
    const clean = this.#clean(held);
    let steps: Step[] = [{ kind: 'do', sets: null, code: js`${this.#unit.helper('undefinedName')}(${literal(target.name)}, ${at})` }];
    [...variables].reverse().forEach((variable, i) => {
      const body = this.#aside(() => this.#write(variable, { ...held, code: clean, unset: false }));
      if (i === 0 && !mayBeUnset) {
        steps = body;
        return;
      }
      const sites = { after: this.#sites, upTo: this.#sites };
      const set = js`${this.#look(variable)} !== undefined`;
      steps = [{ kind: 'choose', label: ++this.#labels, arms: [{ steps: [], test: set, body, sites }], otherwise: steps, sites }];
    });
    this.#steps.push(...steps);
  }

  #assignProperty(expr: AssignExpr, target: PropertyExpr): Operand {
    const at = this.#position(expr.at);
    const parts = target.key.kind === 'name' ? [expr.value, target.object] : [expr.value, target.object, target.key];
    const [value, container, key] = this.#operands(parts) as [Operand, Operand, Operand | undefined]; // one for each
    const object = base(container);
    const clean = this.#clean(value);
    if (target.key.kind === 'name') {
      const { name } = target.key;
      const slow = js`${this.#unit.helper('setNamed')}(${object.code}, ${literal(name)}, ${clean}, ${at})`;
      const there = isPlainKey(name)
        ? js`(${object.code} != null && ${object.code}${member(name)} !== undefined || ${object.code} instanceof $Obj)`
        : js`${object.code} instanceof $Obj`;
      this.#do(null, js`if (${there} && ${value.code} !== $E) ${object.code}${member(name)} = ${clean}; else ${slow}`);
    } else {
      const k = (key as Operand).code; // a computed key is among the parts
      const slow = js`${this.#unit.helper('setProperty')}(${object.code}, ${k}, ${clean}, ${at})`;
      this.#do(null, js`if (Array.isArray(${object.code}) && typeof ${k} === 'number' && ${k} >= 0 && ${k} < ${object.code}.length) ${object.code}[${k}] = ${clean}; else ${slow}`);
    }
    return object;
  }

  #destructureList(expr: AssignExpr, target: ListExpr): Operand {
    const at = this.#position(expr.at);
    const value = this.#hold(this.#value(expr.value));
    this.#do(null, js`${this.#unit.helper('destructureList')}(${value.code}, ${at})`);
    target.items.forEach((item, i) => {
      if (item.kind === 'empty') return;
      if (item.kind !== 'name') {
        this.#do(null, js`${this.#unit.helper('badElement')}(${at}, ${i})`);
        return;
      }
      this.#bind(item, this.#fresh(js`(${value.code}[${i}] ?? null)`), expr.define ? at : -1);
    });
    return value;
  }

  #destructureObject(expr: AssignExpr, target: ObjectExpr, wanted: boolean): Operand {
    const at = this.#position(expr.at);
    const value = this.#hold(this.#value(expr.value));
    this.#do(null, js`${this.#unit.helper('destructureObject')}(${value.code}, ${at})`);
    const copy = wanted ? this.#temporary(js`${this.#unit.helper('positional')}(${value.code})`) : null;
    target.entries.forEach(({ key, value: name }, i) => {
      let text: Code;
      if (key.kind === 'name') {
        text = js`${literal(key.name)}`;
      } else {
        const operand = this.#simple(this.#value(key));
        text = [this.#temporary(js`${this.#unit.helper('keyText')}(${operand.code})`)];
      }
      const part = this.#temporary(js`${this.#unit.helper('pick')}(${value.code}, ${text}, ${i})`);
      if (copy !== null) this.#do(null, js`${this.#unit.helper('putPositional')}(${value.code}, ${copy}, ${text}, ${part})`);
      if (name.kind === 'empty') return;
      if (name.kind !== 'name') {
        this.#do(null, js`${this.#unit.helper('badElement')}(${at}, ${i})`);
        return;
      }
      this.#bind(name, { code: [part], simple: true, stable: true }, expr.define ? at : -1);
    });
    return copy === null ? value : { code: [copy], simple: true, stable: true };
  }
}

// ---- fused arithmetic ----

interface FusedLeaf {
  readonly code: Code;
  /** A test of its type is among the tests already. */
  tested: boolean;
}

class FusedLeaves {
  readonly byVariable = new Map<Variable, FusedLeaf>();
}

/** Above this many operators the text of both forms costs more than the results in between. */
const MOST_FUSED = 16;

/** Whether an operand tree of at least two operators can be done on floats, and on bigints, without results in between. */
function arithmeticShape(expr: BinaryExpr): { float: boolean; bigint: boolean } | null {
  let operators = 0;
  let largeInt = false;
  let divides = false;
  /** Tells what a subtree may be: 'literal' for literals alone, 'any' with something that is read, null if it cannot be fused. */
  const look = (one: Expr): 'literal' | 'any' | null => {
    switch (one.kind) {
      case 'int':
        largeInt ||= one.value > 0x7fffffff;
        return 'literal';
      case 'float':
        return 'literal';
      case 'name':
        return 'any';
      case 'property':
        return isPureRead(one) ? 'any' : null;
      case 'binary': {
        if (one.op !== '+' && one.op !== '-' && one.op !== '*' && one.op !== '/') return null;
        if (++operators > MOST_FUSED) return null;
        divides ||= one.op === '/';
        const left = look(one.left);
        const right = left === null ? null : look(one.right);
        if (right === null || (left === 'literal' && right === 'literal')) return null;
        return one.op === '/' && isZero(one.right) ? null : 'any';
      }
      default:
        return null;
    }
  };
  if (look(expr) === null || operators < 2) return null;
  return { float: true, bigint: largeInt && !divides };
}

function isZero(expr: Expr): boolean {
  return (expr.kind === 'int' || expr.kind === 'float') && Number(expr.value) === 0;
}

/** A chain of property reads that starts at a name; keys are names, ints, or names in parentheses. */
function isPureRead(expr: Expr): boolean {
  if (expr.kind === 'name') return true;
  if (expr.kind !== 'property' || !isPureRead(expr.object)) return false;
  const { key } = expr;
  if (key.kind === 'name' || key.kind === 'int') return true;
  return key.kind === 'block' && key.body.length === 1 && key.body[0]?.kind === 'name';
}

// ---- small questions about nodes ----

const NULL: Operand = { code: ['null'], simple: true, stable: true };

function constant(code: string): Operand {
  return { code: [code], simple: true, stable: true };
}

function int(value: number | bigint): Operand {
  if (typeof value === 'bigint') return constant(value < 0n ? `(${value}n)` : `${value}n`);
  return { ...constant(value < 0 ? `(${value})` : String(value)), literal: value };
}

/** An operand in front of a `.` or `[`, where a bare int would be read as part of a number. */
function base(operand: Operand): Operand {
  return operand.literal === undefined ? operand : { ...operand, code: js`(${operand.code})` };
}

function floatCode(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** `{}`, `fn {}` and `fn() ({})`: an empty body, not an empty object. */
function isEmptyBody(body: Expr): boolean {
  return (body.kind === 'object' && body.entries.length === 0) || (body.kind === 'block' && body.body.length === 0);
}

/** Evaluating it does nothing and cannot fail. */
function isHarmless(expr: Expr): boolean {
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
    default:
      return false;
  }
}

/** The text of a key that is known without evaluating it; null for others. */
function staticKey(key: Expr): string | null {
  switch (key.kind) {
    case 'name':
    case 'atom':
      return key.name;
    case 'string':
      return key.text;
    case 'int':
      return String(key.value);
    case 'float':
      return formatFloat(key.value);
    default:
      return null;
  }
}

/** Values that are no objects, whose JavaScript properties must not be taken for keys. */
const NO_OBJECTS: readonly object[] = [
  new Str(''), new Float(0), atom(''), EMPTY, Object.assign(new Table(), { entries: new Map() }), [], () => null,
  ...[Number, Boolean, BigInt, String, Object].map(({ prototype }) => prototype),
];

/** Whether only objects can have a JavaScript property of this name: reading it then needs no other test, and V8 reads it fastest. */
function isPlainKey(name: string): boolean {
  return !NO_OBJECTS.some((value) => name in value) && !['prototype', 'arguments', 'caller'].includes(name);
}

/** Code for a property of this name. */
function member(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `.${name}` : `[${literal(name)}]`;
}

/** An index read that is matched against one-byte literals only (and `_` at the end). */
function isByteChoice({ subject, arms }: IfExpr): boolean {
  if (subject.kind !== 'property' || subject.key.kind === 'name' || arms.length === 0) return false;
  return arms.every(({ target }) => target.kind === 'empty' || (target.kind === 'string' && target.text.length === 1));
}

/** Arms in groups of neighbours that share a body. */
function sharedBodies(arms: readonly IfArm[]): IfArm[][] {
  const groups: IfArm[][] = [];
  for (const arm of arms) {
    const last = groups.at(-1);
    if (last !== undefined && last[0]?.body === arm.body) last.push(arm);
    else groups.push([arm]);
  }
  return groups;
}

/** How many operators a function body holds, without those of functions inside it. */
function countOperators(expr: Expr | null): number {
  if (expr === null) return 0;
  let count = 0;
  const todo: Expr[] = [expr];
  for (let one = todo.pop(); one !== undefined; one = todo.pop()) {
    switch (one.kind) {
      case 'binary':
        count++;
        todo.push(one.left, one.right);
        break;
      case 'unary':
        count++;
        todo.push(one.value);
        break;
      case 'block':
        todo.push(...one.body);
        break;
      case 'list':
        todo.push(...one.items);
        break;
      case 'object':
        for (const { key, value } of one.entries) todo.push(key, value);
        break;
      case 'property':
        todo.push(one.object, one.key);
        break;
      case 'call':
        todo.push(one.callee, ...one.args, ...(one.spread === null ? [] : [one.spread]));
        break;
      case 'if':
        todo.push(one.subject, ...one.arms.map(({ target }) => target), ...new Set(one.arms.map(({ body }) => body)));
        break;
      case 'assign':
        todo.push(one.target, one.value);
        break;
      default:
    }
  }
  return count;
}
