/**
 * Syntax tree and resolved names to JavaScript.
 *
 * Each Magnolia function becomes steps (code.ts): every operand that another evaluation could still change is put into a
 * temporary first, so evaluation order is exactly Magnolia's. Arithmetic, comparisons, property and index reads test the common
 * case at the site and leave the rest, errors included, to a helper of support.ts. The text of a program appears in the result
 * only as JSON-encoded literals and mangled names.
 *
 * The work is divided among classes, each on top of the one before: steps and variables (emit-steps.ts), operators
 * (emit-operators.ts), calls (emit-calls.ts), assignments (emit-assign.ts), and here all the rest.
 */
import type {
  BlockExpr,
  ClassExpr,
  Expr,
  FnExpr,
  IfArm,
  IfExpr,
  ListExpr,
  ObjectExpr,
  Program,
  PropertyExpr,
} from '../syntax/ast.ts';
import { AssignEmitter } from './assign.ts';
import { MANY_PARTS } from './calls.ts';
import { floatCode, isByteChoice, isEmptyBody, isPlainKey, literal, member, sharedBodies, staticKey } from './emit-nodes.ts';
import { base, constant, int, NOWHERE, NULL, type Operand, RETURN, type Sink } from './emit-steps.ts';
import { type EmitOptions, type EmittedUnit, UnitContext } from './emit-unit.ts';
import { numberParams } from './number-loops.ts';
import type { Func, Reference } from './resolver.ts';
import { type Arm, type Code, type FunctionCode, joined, js, Local, printFunction, type Step } from './steps.ts';

/** Compiles a program. */
export function emit(program: Program, options: EmitOptions): EmittedUnit {
  const unit = new UnitContext(program, options);
  return unit.finish(new FunctionEmitter(unit, unit.resolution.main, null).program(program.body));
}

/** Whether a computed key may make a table of the object while it is made: then no name in it can be set directly. */
function mayBecomeTable(entries: ObjectExpr['entries']): boolean {
  return entries.length > MANY_PARTS && entries.some(({ key }) => staticKey(key) === null);
}

/** One function of a unit, from its tree to its steps. */
class FunctionEmitter extends AssignEmitter {
  // ---- whole functions ----

  /** The program itself: its value is that of its last expression. */
  program(body: readonly Expr[]): FunctionCode {
    for (const expr of body.slice(0, -1)) this.effect(expr);
    const last = body.at(-1);
    this.return(last === undefined ? NULL : this.value(last));
    return this.finish(null);
  }

  fn(node: FnExpr): FunctionCode {
    this.enter(node);
    if (!this.compact && !this.unit.short)
      this.numbers = numberParams(node, this.unit.resolution, ({ callee }) => this.meansItself(callee) !== false);
    if (isEmptyBody(node.body)) this.return(NULL);
    else this.to(node.body, RETURN);
    return this.finish(null);
  }

  /** The construction of a class. */
  construction(node: ClassExpr): FunctionCode {
    this.enter(node);
    const { parents } = node;
    if (parents === null || parents.length === 0) {
      this.return(isEmptyBody(node.body) ? NULL : this.value(node.body)); // no tail calls: a construction stays on the stack
      return this.finish(null);
    }
    const all = new Local('$args', 'variable');
    const made = this.temporary(js`new $Obj()`);
    const merge = this.unit.helper('merge');
    for (const parent of parents) {
      const value = this.hold(this.simple(this.value(parent)));
      const at = this.position(parent.at);
      const called = this.steps;
      this.steps = [];
      const before = this.sites;
      const result = this.call(js`${this.unit.helper('spread')}(${value.code}, [], ${all}, ${at})`, at);
      this.do(null, js`${merge}(${made}, ${result}, ${at})`);
      const body = this.steps;
      this.steps = called;
      this.choose(
        [
          {
            steps: [],
            test: js`${this.unit.helper('isObject')}(${value.code})`,
            body: [{ kind: 'do', sets: null, code: js`${merge}(${made}, ${value.code}, ${at})` }],
            sites: { after: before, upTo: before },
          },
        ],
        body,
        before,
      );
    }
    const own = this.value(node.body);
    this.do(
      null,
      js`${this.unit.helper('mergeOwn')}(${made}, ${own.code}, ${this.position(node.at)}, ${this.position(node.body.at)})`,
    );
    this.return({ code: [made], simple: true, stable: true });
    return this.finish(all);
  }

  protected enter(node: FnExpr | ClassExpr): void {
    const params = this.unit.resolution.params.get(node) ?? [];
    const own = params.map((param) => {
      if (param === null) return new Local(this.unit.name('_'), 'variable');
      const local = new Local(this.unit.name(param.name), 'variable');
      if (!param.boxed) this.locals.set(param, local);
      return local;
    });
    if (node.rest !== null) this.rest = own.pop() as Local; // the last of them
    this.params = own;
    const incoming = this.rest === null ? own : [...own, this.rest];
    params.forEach((param, i) => {
      if (param?.boxed !== true || this.locals.has(param)) return;
      const last = params.lastIndexOf(param);
      this.do(this.declare(param), js`new ${this.unit.helper('Box')}(${incoming[last] ?? (incoming[i] as Local)})`); // one for each
    });
    for (const variable of this.unit.resolution.loose.get(this.func) ?? []) this.own(variable);
  }

  protected finish(allArguments: Local | null): FunctionCode {
    const { name } = this.self;
    return {
      name,
      resumeName: name.replace(/\$(\d+)$/, '_r$$$1'),
      params: this.params,
      rest: this.rest,
      captures: [...this.func.captures].map((variable) => this.local(variable)),
      variables: this.variables,
      self: this.self,
      steps: this.steps,
      loops: this.loops,
      numbers: this.params.filter((_, i) => this.numbers[i]),
      sites: this.sites,
      allArguments,
    };
  }

  // ---- expressions ----

  /** Evaluates an expression for what it does. */
  protected effect(expr: Expr): void {
    this.to(expr, NOWHERE);
  }

  /** Evaluates an expression, its value going where `sink` says. */
  protected to(expr: Expr, sink: Sink): void {
    switch (expr.kind) {
      case 'if':
        this.if(expr, sink);
        return;
      case 'block':
        this.block(expr, sink);
        return;
      case 'call':
        if (sink.kind === 'return') {
          this.tailCall(expr);
          return;
        }
        break;
      case 'assign':
        if (sink.kind === 'nowhere') {
          this.assign(expr, false);
          return;
        }
        break;
      default:
    }
    this.deliver(this.value(expr), sink);
  }

  protected deliver(value: Operand, sink: Sink): void {
    if (sink.kind === 'return') this.return(value);
    else if (sink.kind === 'into') this.do(sink.local, this.clean(value));
    else if (!value.simple) this.do(null, value.code);
  }

  protected value(expr: Expr): Operand {
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
        return { ...constant(this.unit.constant(`new ${this.unit.helper('Float')}(${floatCode(expr.value)})`)), float: true };
      case 'string':
        return { code: js`new $Str(${literal(expr.text)})`, simple: false, stable: false };
      case 'atom':
        return constant(this.unit.atom(expr.name));
      case 'name':
        return this.read(this.unit.resolution.references.get(expr) as Reference); // every name that is read has one
      case 'list':
        return this.list(expr);
      case 'object':
        return this.object(expr);
      case 'block':
      case 'if': {
        const local = new Local('', 'temporary');
        this.to(expr, { kind: 'into', local });
        return { code: [local], simple: true, stable: true };
      }
      case 'fn':
        return this.function(expr);
      case 'class':
        return this.class(expr);
      case 'unary':
        return this.unary(expr);
      case 'binary':
        return this.binaryChain(expr);
      case 'property':
        return this.property(expr);
      case 'call':
        return this.callValue(expr);
      case 'assign':
        return this.assign(expr, true);
    }
  }

  protected list({ items }: Pick<ListExpr, 'items'>): Operand {
    if (items.length > MANY_PARTS && !items.every((item) => this.unit.calm(item))) {
      const made = this.temporary(js`[]`);
      for (const item of items) this.do(null, js`${made}.push(${this.clean(this.value(item))})`);
      return { code: [made], simple: true, stable: true };
    }
    const codes = this.operands(items).map((item) => this.clean(item));
    return { code: js`[${joined(codes, ', ')}]`, simple: false, stable: false };
  }

  protected object({ entries }: ObjectExpr): Operand {
    const values = entries.flatMap(({ key, value }) => (staticKey(key) === null ? [key, value] : [value]));
    const keys = new Set(entries.map(({ key }) => key));
    const calm = values.every((value) => this.unit.calm(value));
    if (!calm && values.length > MANY_PARTS) return this.largeObject(entries);
    const operands = values.map((value) => {
      const operand = this.simple(this.value(value));
      if (keys.has(value)) {
        const text = js`${this.unit.helper('literalKey')}(${operand.code}, ${this.position(value.start)})`;
        return this.hold({ code: text, simple: false, stable: false });
      }
      return calm ? operand : this.hold(operand);
    });
    const made = this.temporary(js`new $Obj()`);
    const table = mayBecomeTable(entries);
    let at = 0;
    for (const { key } of entries) {
      const name = staticKey(key);
      const text = name === null ? (operands[at++] as Operand).code : null; // one for each key that is not static
      this.store(made, name, text, this.clean(operands[at++] as Operand), table); // and one for each value
    }
    return { code: [made], simple: true, stable: true };
  }

  /** The same one entry after the other: what is held until all are evaluated would be saved at each of many calls. */
  protected largeObject(entries: ObjectExpr['entries']): Operand {
    const made = this.temporary(js`new $Obj()`);
    const table = mayBecomeTable(entries);
    for (const { key, value } of entries) {
      const name = staticKey(key);
      let text: Code | null = null;
      if (name === null) {
        const operand = this.simple(this.value(key));
        text = [this.temporary(js`${this.unit.helper('literalKey')}(${operand.code}, ${this.position(key.start)})`)];
      }
      this.store(made, name, text, this.clean(this.value(value)), table);
    }
    return { code: [made], simple: true, stable: true };
  }

  /** Stores an entry of a literal, under a static name or under a text. */
  protected store(made: Local, name: string | null, text: Code | null, value: Code, table: boolean): void {
    if (name !== null && !table) this.do(null, js`${made}${member(name)} = ${value}`);
    else this.do(null, js`${this.unit.helper('setKey')}(${made}, ${text ?? literal(name ?? '')}, ${value})`);
  }

  protected block(expr: BlockExpr, sink: Sink): void {
    for (const variable of this.unit.resolution.owned.get(expr) ?? []) this.own(variable);
    for (const one of expr.body.slice(0, -1)) this.effect(one);
    const last = expr.body.at(-1);
    if (last === undefined) this.deliver(NULL, sink);
    else this.to(last, sink);
  }

  // ---- functions and classes ----

  protected make(node: FnExpr | ClassExpr): Code {
    const func = this.unit.resolution.funcs.get(node) as Func; // every function node has one
    const inner = new FunctionEmitter(this.unit, func, node);
    const code = node.kind === 'fn' ? inner.fn(node) : inner.construction(node);
    const maker = `$mk${this.position(node.at)}`;
    printFunction(code, maker, this.unit.printer);
    const captured = [...func.captures].map((variable) => [this.local(variable)]);
    return js`${maker}(${joined(captured, ', ')})`;
  }

  protected function(node: FnExpr): Operand {
    const made: Operand = { code: this.make(node), simple: false, stable: false };
    return this.bindLiteral(node, made);
  }

  protected class(node: ClassExpr): Operand {
    const statics = this.temporary(js`new $Obj()`);
    const made = this.bindLiteral(node, {
      code: js`${this.unit.helper('markClass')}(${this.make(node)}, ${statics})`,
      simple: false,
      stable: false,
    });
    const variables = this.unit.resolution.owned.get(node) ?? [];
    for (const variable of variables) this.own(variable);
    for (const one of node.statics) this.effect(one);
    for (const variable of variables) {
      this.do(
        null,
        js`if (${this.access(variable)} !== undefined) ${statics}${member(variable.name)} = ${this.access(variable)}`,
      );
    }
    return made;
  }

  protected bindLiteral(node: FnExpr | ClassExpr, made: Operand): Operand {
    const variable = this.unit.resolution.named.get(node);
    if (variable === undefined) return made;
    const held = this.hold(made);
    this.write(variable, held);
    return held;
  }

  // ---- properties ----

  protected property(expr: PropertyExpr): Operand {
    const at = this.position(expr.at);
    if (expr.key.kind === 'name') {
      const object = base(this.simple(this.value(expr.object)));
      const name = expr.key.name;
      const slow = js`${this.unit.helper('getNamed')}(${object.code}, ${literal(name)}, ${at})`;
      const readable = isPlainKey(name) ? js`${object.code} != null` : js`${object.code} instanceof $Obj`;
      return this.fresh(js`(${readable} && ($x = ${object.code}${member(name)}) !== undefined ? $x : ${slow})`);
    }
    const [value, key] = this.operands([expr.object, expr.key]) as [Operand, Operand]; // one for each
    const object = base(value);
    const slow = js`${this.unit.helper('getProperty')}(${object.code}, ${key.code}, ${at})`;
    const isInt = key.literal === undefined ? js` && typeof ${key.code} === 'number'` : js``;
    return {
      code: js`(Array.isArray(${object.code})${isInt} && ($x = ${object.code}[${key.code}]) !== undefined ? $x : ${slow})`,
      simple: false,
      stable: false,
    };
  }

  /** The byte that an index read gives, as an int: for a read that is only compared with one-byte literals. */
  protected byte(expr: PropertyExpr): Operand {
    const [object, key] = this.operands([expr.object, expr.key]) as [Operand, Operand]; // one for each
    return {
      code: js`${this.unit.helper('byteAt')}(${object.code}, ${key.code}, ${this.position(expr.at)})`,
      simple: false,
      stable: false,
    };
  }

  // ---- if ----

  protected if(expr: IfExpr, sink: Sink): void {
    const bare = expr.subject.kind === 'bool' && expr.subject.value;
    let test: (target: Expr) => Code;
    if (bare) {
      test = (target) => this.condition(target);
    } else if (isByteChoice(expr)) {
      const byte = this.hold(this.byte(expr.subject as PropertyExpr)); // says isByteChoice
      test = (target) =>
        js`(${byte.code} === ${(target as Expr & { kind: 'string' }).text.charCodeAt(0)} || ${byte.code} === 256)`;
    } else {
      let subject = this.value(expr.subject);
      const [first, ...others] = expr.arms;
      if (subject.bool === true && first?.target.kind === 'bool' && others.every(({ target }) => target.kind === 'empty')) {
        const [only, wanted] = [subject.code, first.target.value];
        test = () => (wanted ? only : js`!(${only})`);
      } else {
        subject = this.simple(subject);
        if (!subject.stable && !expr.arms.every(({ target }) => this.unit.calm(target))) subject = this.hold(subject);
        test = (target) => this.match(subject, target);
      }
    }

    const before = this.sites;
    const arms: Arm[] = [];
    let otherwise: Step[] | null = null;
    for (const group of sharedBodies(expr.arms)) {
      const { body } = group[0] as IfArm; // no group is empty
      if (group.length === 1 && group[0]?.target.kind === 'empty') {
        otherwise = this.aside(() => this.to(body, sink));
        break;
      }
      let hit: Code = [];
      const steps = this.aside(() => {
        hit = this.anyOf(group, test);
      });
      const after = this.sites;
      const bodySteps = this.aside(() => this.to(body, sink));
      arms.push({ steps, test: hit, body: bodySteps, sites: { after, upTo: this.sites } });
    }
    otherwise ??= this.aside(() => this.deliver(NULL, sink));
    if (arms.length === 0) this.steps.push(...otherwise);
    else this.choose(arms, otherwise, before);
  }

  /** A test that one of several targets matches; each is evaluated only if those before it did not. */
  protected anyOf(group: readonly IfArm[], test: (target: Expr) => Code): Code {
    const one = (target: Expr): Code => (target.kind === 'empty' ? ['true'] : test(target));
    const [first, ...others] = group as [IfArm, ...IfArm[]]; // no group is empty
    let hits = [one(first.target)];
    for (const { target } of others) {
      const before = this.sites;
      let next: Code = [];
      const steps = this.aside(() => {
        next = one(target);
      });
      if (steps.length === 0) {
        hits.push(next);
        continue;
      }
      const found = new Local('', 'temporary');
      const yes: Step = { kind: 'do', sets: found, code: ['true'] };
      this.choose(
        [{ steps: [], test: joined(hits, ' || '), body: [yes], sites: { after: before, upTo: before } }],
        [...steps, { kind: 'do', sets: found, code: next }],
        before,
      );
      hits = [[found]];
    }
    return joined(hits, ' || ');
  }

  /** A test that an expression is true, as an `if` without a condition asks. */
  protected condition(target: Expr): Code {
    const value = this.value(target);
    if (value.bool === true) return value.code;
    const { code } = this.simple(value);
    return js`(${code} === true || ${code} === $E)`;
  }

  protected match(subject: Operand, target: Expr): Code {
    const easy = this.literalTest(subject, target);
    if (easy !== null) return easy;
    const { code } = this.simple(this.value(target));
    const general = js`${this.unit.helper('matches')}(${subject.code}, ${code})`;
    return js`(typeof ${subject.code} === 'number' && typeof ${code} === 'number' ? ${subject.code} === ${code} : ${general})`;
  }
}
