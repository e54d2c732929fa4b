/** Calls on their way to JavaScript: plain ones, those in tail position, loops, and two builtins that need no call. */
import type { CallExpr, Expr, ListExpr, PropertyExpr } from '../syntax/ast.ts';
import { literal } from './emit-nodes.ts';
import { constant, type Operand } from './emit-steps.ts';
import { Fusion, OperatorEmitter } from './operators.ts';
import type { Reference } from './resolver.ts';
import { type Code, joined, js, Local, type NumberMoves, type Step } from './steps.ts';

/** Lists, objects and arguments with more parts than this are made one part after the other, so that code grows with their number. */
export const MANY_PARTS = 64;

/** Builtins that run Magnolia code while their caller is still there: to call one of them is no tail call. */
const RUNNERS: ReadonlySet<string> = new Set(['import', 'bytecode', 'interpreter']);

/** Writes calls. */
export abstract class CallEmitter extends OperatorEmitter {
  /** Which parameters are kept as numbers in a loop of their own (number-loops.ts). */
  protected numbers: readonly boolean[] = [];

  protected abstract list(list: Pick<ListExpr, 'items'>): Operand;

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
    if (expr.callee.kind === 'name' && RUNNERS.has(expr.callee.name) && !this.mayBeClass(expr.callee)) {
      this.return(this.callValue(expr));
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
}
