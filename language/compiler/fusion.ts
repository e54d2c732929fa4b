/**
 * Fused arithmetic: an expression of several operators computed in one go.
 *
 * If all operands turn out to be small ints, or all floats, or all bigints, one result is made and none in between. The operands are
 * read without any effect; if one is something else, everything is done again step by step.
 */
import type { BinaryExpr, Expr, PropertyExpr } from '../syntax/ast.ts';
import { bareOperand, double, floatTest, holdAny, holdFloat, holdOther, temporaries, withoutObject } from './bare-floats.ts';
import { type Code, joined, js, Local } from './code.ts';
import type { Expressions } from './expressions.ts';
import { arithmeticShape, floatCode, inParentheses, isPlainKey, member } from './nodes.ts';
import { isInRange, isSmall, wrapped } from './numbers.ts';
import { type Operand, orNull, stored } from './operands.ts';
import type { Reference, Variable } from './resolver.ts';
import type { StepWriter } from './step-writer.ts';
import { type Arm, arm, type Step } from './steps.ts';

/** The type that all operands of a fused expression have. */
type FusedType = 'int' | 'float' | 'bigint';

/** An operand tree that is done in one go if `tests` hold, which themselves set the variables of `sets`. */
export class Fusion {
  readonly tests: Code[] = [];
  readonly sets: Local[] = [];
  readonly #tested = new Set<Operand>();

  /** `leaves` holds what has been read, for all fusions of one expression. */
  constructor(
    readonly type: FusedType,
    readonly leaves = new Map<Expr | Variable, Operand>(),
  ) {}

  /** Whether a leaf has not been tested yet. */
  isNew(leaf: Operand): boolean {
    return this.#tested.size < this.#tested.add(leaf).size;
  }

  /** A variable that the tests set. */
  local(): Local {
    const local = new Local('');
    this.sets.push(local);
    return local;
  }
}

export class FusedArithmetic {
  constructor(
    readonly writer: StepWriter,
    readonly expressions: Expressions,
  ) {}

  /** The expression fused, with `general` for operands of other types; null when that cannot be done. */
  fuse(expr: BinaryExpr, general: () => Operand, toBare: boolean): Operand | null {
    const { writer } = this;
    if (writer.compact) return null;
    const shape = arithmeticShape(expr);
    if (shape === null) return null;
    const local = new Local('');
    const bare = toBare ? temporaries() : null;
    const leaves = new Map<Expr | Variable, Operand>();
    const arms = shape.map((type): Arm => {
      const fusion = new Fusion(type, leaves);
      const value = this.value(expr, fusion);
      const code =
        type === 'int' ? value : type === 'float' ? js`new ${writer.unit.helper('Float')}(${value})` : wrapped(writer, value);
      let body: Step[] = [{ kind: 'do', sets: local, code }];
      if (bare !== null) body = type === 'float' ? holdFloat(writer, bare, value) : holdOther(bare, code);
      return arm(joined(fusion.tests, ' && '), body, [], fusion.sets);
    });
    writer.compact = true;
    const stepwise = writer.captureSteps(() => writer.do(local, orNull(general())));
    writer.compact = false;
    writer.choose(arms, bare === null ? stepwise : [...stepwise, ...holdAny(writer, bare, [local])]);
    return bare === null ? stored(local) : bareOperand(writer, bare);
  }

  /** The number or bigint that an operand tree has when the tests of the fusion hold; they hold only for an int of 32 bits if it is to be `int32`. */
  value(part: Expr, fusion: Fusion, int32 = false): Code {
    const { type, tests } = fusion;
    const expr = inParentheses(part);
    switch (expr.kind) {
      case 'int':
        return type === 'bigint' ? js`${String(expr.value)}n` : js`${String(expr.value)}`;
      case 'float':
        return js`${floatCode(expr.value)}`;
      case 'binary': {
        const left = this.value(expr.left, fusion);
        const right = this.value(expr.right, fusion);
        const divides = expr.op === '/' || expr.op === '%';
        const divisor = inParentheses(expr.right);
        if (divides && divisor.kind !== 'int' && divisor.kind !== 'float') tests.push(js`${right} !== 0`);
        if (type !== 'int') return js`(${left} ${expr.op} ${right})`;
        if (expr.op === '/') tests.push(js`${left} % ${right} === 0`);
        const result = fusion.local();
        const value = js`(${result} = ${left} ${expr.op} ${right}${expr.op === '+' || expr.op === '-' ? '' : ' + 0'})`; // never -0
        if (int32) tests.push(js`${value} === (${result} | 0)`);
        else tests.push(divides ? js`(${value}, true)` : isInRange(value, result));
        return [result];
      }
      default: {
        const leaf = this.#leaf(expr, fusion.leaves);
        if (fusion.isNew(leaf)) {
          const code = withoutObject(leaf);
          tests.push(
            type === 'float' ? floatTest(this.writer, leaf) : type === 'int' ? isSmall(code) : js`typeof ${code} === 'bigint'`,
          );
        }
        return type === 'float' ? double(leaf) : withoutObject(leaf);
      }
    }
  }

  /** Reads a name or property (see `isPureRead`) without any effect: undefined where reading it otherwise would fail. */
  #leaf(expr: Expr, leaves: Map<Expr | Variable, Operand>): Operand {
    const variables = expr.kind === 'name' ? (this.writer.unit.resolution.references.get(expr) as Reference).variables : []; // is read, has one
    const source = variables.length === 1 ? (variables[0] as Variable) : expr; // the only one
    let leaf = leaves.get(source);
    if (leaf === undefined) {
      leaf = this.#readLeaf(expr, leaves);
      leaves.set(source, leaf);
    }
    return leaf;
  }

  #readLeaf(expr: Expr, leaves: Map<Expr | Variable, Operand>): Operand {
    if (expr.kind === 'name') {
      const operand = this.expressions.value(expr);
      return operand.bare === undefined ? this.writer.repeatable(operand) : operand;
    }
    const { object: container, key } = expr as PropertyExpr; // says isPureRead
    const object = withoutObject(this.#leaf(container, leaves));
    if (key.kind === 'name') {
      const readable = isPlainKey(key.name) ? js`${object} != null` : js`${object} instanceof $Obj`;
      return stored(this.writer.temporary(js`(${readable} ? ${object}${member(key.name)} : undefined)`));
    }
    const inner = inParentheses(key); // a.(k)
    const index = inner.kind === 'int' ? js`${String(inner.value)}` : withoutObject(this.#leaf(inner, leaves));
    return stored(
      this.writer.temporary(js`(Array.isArray(${object}) && typeof ${index} === 'number' ? ${object}[${index}] : undefined)`),
    );
  }
}
