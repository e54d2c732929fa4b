/** Operators on their way to JavaScript: arithmetic, comparisons and what is short-circuited. */
import type { BinaryExpr, BinaryOperator, Expr, UnaryExpr } from '../syntax/ast.ts';
import { MAX_ITEMS } from '../values/values.ts';
import { bareArithmetic, type FloatOperator, holdOther, isFloatOperator, withoutObject } from './bare-floats.ts';
import { type Code, joined, js, Local } from './code.ts';
import type { Conditions } from './conditions.ts';
import type { Expressions } from './expressions.ts';
import type { FusedArithmetic } from './fusion.ts';
import type { HelperName } from './helper-names.ts';
import { inParentheses, isHarmless, literal } from './nodes.ts';
import { isExact, isSmall, staysExact, wrapped } from './numbers.ts';
import { computed, int, NULL, type Operand, orNull, stored, test } from './operands.ts';
import type { StepWriter } from './step-writer.ts';
import { arm } from './steps.ts';

const HELPER_OF: { readonly [op in Exclude<BinaryOperator, '=' | '==' | '!='>]: HelperName } = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'rem',
  '**': 'pow',
  '^': 'bitXor',
  '&': 'bitAnd',
  '|': 'bitOr',
  '<<': 'shiftLeft',
  '>>': 'shiftRight',
  '<': 'less',
  '>': 'greater',
  '<=': 'lessEqual',
  '>=': 'greaterEqual',
};

function isNumberLiteral({ literal, float }: Operand): boolean {
  return literal !== undefined || float === true;
}

/** Writes operators: the common case at the site, everything else as a call of a helper. */
export class Operators {
  constructor(
    readonly writer: StepWriter,
    readonly expressions: Expressions,
    readonly conditions: Conditions,
    readonly fused: FusedArithmetic,
  ) {}

  unary({ op, value, at }: UnaryExpr): Operand {
    if (op === '-' && value.kind === 'int' && typeof value.value === 'number' && value.value !== 0) return int(-value.value);
    const operand = this.writer.repeatable(this.expressions.value(value));
    const place = this.writer.position(at);
    switch (op) {
      case '-':
        return computed(
          js`(${isSmall(operand.code)} ? 0 - ${operand.code} : ${this.writer.unit.helper('negate')}(${operand.code}, ${place}))`,
        );
      case '!':
        if (operand.bool === true) return test(js`!${operand.code}`);
        return test(
          js`(typeof ${operand.code} === 'boolean' ? !${operand.code} : ${this.writer.unit.helper('not')}(${operand.code}, ${place}))`,
        );
      case '~':
        return computed(js`${this.writer.unit.helper('bitNot')}(${operand.code}, ${place})`);
    }
  }

  /** `a + b + c + ...` is nested to the left: a loop, so that long chains do not recurse. */
  chain(expr: BinaryExpr, toBare = false): Operand {
    return this.fused.fuse(expr, () => this.#stepwise(expr, false), toBare) ?? this.#stepwise(expr, toBare);
  }

  /** The value of an operand of arithmetic, which may be a bare float: in parentheses, too. */
  #number(expr: Expr): Operand {
    const inner = inParentheses(expr);
    return inner.kind === 'binary' && isFloatOperator(inner.op) ? this.expressions.number(inner) : this.expressions.value(expr);
  }

  #stepwise(expr: BinaryExpr, toBare: boolean): Operand {
    const chain: BinaryExpr[] = [];
    let left: Expr = expr;
    for (; left.kind === 'binary'; left = left.left) chain.push(left);
    const first = chain.at(-1) as BinaryExpr; // at least `expr` itself
    const byte = this.conditions.byteEquality(first);
    if (byte !== null) chain.pop();
    let result = byte ?? this.#startsWithText(chain) ?? this.expressions.value(left);
    chain.reverse().forEach((one, i) => {
      const outer = chain[i + 1];
      result = this.#binary(one, result, outer === undefined ? toBare : isFloatOperator(outer.op));
    });
    return result;
  }

  /** `'text' + b`, the innermost of a chain, without a string object for the literal; takes it off the chain. */
  #startsWithText(chain: BinaryExpr[]): Operand | null {
    const { op, left, right, at } = chain.at(-1) as BinaryExpr; // no chain is empty
    if (op !== '+' || left.kind !== 'string' || right.kind === 'string') return null;
    chain.pop();
    const { code } = this.expressions.value(right);
    const { unit } = this.writer;
    return computed(js`${unit.helper('textPlus')}(${literal(left.text)}, ${code}, ${this.writer.position(at)})`);
  }

  #binary({ op, right, at }: BinaryExpr, left: Operand, toBare: boolean): Operand {
    if (op === '+' && right.kind === 'string') {
      const { unit } = this.writer;
      const { code } = this.writer.repeatable(left); // else long chains would be nested calls
      return computed(js`${unit.helper('plusText')}(${code}, ${literal(right.text)}, ${this.writer.position(at)})`);
    }
    if (op === '&' || op === '|') return this.#shortCircuit(op, left, right, at, false);
    if ((op === '+' || op === '*') && left.literal === undefined && !isHarmless(right))
      return this.#shortCircuit(op, left, right, at, toBare);
    let a = isFloatOperator(op) && left.bare !== undefined ? left : this.writer.repeatable(left);
    if (!a.immutable && !this.writer.unit.cannotRebind(right)) a = this.writer.spill(a);
    if (isFloatOperator(op)) return this.#floatOperator(op, a, this.#number(right), at, toBare);
    if (op === '=' || op === '==' || op === '!=') {
      const equal = this.conditions.equality(op, a, right);
      return test(op === '!=' ? js`!${equal}` : equal);
    }
    return this.#arithmetic(op, a, this.writer.repeatable(this.expressions.value(right)), this.writer.position(at));
  }

  /** Arithmetic that floats may do without objects, if that is wanted or one of both has none. */
  #floatOperator(op: FloatOperator, a: Operand, right: Operand, at: number, toBare: boolean): Operand {
    const { writer } = this;
    const b = right.bare === undefined ? writer.repeatable(right) : right;
    const place = writer.position(at);
    const mayBeBare = writer.makesBareFloats && !writer.compact && !(isNumberLiteral(a) && isNumberLiteral(b));
    if (!mayBeBare || !(toBare || a.bare !== undefined || b.bare !== undefined)) {
      return this.#arithmetic(op, writer.repeatable(a), writer.repeatable(b), place);
    }
    const general = js`${writer.unit.helper(HELPER_OF[op])}(${a.code}, ${b.code}, ${place})`;
    const ints = a.float === true || b.float === true ? null : this.#ints(op, a, b);
    return bareArithmetic(writer, op, a, b, ints, general);
  }

  /** The right side is not evaluated when a bool on the left decides. */
  #shortCircuit(op: '&' | '|' | '+' | '*', left: Operand, right: Expr, at: number, toBare: boolean): Operand {
    const a = isFloatOperator(op) && left.bare !== undefined ? left : this.writer.spill(left);
    const decisive = op === '|' || op === '+' ? 'true' : 'false';
    let b = NULL;
    let result = NULL;
    const steps = this.writer.captureSteps(() => {
      b = isFloatOperator(op) ? this.#number(right) : this.expressions.value(right);
      if (a.bool === true && b.bool === true) result = b;
      else if (isFloatOperator(op)) result = this.#floatOperator(op, a, b, at, toBare);
      else result = this.#arithmetic(op, a, this.writer.repeatable(b), this.writer.position(at));
    });
    if (steps.length === 0 && a.bool === true && b.bool === true) {
      return test(js`(${a.code} ${decisive === 'true' ? '||' : '&&'} ${b.code})`);
    }
    const decided = js`${withoutObject(a)} === ${decisive}`;
    if (result.bare !== undefined) {
      this.writer.choose([arm(decided, holdOther(result.bare, [decisive]))], steps);
      return result;
    }
    const local = new Local('');
    steps.push({ kind: 'do', sets: local, code: result.code });
    this.writer.choose([arm(decided, [{ kind: 'do', sets: local, code: [decisive] }])], steps);
    return { ...stored(local), bool: a.bool === true && b.bool === true };
  }

  #append(list: Operand, item: Operand, at: number): Code {
    const full = js`${this.writer.unit.helper('tooManyItems')}(${list.code}, ${at})`;
    return js`(${list.code}.push(${orNull(item)}) <= ${MAX_ITEMS} ? ${list.code} : ${full})`;
  }

  #areSmall(a: Operand, b: Operand): Code {
    const tests = [a, b].filter(({ literal: known }) => known === undefined).map((one) => isSmall(withoutObject(one)));
    return tests.length === 0 ? js`true` : joined(tests, ' && ');
  }

  /** A test that two operands are ints with an exact result that is one, and that result. */
  #ints(op: FloatOperator, a: Operand, b: Operand): { readonly test: Code; readonly value: Code } {
    const [x, y] = [withoutObject(a), withoutObject(b)];
    const ints = this.#areSmall(a, b);
    const result = js`${x} ${op} ${y}`;
    switch (op) {
      case '+':
      case '-': {
        const known = b.literal ?? (op === '+' ? a.literal : undefined);
        if (known === undefined) return { test: js`${ints} && ${isExact(result)}`, value: js`$x` };
        const exact = staysExact(b.literal === undefined ? y : x, op === '+' ? known : -known);
        return { test: js`${ints} && ${exact}`, value: result };
      }
      case '*':
        return { test: js`${ints} && ${isExact(result)}`, value: js`$x + 0` };
      case '/':
        return { test: js`${ints} && ${y} !== 0 && ${x} % ${y} === 0`, value: js`${result} + 0` };
    }
  }

  #arithmetic(op: Exclude<BinaryOperator, '=' | '==' | '!='>, a: Operand, b: Operand, at: number): Operand {
    const slow = [...js`${this.writer.unit.helper(HELPER_OF[op])}(${a.code}, ${b.code}, ${at})`];
    const ordering = op === '<' || op === '>' || op === '<=' || op === '>=';
    if ((this.writer.compact || a.float === true || b.float === true) && op !== '<<')
      return { ...computed(slow), bool: ordering };
    if ((op === '+' || op === '-' || op === '*') && b.literal !== undefined && b.literal > 0x7fffffff) {
      slow.unshift(...js`typeof ${a.code} === 'bigint' ? ${wrapped(this.writer, js`${a.code} ${op} ${b.literal}n`)} : `);
    }
    if (isFloatOperator(op)) {
      const { test, value } = this.#ints(op, a, b);
      return computed(js`(${test} ? ${value} : ${slow})`);
    }
    const ints = this.#areSmall(a, b);
    switch (op) {
      case '%':
        if (b.literal !== undefined && b.literal > 0) return computed(js`(${ints} ? ${a.code} % ${b.code} + 0 : ${slow})`);
        return computed(js`(${ints} && ${b.code} !== 0 ? ${a.code} % ${b.code} + 0 : ${slow})`);
      case '<':
      case '>':
      case '<=':
      case '>=':
        return test(js`(${ints} ? ${a.code} ${op} ${b.code} : ${slow})`);
      case '&':
      case '|': {
        const both = op === '&' ? '&&' : '||';
        return computed(
          js`(typeof ${a.code} === 'boolean' && typeof ${b.code} === 'boolean' ? ${a.code} ${both} ${b.code} : ${slow})`,
        );
      }
      case '^': // a hash mixes small ints into large ones
        if (a.literal !== undefined) return computed(slow);
        return computed(
          js`(typeof ${a.code} === 'bigint' && ${isSmall(b.code)} && ($x = ${b.code} | 0) === ${b.code} ? ${wrapped(this.writer, js`${a.code} ^ BigInt($x)`)} : ${slow})`,
        );
      case '<<':
        if (a.literal !== undefined) return computed(slow);
        return computed(js`(Array.isArray(${a.code}) ? ${this.#append(a, b, at)} : ${slow})`);
      default:
        return computed(slow);
    }
  }
}
