/** Calls on their way to JavaScript: plain ones, those in tail position, and the builtins that need no call. */
import type { CallExpr, Expr, PropertyExpr } from '../syntax/ast.ts';
import { type Code, joined, js, Local } from './code.ts';
import type { Expressions } from './expressions.ts';
import type { Literals } from './literals.ts';
import { isPowerOfInts, literal, MANY_PARTS } from './nodes.ts';
import { computed, type Operand, orNull, stored } from './operands.ts';
import type { Reference } from './resolver.ts';
import type { StepWriter } from './step-writer.ts';
import { arm, type Step } from './steps.ts';

/** The fuel that the native frames of a spread take (see `frameCharge` in step-printer.ts). */
const SPREAD_CHARGE = 4;

/** Builtins that run Magnolia code while their caller is still there: to call one of them is not a tail call. */
const RUNNERS: ReadonlySet<string> = new Set(['import', 'bytecode', 'interpreter']);

export class Calls {
  constructor(
    readonly writer: StepWriter,
    readonly expressions: Expressions,
    readonly literals: Literals,
  ) {}

  /** Code for a callee that is a function, or an error. */
  callee(callee: Operand, at: number): Code {
    const { unit } = this.writer;
    if (unit.large) return js`${unit.helper('callable')}(${callee.code}, ${at})`;
    return js`(typeof ${callee.code} === 'function' ? ${callee.code} : ${unit.helper('notCallable')}(${callee.code}, ${at}))`;
  }

  /** A call; `known` are the callee and, of a pipe, the first argument if they have been evaluated. */
  value(expr: CallExpr, known: readonly Operand[] = []): Operand {
    return stored(this.writer.call(this.#code(expr, known).code, this.writer.position(expr.at)));
  }

  #code(expr: CallExpr, known: readonly Operand[] = []): { readonly code: Code; readonly callee: Code } {
    const { writer, expressions } = this;
    const at = writer.position(expr.at);
    if (expr.args.length > MANY_PARTS) {
      const callee = writer.spill(known[0] ?? expressions.value(expr.callee));
      const list = writer.spill(this.literals.list(expr.args, known.slice(1)));
      const spread = expr.spread === null ? js`[]` : orNull(writer.repeatable(expressions.value(expr.spread)));
      return { code: this.spread(callee, list.code, spread, at), callee: callee.code };
    }
    const parts = [expr.callee, ...expr.args, ...(expr.spread === null ? [] : [expr.spread])];
    const [callee, ...args] = expressions.operands(parts, known) as [Operand, ...Operand[]]; // one for each
    const codes = args.map(orNull);
    if (expr.spread === null) return { code: js`${this.callee(callee, at)}(${joined(codes, ', ')})`, callee: callee.code };
    const spread = codes.pop() as Code; // the last of them
    return { code: this.spread(callee, js`[${joined(codes, ', ')}]`, spread, at), callee: callee.code };
  }

  /** A call with a list of arguments, which takes two native frames more than another. */
  spread(callee: Operand, args: Code, list: Code, at: number): Code {
    return js`($m.fuel -= ${SPREAD_CHARGE}, ${this.writer.unit.helper('spread')}(${callee.code}, ${args}, ${list}, ${at}))`;
  }

  /** A call in tail position, unless it calls the function that contains it (self-calls.ts). */
  tail(expr: CallExpr): void {
    const { writer } = this;
    const inline = this.inline(expr);
    if (inline !== null) {
      writer.return(inline);
      return;
    }
    if (expr.callee.kind === 'name' && RUNNERS.has(expr.callee.name) && !this.#mayBeClass(expr.callee)) {
      writer.return(this.value(expr));
      return;
    }
    const at = writer.position(expr.at);
    const { code, callee } = this.#code(expr);
    const position = writer.position(writer.node?.at ?? 0);
    const left = js`($x = ${code}) === $S ? $m.leave(${callee}, ${position}) : $x`;
    writer.steps.push({ kind: 'tail', code: this.#mayBeClass(expr.callee) ? left : code, at });
  }

  /** Whether a callee may be a class, whose call is not a tail call: not if it is a builtin, or a name that only a `fn` has bound. */
  #mayBeClass(callee: Expr): boolean {
    if (callee.kind !== 'name') return callee.kind !== 'fn';
    const { variables } = this.writer.unit.resolution.references.get(callee) as Reference; // a name that is read has one
    return variables.some(
      ({ kind, literal, bindings }) => kind !== 'self' && literal?.kind !== 'fn' && (kind !== 'module' || bindings > 0),
    );
  }

  // ---- builtins without a call, as long as the name still means the builtin ----

  /** Whether `inline` does this call. */
  isInline(expr: Expr): boolean {
    return expr.kind === 'call' && this.#inlineName(expr) !== null;
  }

  /** `len(x)`, `codepoint(s.i)` and `pow(2, 3)`; null for any other call. `known` is the argument, if it has been evaluated. */
  inline(expr: CallExpr, known?: Operand): Operand | null {
    const found = this.#inlineName(expr);
    if (found === null) return null;
    const { writer, expressions } = this;
    const { unit } = writer;
    const at = writer.position(expr.at);
    const [arg] = expr.args as [Expr]; // says #inlineName
    switch (found.builtin) {
      case 'len': {
        const value = writer.spill(known ?? expressions.value(arg));
        return this.#either(found, js`${unit.helper('lengthAt')}(${value.code}, ${at})`, [value], at);
      }
      case 'codepoint': {
        const read = arg as PropertyExpr; // says #inlineName
        const [object, key] = expressions.operands([read.object, read.key]).map((one) => writer.spill(one)) as [Operand, Operand];
        const place = writer.position(read.at);
        const own = js`${unit.helper('codepointAt')}(${object.code}, ${key.code}, ${place})`;
        return this.#either(found, own, [computed(js`${unit.helper('getProperty')}(${object.code}, ${key.code}, ${place})`)], at);
      }
      case 'pow': {
        const args = expressions.operands(expr.args);
        const [x, y] = args as [Operand, Operand]; // says #inlineName
        return this.#either(found, js`${unit.helper('pow')}(${x.code}, ${y.code}, ${at})`, args, at);
      }
    }
  }

  #inlineName({ callee, args, spread }: CallExpr): Inline | null {
    const { unit } = this.writer;
    const [arg] = args;
    if (callee.kind !== 'name' || arg === undefined || spread !== null || unit.session) return null;
    const builtin = callee.name;
    if (builtin !== 'len' && builtin !== 'codepoint' && builtin !== 'pow') return null;
    const { variables } = unit.resolution.references.get(callee) as Reference; // a name that is read has one
    const [variable] = variables;
    if (variables.length !== 1 || variable === undefined || variable.kind !== 'module' || variable.bindings > 0) return null;
    if (args.length !== (builtin === 'pow' ? 2 : 1)) return null;
    if (builtin === 'codepoint' && (arg.kind !== 'property' || arg.key.kind === 'name')) return null;
    if (builtin === 'pow' && !isPowerOfInts(arg, args[1] as Expr)) return null; // there are two
    return { builtin, variable: unit.moduleLocal(variable) };
  }

  /** `own` if the name still means the builtin, else a call with `args`. */
  #either({ builtin, variable }: Inline, own: Code, args: readonly Operand[], at: number): Operand {
    const { writer } = this;
    const local = new Local('');
    const inline: Step = { kind: 'do', sets: local, code: own };
    const other = writer.captureSteps(() => {
      const codes = args.map((arg) => orNull(writer.repeatable(arg)));
      const result = writer.call(
        js`${this.callee({ code: [variable], repeatable: true, immutable: false }, at)}(${joined(codes, ', ')})`,
        at,
      );
      writer.do(local, [result]);
    });
    const unchanged = js`${variable} === ${writer.unit.constant(`$b(${literal(builtin)})`)}`;
    writer.choose([arm(unchanged, [inline])], other);
    return stored(local);
  }
}

/** A builtin that needs no call, and the JavaScript variable of its name. */
interface Inline {
  readonly builtin: 'len' | 'codepoint' | 'pow';
  readonly variable: Local;
}
