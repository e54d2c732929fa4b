/** Tests on their way to JavaScript: `if`, and the equality that it shares with `=`, `==` and `!=`. */
import type { BinaryExpr, Expr, IfArm, IfExpr, PropertyExpr, StringExpr } from '../syntax/ast.ts';
import { type Code, joined, js, Local } from './code.ts';
import type { Expressions } from './expressions.ts';
import { isByteLiteral, isIndexRead, literal, sharedBodies } from './nodes.ts';
import { computed, type Destination, NULL, type Operand, test } from './operands.ts';
import type { StepWriter } from './step-writer.ts';
import { type Arm, arm, type Step } from './steps.ts';

export class Conditions {
  constructor(
    readonly writer: StepWriter,
    readonly expressions: Expressions,
  ) {}

  if(expr: IfExpr, destination: Destination): void {
    const { writer, expressions } = this;
    const matches = this.#matcher(expr);
    const arms: Arm[] = [];
    let otherwise: Step[] | null = null;
    for (const group of sharedBodies(expr.arms)) {
      const { body } = group[0] as IfArm; // no group is empty
      const bodySteps = (): Step[] => writer.captureSteps(() => expressions.statement(body, destination));
      if (group.length === 1 && group[0]?.target.kind === 'empty') {
        otherwise = bodySteps();
        break;
      }
      let hit: Code = [];
      const steps = writer.captureSteps(() => {
        hit = this.#anyOf(group, matches);
      });
      arms.push(arm(hit, bodySteps(), steps));
    }
    otherwise ??= writer.captureSteps(() => writer.deliver(NULL, destination));
    if (arms.length === 0) writer.steps.push(...otherwise);
    else writer.choose(arms, otherwise);
  }

  /** Evaluates the subject of an `if`, and returns the test against a target. */
  #matcher(expr: IfExpr): (target: Expr) => Code {
    if (expr.subject.kind === 'bool' && expr.subject.value) return (target) => this.#isTrue(target);
    const { writer } = this;
    if (isIndexRead(expr.subject) && expr.arms.some(({ target }) => isByteLiteral(target))) {
      if (expr.arms.every(({ target }) => target.kind === 'empty' || isByteLiteral(target))) {
        const byte = writer.spill(this.#byte(expr.subject));
        return (target) => this.#isByte(byte, target as StringExpr); // `_` is not asked for
      }
    }
    let subject = this.expressions.value(expr.subject);
    const [first, ...others] = expr.arms;
    if (subject.bool === true && first?.target.kind === 'bool' && others.every(({ target }) => target.kind === 'empty')) {
      const [only, wanted] = [subject.code, first.target.value];
      return () => (wanted ? only : js`!(${only})`);
    }
    subject = writer.repeatable(subject);
    if (!subject.immutable && !expr.arms.every(({ target }) => writer.unit.cannotRebind(target))) subject = writer.spill(subject);
    return (target) => this.#match(subject, target);
  }

  /** The byte that an index read finds, as an int: for one that is only compared with one-byte literals, and needs no string. */
  #byte({ object, key, at }: PropertyExpr): Operand {
    const [value, index] = this.expressions.operands([object, key]) as [Operand, Operand]; // one for each
    const { writer } = this;
    return computed(js`${writer.unit.helper('byteAt')}(${value.code}, ${index.code}, ${writer.position(at)})`);
  }

  #isByte({ code }: Operand, { text }: StringExpr): Code {
    return js`(${code} === ${text.charCodeAt(0)} || ${code} === 256)`;
  }

  /** `s.(i) = 'x'`; null for any other comparison. Measured: a quarter faster than with a string for each byte. */
  byteEquality({ op, left, right }: BinaryExpr): Operand | null {
    if ((op !== '=' && op !== '==') || !isIndexRead(left) || !isByteLiteral(right)) return null;
    return test(this.#isByte(this.writer.repeatable(this.#byte(left)), right));
  }

  /** A test that one of several targets matches; each is evaluated only if those before it did not. */
  #anyOf(group: readonly IfArm[], matches: (target: Expr) => Code): Code {
    const { writer } = this;
    const one = (target: Expr): Code => (target.kind === 'empty' ? ['true'] : matches(target));
    const [first, ...others] = group as [IfArm, ...IfArm[]]; // no group is empty
    let hits = [one(first.target)];
    for (const { target } of others) {
      let next: Code = [];
      const steps = writer.captureSteps(() => {
        next = one(target);
      });
      if (steps.length === 0) {
        hits.push(next);
        continue;
      }
      const found = new Local('');
      const yes: Step = { kind: 'do', sets: found, code: ['true'] };
      writer.choose([arm(joined(hits, ' || '), [yes])], [...steps, { kind: 'do', sets: found, code: next }]);
      hits = [[found]];
    }
    return joined(hits, ' || ');
  }

  /** A test that an expression is true, as an `if` without a condition asks. */
  #isTrue(target: Expr): Code {
    const value = this.expressions.value(target);
    if (value.bool === true) return value.code;
    const { code } = this.writer.repeatable(value);
    return js`(${code} === true || ${code} === $E)`;
  }

  #match(subject: Operand, target: Expr): Code {
    const easy = this.#literalTest(subject, target);
    if (easy !== null) return easy;
    const { code } = this.writer.repeatable(this.expressions.value(target));
    const general = js`${this.writer.unit.helper('matches')}(${subject.code}, ${code})`;
    return js`(typeof ${subject.code} === 'number' && typeof ${code} === 'number' ? ${subject.code} === ${code} : ${general})`;
  }

  /** A JavaScript test for `a = right` (or `==`; `!=` is the negation of that). */
  equality(op: '=' | '==' | '!=', a: Operand, right: Expr): Code {
    const easy = this.#literalTest(a, right);
    if (easy !== null) return easy;
    const b = this.writer.repeatable(this.expressions.value(right));
    const slow = js`${this.writer.unit.helper(op === '=' ? 'same' : 'deepEqual')}(${a.code}, ${b.code})`;
    if (a.literal !== undefined) return js`(${b.code} === ${a.code} || typeof ${b.code} !== 'number' && ${slow})`;
    return js`(typeof ${a.code} === 'number' && typeof ${b.code} === 'number' ? ${a.code} === ${b.code} : ${slow})`;
  }

  /** The test against a literal that is the same for `=`, `==` and an `if` target; null when it has to be a general one. */
  #literalTest(a: Operand, target: Expr): Code | null {
    const { unit } = this.writer;
    switch (target.kind) {
      case 'int':
        if (typeof target.value !== 'number') return null;
        return js`(${a.code} === ${target.value} || typeof ${a.code} !== 'number' && ${unit.helper('deepEqual')}(${a.code}, ${target.value}))`;
      case 'bool':
        return a.bool === true
          ? js`${a.code} === ${String(target.value)}`
          : js`(${a.code} === ${String(target.value)} || ${a.code} === $E)`;
      case 'atom':
        return js`(${a.code} === ${unit.atom(target.name)} || ${a.code} === $E)`;
      case 'string':
        return js`${unit.helper('sameText')}(${a.code}, ${literal(target.text)})`;
      case 'null':
        return js`(${a.code} == null || ${a.code} === $E)`;
      default:
        return null;
    }
  }
}
