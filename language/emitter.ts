/**
 * Syntax tree and resolved names to JavaScript.
 *
 * Each Magnolia function becomes steps (code.ts): every operand that another evaluation could still change is put into a
 * temporary first, so evaluation order is exactly Magnolia's. Arithmetic, comparisons, property and index reads test the common
 * case at the site and leave the rest, errors included, to a helper of support.ts. The text of a program appears in the result
 * only as JSON-encoded literals and mangled names.
 */
import type {
  AssignExpr,
  BlockExpr,
  CallExpr,
  ClassExpr,
  Expr,
  FnExpr,
  IfArm,
  IfExpr,
  ListExpr,
  NameExpr,
  ObjectExpr,
  Program,
  PropertyExpr,
} from './ast.ts';
import { type Arm, type Code, type FunctionCode, joined, js, Local, type NumberMoves, printFunction, type Step } from './code.ts';
import { floatCode, isByteChoice, isEmptyBody, isPlainKey, literal, member, sharedBodies, staticKey } from './emit-nodes.ts';
import { Fusion, OperatorEmitter } from './emit-operators.ts';
import { base, constant, int, NOWHERE, NULL, type Operand, RETURN, type Sink } from './emit-steps.ts';
import { type EmitOptions, type EmittedUnit, UnitContext } from './emit-unit.ts';
import { numberParams } from './number-loops.ts';
import type { Func, Reference } from './resolver.ts';

/** Compiles a program. */
export function emit(program: Program, options: EmitOptions): EmittedUnit {
  const unit = new UnitContext(program, options);
  return unit.finish(new FunctionEmitter(unit, unit.resolution.main, null).program(program.body));
}

/** Lists, objects and arguments with more parts than this are made one part after the other, so that code grows with their number. */
const MANY_PARTS = 64;

/** Whether a computed key may make a table of the object while it is made: then no name in it can be set directly. */
function mayBecomeTable(entries: ObjectExpr['entries']): boolean {
  return entries.length > MANY_PARTS && entries.some(({ key }) => staticKey(key) === null);
}

/** One function of a unit, from its tree to its steps. */
class FunctionEmitter extends OperatorEmitter {
  /** Which parameters are kept as numbers in a loop of their own. */
  protected numbers: readonly boolean[] = [];

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
    if (!this.compact)
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

  // ---- calls ----

  protected callee(callee: Operand, at: number): Code {
    return js`(typeof ${callee.code} === 'function' ? ${callee.code} : ${this.unit.helper('notCallable')}(${callee.code}, ${at}))`;
  }

  protected callCode(expr: CallExpr): { readonly code: Code; readonly callee: Code } {
    const at = this.position(expr.at);
    if (expr.args.length > MANY_PARTS) {
      const callee = this.hold(this.value(expr.callee));
      const list = this.hold(this.list({ items: expr.args }));
      const spread = expr.spread === null ? js`[]` : this.clean(this.simple(this.value(expr.spread)));
      return { code: js`${this.unit.helper('spread')}(${callee.code}, ${list.code}, ${spread}, ${at})`, callee: callee.code };
    }
    const parts = [expr.callee, ...expr.args, ...(expr.spread === null ? [] : [expr.spread])];
    const [callee, ...args] = this.operands(parts) as [Operand, ...Operand[]]; // one for each
    const codes = args.map((arg) => this.clean(arg));
    if (expr.spread !== null) {
      const spread = codes.pop() as Code; // the last of them
      return {
        code: js`${this.unit.helper('spread')}(${callee.code}, [${joined(codes, ', ')}], ${spread}, ${at})`,
        callee: callee.code,
      };
    }
    return { code: js`${this.callee(callee, at)}(${joined(codes, ', ')})`, callee: callee.code };
  }

  protected callValue(expr: CallExpr): Operand {
    const inline = this.inlineBuiltin(expr);
    if (inline !== null) return inline;
    return { code: [this.call(this.callCode(expr).code, this.position(expr.at))], simple: true, stable: true };
  }

  protected tailCall(expr: CallExpr): void {
    const inline = this.inlineBuiltin(expr);
    if (inline !== null) {
      this.return(inline);
      return;
    }
    const at = this.position(expr.at);
    const still = this.meansItself(expr.callee);
    if (still === false || expr.spread !== null || expr.args.length > MANY_PARTS) {
      const { code, callee } = this.callCode(expr);
      const position = this.position(this.node?.at ?? 0);
      const left = js`($x = ${code}) === $S ? $m.leave(${callee}, ${position}) : $x`;
      this.steps.push({ kind: 'tail', code: this.mayBeClass(expr.callee) ? left : code, at });
      return;
    }
    this.loops = true;
    const callee = this.simple(this.value(expr.callee));
    const numbers = this.numbers.every((one) => !one) ? null : this.numberMoves(expr.args);
    let codes: Code[] = [];
    let moves: [Local, Code][] = [];
    const steps = this.aside(() => {
      codes = this.operands(expr.args).map((arg) => this.clean(arg));
      moves = this.params.map((param, i): [Local, Code] => [param, codes[i] ?? js`null`]);
      if (this.rest !== null) moves.push([this.rest, js`[${joined(codes.slice(this.params.length), ', ')}]`]);
      moves = this.inTurn(moves);
    });
    if (numbers === null) this.steps.push(...steps.splice(0)); // they may hold call sites
    this.steps.push({
      kind: 'again',
      still: still === true ? null : js`${callee.code} === ${this.self}`,
      numbers,
      steps,
      moves,
      call: js`${this.callee(callee, at)}(${joined(codes, ', ')})`,
      at,
    });
  }

  /** Assignments that read what it was before all of them, one after the other. */
  protected inTurn(moves: readonly [Local, Code][]): [Local, Code][] {
    const changes = moves.filter(([param, code]) => code.length !== 1 || code[0] !== param);
    return changes.map(([param, code], i) => {
      const overwritten = changes.slice(0, i).some(([earlier]) => code.includes(earlier));
      return [param, overwritten ? [this.temporary(code)] : code];
    });
  }

  /** The way round the loop of numbers; numberParams has seen to it that there are as many arguments as parameters. */
  protected numberMoves(args: readonly Expr[]): NumberMoves {
    const fusion = new Fusion('int');
    let numbers: (Code | null)[] = [];
    const reads = this.aside(() => {
      numbers = args.map((arg, i) => (this.numbers[i] ? this.fusedValue(arg, fusion) : null));
    });
    let moves: [Local, Code][] = [];
    const steps = this.aside(() => {
      const others = this.operands(args.filter((_, i) => !this.numbers[i])).map((arg) => this.clean(arg));
      moves = this.inTurn(this.params.map((param, i) => [param, numbers[i] ?? (others.shift() as Code)])); // one of both
    });
    return { reads, test: joined(fusion.tests, ' && '), steps, moves };
  }

  /** Whether a callee may be a class, whose call is no tail call: not if it is a builtin, or a name that only a `fn` has bound. */
  protected mayBeClass(callee: Expr): boolean {
    if (callee.kind !== 'name') return callee.kind !== 'fn';
    const { variables } = this.unit.resolution.references.get(callee) as Reference; // a name that is read has one
    return variables.some(
      ({ kind, literal, bindings }) => kind !== 'self' && literal?.kind !== 'fn' && (kind !== 'module' || bindings > 0),
    );
  }

  /** Whether a callee is the running function: certainly, never, or ('perhaps') to be tested, because its name can be given to another. */
  protected meansItself(callee: Expr): boolean | 'perhaps' {
    if (callee.kind !== 'name' || this.node?.kind !== 'fn') return false;
    const { variables } = this.unit.resolution.references.get(callee) as Reference; // a name that is read has one
    const [only] = variables;
    if (variables.length !== 1 || only === undefined) return false;
    if (only.kind === 'self') return only.owner === this.func;
    return only.kind === 'module' && only.literal === this.node && !this.unit.session ? 'perhaps' : false;
  }

  /** `len(x)` and `codepoint(s.i)` without a call, as long as the name still means the builtin. */
  protected inlineBuiltin({ callee, args, spread, at }: CallExpr): Operand | null {
    const [arg] = args;
    if (callee.kind !== 'name' || args.length !== 1 || arg === undefined || spread !== null || this.unit.session) return null;
    if (callee.name !== 'len' && callee.name !== 'codepoint') return null;
    const { variables } = this.unit.resolution.references.get(callee) as Reference; // a name that is read has one
    const [variable] = variables;
    if (variables.length !== 1 || variable === undefined || variable.kind !== 'module' || variable.bindings > 0) return null;
    if (callee.name === 'codepoint' && (arg.kind !== 'property' || arg.key.kind === 'name')) return null;

    const name = this.unit.moduleName(variable);
    const place = this.position(at);
    const before = this.sites;
    const local = new Local('', 'temporary');
    if (callee.name === 'len') {
      const value = this.hold(this.value(arg));
      const own: Step = { kind: 'do', sets: local, code: js`${this.unit.helper('lengthAt')}(${value.code}, ${place})` };
      const other = this.aside(() => {
        const result = this.call(js`${this.callee(constant(name), place)}(${this.clean(value)})`, place);
        this.do(local, [result]);
      });
      this.choose(
        [{ steps: [], test: this.isBuiltin(name, 'len'), body: [own], sites: { after: before, upTo: before } }],
        other,
        before,
      );
    } else {
      const read = arg as PropertyExpr; // tested above
      const [object, key] = this.operands([read.object, read.key]).map((one) => this.hold(one)) as [Operand, Operand];
      const where = this.position(read.at);
      const own: Step = {
        kind: 'do',
        sets: local,
        code: js`${this.unit.helper('codepointAt')}(${object.code}, ${key.code}, ${where})`,
      };
      const other = this.aside(() => {
        const value = this.temporary(js`${this.unit.helper('getProperty')}(${object.code}, ${key.code}, ${where})`);
        const result = this.call(js`${this.callee(constant(name), place)}(${value})`, place);
        this.do(local, [result]);
      });
      this.choose(
        [{ steps: [], test: this.isBuiltin(name, 'codepoint'), body: [own], sites: { after: before, upTo: before } }],
        other,
        before,
      );
    }
    return { code: [local], simple: true, stable: true };
  }

  protected isBuiltin(name: string, builtin: string): Code {
    return js`${name} === ${this.unit.constant(`$b(${literal(builtin)})`)}`;
  }

  // ---- assignment ----

  /** The value of an assignment, when it is `wanted`. The right side is evaluated first. */
  protected assign(expr: AssignExpr, wanted: boolean): Operand {
    const { target } = expr;
    switch (target.kind) {
      case 'name':
        return this.assignName(expr, target, wanted);
      case 'property':
        return this.assignProperty(expr, target);
      case 'list':
        return this.destructureList(expr, target);
      case 'object':
        return this.destructureObject(expr, target, wanted);
      default:
        this.effect(expr.value);
        this.do(null, js`${this.unit.helper('invalidTarget')}(${this.position(expr.at)})`);
        return NULL;
    }
  }

  protected assignName(expr: AssignExpr, target: NameExpr, wanted: boolean): Operand {
    let value = this.value(expr.value);
    if (wanted) {
      value = this.simple(value);
      if (!value.stable) value = this.hold(value);
    }
    this.bind(target, value, this.position(expr.at));
    return value;
  }

  /** Binds or overwrites the variable that a name in a target means. */
  protected bind(target: NameExpr, value: Operand, at: number): void {
    const { definitions, references } = this.unit.resolution;
    const defined = definitions.get(target);
    if (defined !== undefined) {
      this.write(defined, value);
      return;
    }
    const { variables, mayBeUnset } = references.get(target) as Reference; // what is not defined is referred to
    const [only] = variables;
    if (variables.length === 1 && !mayBeUnset && only !== undefined) {
      this.write(only, value);
      return;
    }
    const held = this.simple(value);
    const clean = this.clean(held);
    let steps: Step[] = [
      { kind: 'do', sets: null, code: js`${this.unit.helper('undefinedName')}(${literal(target.name)}, ${at})` },
    ];
    [...variables].reverse().forEach((variable, i) => {
      const body = this.aside(() => this.write(variable, { ...held, code: clean, unset: false }));
      if (i === 0 && !mayBeUnset) {
        steps = body;
        return;
      }
      const sites = { after: this.sites, upTo: this.sites };
      const set = js`${this.look(variable)} !== undefined`;
      steps = [{ kind: 'choose', label: ++this.labels, arms: [{ steps: [], test: set, body, sites }], otherwise: steps, sites }];
    });
    this.steps.push(...steps);
  }

  protected assignProperty(expr: AssignExpr, target: PropertyExpr): Operand {
    const at = this.position(expr.at);
    const parts = target.key.kind === 'name' ? [expr.value, target.object] : [expr.value, target.object, target.key];
    const [value, container, key] = this.operands(parts) as [Operand, Operand, Operand | undefined]; // one for each
    const object = base(container);
    const clean = this.clean(value);
    if (target.key.kind === 'name') {
      const { name } = target.key;
      const slow = js`${this.unit.helper('setNamed')}(${object.code}, ${literal(name)}, ${clean}, ${at})`;
      const there = isPlainKey(name)
        ? js`(${object.code} != null && ${object.code}${member(name)} !== undefined || ${object.code} instanceof $Obj)`
        : js`${object.code} instanceof $Obj`;
      this.do(null, js`if (${there} && ${value.code} !== $E) ${object.code}${member(name)} = ${clean}; else ${slow}`);
    } else {
      const k = (key as Operand).code; // a computed key is among the parts
      const slow = js`${this.unit.helper('setProperty')}(${object.code}, ${k}, ${clean}, ${at})`;
      this.do(
        null,
        js`if (Array.isArray(${object.code}) && typeof ${k} === 'number' && ${k} >= 0 && ${k} < ${object.code}.length) ${object.code}[${k}] = ${clean}; else ${slow}`,
      );
    }
    return object;
  }

  protected destructureList(expr: AssignExpr, target: ListExpr): Operand {
    const at = this.position(expr.at);
    const value = this.hold(this.value(expr.value));
    this.do(null, js`${this.unit.helper('destructureList')}(${value.code}, ${at})`);
    target.items.forEach((item, i) => {
      if (item.kind === 'empty') return;
      if (item.kind !== 'name') {
        this.do(null, js`${this.unit.helper('badElement')}(${at}, ${i})`);
        return;
      }
      this.bind(item, this.fresh(js`(${value.code}[${i}] ?? null)`), expr.define ? at : -1);
    });
    return value;
  }

  protected destructureObject(expr: AssignExpr, target: ObjectExpr, wanted: boolean): Operand {
    const at = this.position(expr.at);
    const value = this.hold(this.value(expr.value));
    this.do(null, js`${this.unit.helper('destructureObject')}(${value.code}, ${at})`);
    const copy = wanted ? this.temporary(js`${this.unit.helper('positional')}(${value.code})`) : null;
    target.entries.forEach(({ key, value: name }, i) => {
      let text: Code;
      if (key.kind === 'name') {
        text = js`${literal(key.name)}`;
      } else {
        const operand = this.simple(this.value(key));
        text = [this.temporary(js`${this.unit.helper('keyText')}(${operand.code})`)];
      }
      const part = this.temporary(js`${this.unit.helper('pick')}(${value.code}, ${text}, ${i})`);
      if (copy !== null) this.do(null, js`${this.unit.helper('putPositional')}(${value.code}, ${copy}, ${text}, ${part})`);
      if (name.kind === 'empty') return;
      if (name.kind !== 'name') {
        this.do(null, js`${this.unit.helper('badElement')}(${at}, ${i})`);
        return;
      }
      this.bind(name, { code: [part], simple: true, stable: true }, expr.define ? at : -1);
    });
    return copy === null ? value : { code: [copy], simple: true, stable: true };
  }
}
