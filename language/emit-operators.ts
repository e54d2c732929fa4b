/** Operators on their way to JavaScript: arithmetic, comparisons, and the tests of `if`. */
import type { BinaryExpr, BinaryOperator, Expr, PropertyExpr, UnaryExpr } from './ast.ts';
import { type Arm, type Code, joined, js, Local } from './code.ts';
import { arithmeticShape, floatCode, isHarmless, isPlainKey, literal, member } from './emit-nodes.ts';
import { int, NULL, type Operand, StepWriter } from './emit-steps.ts';
import type { Reference, Variable } from './resolver.ts';

const MAX = '9007199254740991';
const MIN = '-9007199254740991';

const HELPER_OF: { readonly [op in BinaryOperator]: string } = {
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
  '=': 'same',
  '==': 'deepEqual',
  '!=': 'deepEqual',
  '<': 'less',
  '>': 'greater',
  '<=': 'lessEqual',
  '>=': 'greaterEqual',
};

interface FusedLeaf {
  readonly code: Code;
  /** A test of its type is among the tests already. */
  tested: boolean;
}

class FusedLeaves {
  readonly byVariable = new Map<Variable, FusedLeaf>();
}

/** Writes operators: the common case at the site, everything else as a call of a helper. */
export abstract class OperatorEmitter extends StepWriter {
  /** Arithmetic that is being written step by step, as the general case of its fused form. */
  protected readonly unfused = new Set<Expr>();

  /** The byte that an index read gives, as an int: for a read that is only compared with one-byte literals. */
  protected abstract byte(expr: PropertyExpr): Operand;

  // ---- operators ----

  protected unary({ op, value, at }: UnaryExpr): Operand {
    if (op === '-' && value.kind === 'int' && typeof value.value === 'number' && value.value !== 0) return int(-value.value);
    const operand = this.simple(this.value(value));
    const place = this.position(at);
    switch (op) {
      case '-':
        return this.fresh(
          js`(typeof ${operand.code} === 'number' ? 0 - ${operand.code} : ${this.unit.helper('negate')}(${operand.code}, ${place}))`,
        );
      case '!':
        if (operand.bool === true) return { ...this.fresh(js`!${operand.code}`), bool: true };
        return {
          ...this.fresh(
            js`(typeof ${operand.code} === 'boolean' ? !${operand.code} : ${this.unit.helper('not')}(${operand.code}, ${place}))`,
          ),
          bool: true,
        };
      case '~':
        return this.fresh(js`${this.unit.helper('bitNot')}(${operand.code}, ${place})`);
    }
  }

  protected fresh(code: Code): Operand {
    return { code, simple: false, stable: false };
  }

  /** `a + b + c + ...` is nested to the left: a loop, so that long chains do not recurse. */
  protected binaryChain(expr: BinaryExpr): Operand {
    const fused = this.fused(expr);
    if (fused !== null) return fused;
    const chain: BinaryExpr[] = [];
    let left: Expr = expr;
    for (; left.kind === 'binary'; left = left.left) chain.push(left);
    const first = chain.at(-1) as BinaryExpr; // at least `expr` itself
    let result = this.byteComparison(first);
    if (result !== null) chain.pop();
    else result = this.value(left);
    for (const one of chain.reverse()) result = this.binary(one, result);
    return result;
  }

  /**
   * Arithmetic on several operands that all turn out to be floats, or all bigints, makes one result and none in between: the
   * operands are read without any effect, and if one is something else everything is done again step by step.
   */
  protected fused(expr: BinaryExpr): Operand | null {
    if (this.compact || this.unfused.has(expr)) return null;
    const shape = arithmeticShape(expr);
    if (shape === null) return null;
    const local = new Local('', 'temporary');
    const arms: Arm[] = [];
    for (const type of ['float', 'bigint'] as const) {
      if (type === 'float' ? !shape.float : !shape.bigint) continue;
      const leaves = new FusedLeaves();
      const tests: Code[] = [];
      const value = this.fusedValue(expr, type, leaves, tests);
      if (value === null) continue;
      const result =
        type === 'float' ? js`new ${this.unit.helper('Float')}(${value})` : js`${this.unit.helper('wrapInt')}(${value})`;
      const sites = { after: this.sites, upTo: this.sites };
      arms.push({ steps: [], test: joined(tests, ' && '), body: [{ kind: 'do', sets: local, code: result }], sites });
    }
    if (arms.length === 0) return null;
    const before = this.sites;
    for (let left: Expr = expr; left.kind === 'binary'; left = left.left) this.unfused.add(left);
    const general = this.aside(() => this.do(local, this.clean(this.binaryChain(expr))));
    this.choose(arms, general, before);
    return { code: [local], simple: true, stable: true };
  }

  /** The double or bigint that an operand tree gives; adds to `tests` what has to hold for it. Null: not in this way. */
  protected fusedValue(expr: Expr, type: 'float' | 'bigint', leaves: FusedLeaves, tests: Code[]): Code | null {
    switch (expr.kind) {
      case 'int':
        return type === 'float' ? js`${String(expr.value)}` : js`${String(expr.value)}n`;
      case 'float':
        return type === 'float' ? js`${floatCode(expr.value)}` : null;
      case 'binary': {
        const left = this.fusedValue(expr.left, type, leaves, tests);
        const right = left === null ? null : this.fusedValue(expr.right, type, leaves, tests);
        if (left === null || right === null) return null;
        if (expr.op === '/' && expr.right.kind !== 'int' && expr.right.kind !== 'float') {
          if (expr.right.kind === 'binary') return null;
          tests.push(js`${right} !== 0`);
        }
        return js`(${left} ${expr.op} ${right})`;
      }
      default: {
        const leaf = this.fusedLeaf(expr, leaves, tests);
        if (leaf === null) return null;
        if (!leaf.tested) {
          leaf.tested = true;
          tests.push(
            type === 'float' ? js`${leaf.code} instanceof ${this.unit.helper('Float')}` : js`typeof ${leaf.code} === 'bigint'`,
          );
        }
        return type === 'float' ? js`${leaf.code}.value` : leaf.code;
      }
    }
  }

  /** Reads a name or property without any effect; what has to hold for that goes to `tests`. */
  protected fusedLeaf(expr: Expr, leaves: FusedLeaves, tests: Code[]): FusedLeaf | null {
    if (expr.kind === 'name') {
      const reference = this.unit.resolution.references.get(expr) as Reference; // a name that is read has one
      const [variable] = reference.variables;
      const known = variable === undefined ? undefined : leaves.byVariable.get(variable);
      if (known !== undefined) return known;
      const read = this.read(reference);
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
    const object = this.fusedLeaf(expr.object, leaves, tests);
    if (object === null) return null;
    const local = new Local('', 'temporary');
    if (expr.key.kind === 'name') {
      const readable = isPlainKey(expr.key.name) ? js`${object.code} != null` : js`${object.code} instanceof $Obj`;
      tests.push(readable, js`((${local} = ${object.code}${member(expr.key.name)}), true)`);
    } else {
      const key = expr.key.kind === 'block' && expr.key.body.length === 1 ? (expr.key.body[0] as Expr) : expr.key; // a.(k)
      const index = key.kind === 'int' ? { code: js`${String(key.value)}` } : this.fusedLeaf(key, leaves, tests);
      if (index === null) return null;
      tests.push(
        js`Array.isArray(${object.code})`,
        js`typeof ${index.code} === 'number'`,
        js`((${local} = ${object.code}[${index.code}]), true)`,
      );
    }
    return { code: [local], tested: false };
  }

  /** `s.(i) = 'x'` makes no string for the byte. */
  protected byteComparison({ op, left, right }: BinaryExpr): Operand | null {
    if (op !== '=' && op !== '==') return null;
    if (left.kind !== 'property' || left.key.kind === 'name' || right.kind !== 'string' || right.text.length !== 1) return null;
    const byte = this.simple(this.byte(left));
    return { ...this.fresh(js`(${byte.code} === ${right.text.charCodeAt(0)} || ${byte.code} === 256)`), bool: true };
  }

  protected binary({ op, right, at }: BinaryExpr, left: Operand): Operand {
    if (op === '&' || op === '|') return this.shortCircuit(op, left, right, at);
    if ((op === '+' || op === '*') && left.literal === undefined && !isHarmless(right))
      return this.shortCircuit(op, left, right, at);
    let a = this.simple(left);
    if (!a.stable && !this.unit.calm(right)) a = this.hold(a);
    if (op === '=' || op === '==' || op === '!=') {
      const equal = this.equality(op, a, right);
      return { ...this.fresh(op === '!=' ? js`!${equal}` : equal), bool: true };
    }
    return this.arithmetic(op, a, this.simple(this.value(right)), this.position(at));
  }

  /** The right side is not evaluated when a bool on the left decides. */
  protected shortCircuit(op: '&' | '|' | '+' | '*', left: Operand, right: Expr, at: number): Operand {
    const a = this.hold(left);
    const decisive = op === '|' || op === '+' ? 'true' : 'false';
    const before = this.sites;
    let b = NULL;
    let result = NULL;
    const steps = this.aside(() => {
      b = this.value(right);
      if (a.bool === true && b.bool === true) {
        result = b;
      } else {
        b = this.simple(b);
        result = this.arithmetic(op, a, b, this.position(at));
      }
    });
    if (steps.length === 0 && a.bool === true && b.bool === true) {
      return { ...this.fresh(js`(${a.code} ${decisive === 'true' ? '||' : '&&'} ${b.code})`), bool: true };
    }
    const local = new Local('', 'temporary');
    steps.push({ kind: 'do', sets: local, code: result.code });
    this.choose(
      [
        {
          steps: [],
          test: js`${a.code} === ${decisive}`,
          body: [{ kind: 'do', sets: local, code: [decisive] }],
          sites: { after: before, upTo: before },
        },
      ],
      steps,
      before,
    );
    return { code: [local], simple: true, stable: true, bool: a.bool === true && b.bool === true };
  }

  protected arithmetic(op: BinaryOperator, a: Operand, b: Operand, at: number): Operand {
    const slow = [...js`${this.unit.helper(HELPER_OF[op])}(${a.code}, ${b.code}, ${at})`];
    const ordering = op === '<' || op === '>' || op === '<=' || op === '>=';
    if (this.compact && op !== '<<') return { ...this.fresh(slow), bool: ordering };
    if ((op === '+' || op === '-' || op === '*') && b.literal !== undefined && b.literal > 0x7fffffff) {
      slow.unshift(
        `typeof `,
        ...a.code,
        ` === 'bigint' ? ${this.unit.helper('wrapInt')}(`,
        ...a.code,
        ` ${op} ${b.literal}n) : `,
      );
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
        return this.fresh(js`(${ints} && (($x = ${a.code} ${op} ${b.code}), true)${upper}${lower} ? $x : ${slow})`);
      }
      case '*':
        return this.fresh(js`(${ints} && ($x = ${a.code} * ${b.code}) <= ${MAX} && $x >= ${MIN} ? $x + 0 : ${slow})`);
      case '%':
        if (b.literal !== undefined && b.literal > 0) return this.fresh(js`(${ints} ? ${a.code} % ${b.code} + 0 : ${slow})`);
        return this.fresh(js`(${ints} && ${b.code} !== 0 ? ${a.code} % ${b.code} + 0 : ${slow})`);
      case '/':
        return this.fresh(js`(${ints} && ${b.code} !== 0 && ${a.code} % ${b.code} === 0 ? ${a.code} / ${b.code} + 0 : ${slow})`);
      case '<':
      case '>':
      case '<=':
      case '>=':
        return { ...this.fresh(js`(${ints} ? ${a.code} ${op} ${b.code} : ${slow})`), bool: true };
      case '&':
      case '|': {
        const both = op === '&' ? '&&' : '||';
        return this.fresh(
          js`(typeof ${a.code} === 'boolean' && typeof ${b.code} === 'boolean' ? ${a.code} ${both} ${b.code} : ${slow})`,
        );
      }
      case '<<':
        if (a.literal !== undefined) return this.fresh(slow);
        return this.fresh(js`(Array.isArray(${a.code}) ? (${a.code}.push(${this.clean(b)}), ${a.code}) : ${slow})`);
      default:
        return this.fresh(slow);
    }
  }

  /** A JavaScript test for `a = right` (or `==`; `!=` is the negation of that). */
  protected equality(op: '=' | '==' | '!=', a: Operand, right: Expr): Code {
    const easy = this.literalTest(a, right);
    if (easy !== null) return easy;
    const b = this.simple(this.value(right));
    const slow = js`${this.unit.helper(HELPER_OF[op])}(${a.code}, ${b.code})`;
    if (a.literal !== undefined) return js`(${b.code} === ${a.code} || typeof ${b.code} !== 'number' && ${slow})`;
    return js`(typeof ${a.code} === 'number' && typeof ${b.code} === 'number' ? ${a.code} === ${b.code} : ${slow})`;
  }

  /** The test against a literal that is the same for `=`, `==` and an `if` target; null when it has to be a general one. */
  protected literalTest(a: Operand, target: Expr): Code | null {
    switch (target.kind) {
      case 'int':
        if (typeof target.value !== 'number') return null;
        return js`(${a.code} === ${target.value} || typeof ${a.code} !== 'number' && ${this.unit.helper('deepEqual')}(${a.code}, ${target.value}))`;
      case 'bool':
        return a.bool === true
          ? js`${a.code} === ${String(target.value)}`
          : js`(${a.code} === ${String(target.value)} || ${a.code} === $E)`;
      case 'atom':
        return js`(${a.code} === ${this.unit.atom(target.name)} || ${a.code} === $E)`;
      case 'string':
        return js`${this.unit.helper('sameText')}(${a.code}, ${literal(target.text)})`;
      case 'null':
        return js`(${a.code} == null || ${a.code} === $E)`;
      default:
        return null;
    }
  }
}
