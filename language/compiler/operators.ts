/** Operators on their way to JavaScript: arithmetic, comparisons and what is short-circuited. */
import type { BinaryExpr, BinaryOperator, Expr, UnaryExpr } from '../syntax/ast.ts';
import { MAX_ITEMS } from '../values/values.ts';
import { type Code, joined, js, Local } from './code.ts';
import type { Conditions } from './conditions.ts';
import type { Expressions } from './expressions.ts';
import type { FusedArithmetic } from './fusion.ts';
import type { HelperName } from './helper-names.ts';
import { isHarmless } from './nodes.ts';
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
  chain(expr: BinaryExpr): Operand {
    return this.fused.fuse(expr, () => this.#stepwise(expr)) ?? this.#stepwise(expr);
  }

  #stepwise(expr: BinaryExpr): Operand {
    const chain: BinaryExpr[] = [];
    let left: Expr = expr;
    for (; left.kind === 'binary'; left = left.left) chain.push(left);
    const first = chain.at(-1) as BinaryExpr; // at least `expr` itself
    const byte = this.conditions.byteEquality(first);
    if (byte !== null) chain.pop();
    let result = byte ?? this.expressions.value(left);
    for (const one of chain.reverse()) result = this.#binary(one, result);
    return result;
  }

  #binary({ op, right, at }: BinaryExpr, left: Operand): Operand {
    if (op === '&' || op === '|') return this.#shortCircuit(op, left, right, at);
    if ((op === '+' || op === '*') && left.literal === undefined && !isHarmless(right))
      return this.#shortCircuit(op, left, right, at);
    let a = this.writer.repeatable(left);
    if (!a.immutable && !this.writer.unit.cannotRebind(right)) a = this.writer.spill(a);
    if (op === '=' || op === '==' || op === '!=') {
      const equal = this.conditions.equality(op, a, right);
      return test(op === '!=' ? js`!${equal}` : equal);
    }
    return this.#arithmetic(op, a, this.writer.repeatable(this.expressions.value(right)), this.writer.position(at));
  }

  /** The right side is not evaluated when a bool on the left decides. */
  #shortCircuit(op: '&' | '|' | '+' | '*', left: Operand, right: Expr, at: number): Operand {
    const a = this.writer.spill(left);
    const decisive = op === '|' || op === '+' ? 'true' : 'false';
    let b = NULL;
    let result = NULL;
    const steps = this.writer.captureSteps(() => {
      b = this.expressions.value(right);
      if (a.bool === true && b.bool === true) {
        result = b;
      } else {
        b = this.writer.repeatable(b);
        result = this.#arithmetic(op, a, b, this.writer.position(at));
      }
    });
    if (steps.length === 0 && a.bool === true && b.bool === true) {
      return test(js`(${a.code} ${decisive === 'true' ? '||' : '&&'} ${b.code})`);
    }
    const local = new Local('');
    steps.push({ kind: 'do', sets: local, code: result.code });
    this.writer.choose([arm(js`${a.code} === ${decisive}`, [{ kind: 'do', sets: local, code: [decisive] }])], steps);
    return { ...stored(local), bool: a.bool === true && b.bool === true };
  }

  #append(list: Operand, item: Operand, at: number): Code {
    const full = js`${this.writer.unit.helper('tooManyItems')}(${list.code}, ${at})`;
    return js`(${list.code}.push(${orNull(item)}) <= ${MAX_ITEMS} ? ${list.code} : ${full})`;
  }

  #arithmetic(op: Exclude<BinaryOperator, '=' | '==' | '!='>, a: Operand, b: Operand, at: number): Operand {
    const slow = [...js`${this.writer.unit.helper(HELPER_OF[op])}(${a.code}, ${b.code}, ${at})`];
    const ordering = op === '<' || op === '>' || op === '<=' || op === '>=';
    if ((this.writer.compact || a.float === true || b.float === true) && op !== '<<')
      return { ...computed(slow), bool: ordering };
    if ((op === '+' || op === '-' || op === '*') && b.literal !== undefined && b.literal > 0x7fffffff) {
      slow.unshift(...js`typeof ${a.code} === 'bigint' ? ${wrapped(this.writer, js`${a.code} ${op} ${b.literal}n`)} : `);
    }
    const tests = [a, b].filter(({ literal: known }) => known === undefined).map(({ code }) => isSmall(code));
    const ints = tests.length === 0 ? js`true` : joined(tests, ' && ');
    switch (op) {
      case '+':
      case '-': {
        const known = b.literal ?? (op === '+' ? a.literal : undefined);
        if (known === undefined) {
          return computed(js`(${ints} && ${isExact(js`${a.code} ${op} ${b.code}`)} ? $x : ${slow})`);
        }
        const other = b.literal === undefined ? b : a;
        const step = op === '+' ? known : -known;
        return computed(js`(${ints} && ${staysExact(other.code, step)} ? ${a.code} ${op} ${b.code} : ${slow})`);
      }
      case '*':
        return computed(js`(${ints} && ${isExact(js`${a.code} * ${b.code}`)} ? $x + 0 : ${slow})`);
      case '%':
        if (b.literal !== undefined && b.literal > 0) return computed(js`(${ints} ? ${a.code} % ${b.code} + 0 : ${slow})`);
        return computed(js`(${ints} && ${b.code} !== 0 ? ${a.code} % ${b.code} + 0 : ${slow})`);
      case '/':
        return computed(js`(${ints} && ${b.code} !== 0 && ${a.code} % ${b.code} === 0 ? ${a.code} / ${b.code} + 0 : ${slow})`);
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
