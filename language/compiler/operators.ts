/** Operators on their way to JavaScript: arithmetic, comparisons, and the tests of `if`. */
import type { BinaryExpr, BinaryOperator, Expr, PropertyExpr, UnaryExpr } from '../syntax/ast.ts';
import { arithmeticShape, floatCode, inParentheses, isHarmless, isPlainKey, literal, member } from './emit-nodes.ts';
import { int, NULL, type Operand, StepWriter } from './emit-steps.ts';
import type { Reference, Variable } from './resolver.ts';
import { type Arm, type Code, joined, js, Local } from './steps.ts';

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

/** The type that all operands of a fused expression have. */
type FusedType = 'int' | 'float' | 'bigint';

/** An operand tree that is done in one go if `tests` hold, which themselves set the variables of `sets`. */
export class Fusion {
  readonly tests: Code[] = [];
  readonly sets: Local[] = [];
  readonly #tested = new Set<Code>();

  /** `leaves` holds what has been read, for all fusions of one expression. */
  constructor(
    readonly type: FusedType,
    readonly leaves = new Map<Expr | Variable, Code>(),
  ) {}

  /** Whether a leaf has not been tested yet. */
  isNew(leaf: Code): boolean {
    return this.#tested.size < this.#tested.add(leaf).size;
  }

  /** A variable that the tests set. */
  local(): Local {
    const local = new Local('', 'temporary');
    this.sets.push(local);
    return local;
  }
}

/** Writes operators: the common case at the site, everything else as a call of a helper. */
export abstract class OperatorEmitter extends StepWriter {
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
   * Arithmetic on several operands that all turn out to be small ints, or all floats, or all bigints, makes one result and none in
   * between: the operands are read without any effect, and if one is something else everything is done again step by step.
   */
  protected fused(expr: BinaryExpr): Operand | null {
    if (this.compact) return null;
    const shape = arithmeticShape(expr);
    if (shape === null) return null;
    const local = new Local('', 'temporary');
    const before = this.sites;
    const sites = { after: before, upTo: before };
    const leaves = new Map<Expr | Variable, Code>();
    const arms = shape.map((type): Arm => {
      const fusion = new Fusion(type, leaves);
      const value = this.fusedValue(expr, fusion);
      const code =
        type === 'int' ? value : type === 'float' ? js`new ${this.unit.helper('Float')}(${value})` : this.wrapped(value);
      return {
        steps: [],
        test: joined(fusion.tests, ' && '),
        sets: fusion.sets,
        body: [{ kind: 'do', sets: local, code }],
        sites,
      };
    });
    this.compact = true;
    const general = this.aside(() => this.do(local, this.clean(this.binaryChain(expr))));
    this.compact = false;
    this.choose(arms, general, before);
    return { code: [local], simple: true, stable: true };
  }

  /** The int that a bigint makes: V8 computes this in machine words, but only where it sees the operation and `asIntN` together. */
  protected wrapped(value: Code): Code {
    return js`(BigInt.asIntN(54, $x = BigInt.asIntN(64, ${value})) === $x ? ${this.unit.helper('wrapInt')}($x) : $x)`;
  }

  /** The number or bigint that an operand tree gives when the tests of the fusion hold. */
  protected fusedValue(part: Expr, fusion: Fusion): Code {
    const { type, tests } = fusion;
    const expr = inParentheses(part);
    switch (expr.kind) {
      case 'int':
        return type === 'bigint' ? js`${String(expr.value)}n` : js`${String(expr.value)}`;
      case 'float':
        return js`${floatCode(expr.value)}`;
      case 'binary': {
        const left = this.fusedValue(expr.left, fusion);
        const right = this.fusedValue(expr.right, fusion);
        const divides = expr.op === '/' || expr.op === '%';
        const divisor = inParentheses(expr.right);
        if (divides && divisor.kind !== 'int' && divisor.kind !== 'float') tests.push(js`${right} !== 0`);
        if (type !== 'int') return js`(${left} ${expr.op} ${right})`;
        if (expr.op === '/') tests.push(js`${left} % ${right} === 0`);
        const result = fusion.local();
        const value = js`(${result} = ${left} ${expr.op} ${right}${expr.op === '+' || expr.op === '-' ? '' : ' + 0'})`; // never -0
        tests.push(divides ? js`(${value}, true)` : js`${value} <= ${MAX} && ${result} >= ${MIN}`);
        return [result];
      }
      default: {
        const leaf = this.fusedLeaf(expr, fusion.leaves);
        if (fusion.isNew(leaf)) {
          const typeName = type === 'int' ? 'number' : 'bigint';
          tests.push(
            type === 'float' ? js`${leaf} instanceof ${this.unit.helper('Float')}` : js`typeof ${leaf} === '${typeName}'`,
          );
        }
        return type === 'float' ? js`${leaf}.value` : leaf;
      }
    }
  }

  /** Reads a name or property (see `isPureRead`) without any effect: undefined where reading it otherwise would fail. */
  protected fusedLeaf(expr: Expr, leaves: Map<Expr | Variable, Code>): Code {
    const variables = expr.kind === 'name' ? (this.unit.resolution.references.get(expr) as Reference).variables : []; // is read, has one
    const source = variables.length === 1 ? (variables[0] as Variable) : expr; // the only one
    let leaf = leaves.get(source);
    if (leaf === undefined) {
      leaf = this.readLeaf(expr, leaves);
      leaves.set(source, leaf);
    }
    return leaf;
  }

  protected readLeaf(expr: Expr, leaves: Map<Expr | Variable, Code>): Code {
    if (expr.kind === 'name') return this.simple(this.value(expr)).code;
    const { object: container, key } = expr as PropertyExpr; // says isPureRead
    const object = this.fusedLeaf(container, leaves);
    if (key.kind === 'name') {
      const readable = isPlainKey(key.name) ? js`${object} != null` : js`${object} instanceof $Obj`;
      return [this.temporary(js`(${readable} ? ${object}${member(key.name)} : undefined)`)];
    }
    const inner = inParentheses(key); // a.(k)
    const index = inner.kind === 'int' ? js`${String(inner.value)}` : this.fusedLeaf(inner, leaves);
    return [this.temporary(js`(Array.isArray(${object}) && typeof ${index} === 'number' ? ${object}[${index}] : undefined)`)];
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
    if ((this.compact || a.float === true || b.float === true) && op !== '<<') return { ...this.fresh(slow), bool: ordering };
    if ((op === '+' || op === '-' || op === '*') && b.literal !== undefined && b.literal > 0x7fffffff) {
      slow.unshift(...js`typeof ${a.code} === 'bigint' ? ${this.wrapped(js`${a.code} ${op} ${b.literal}n`)} : `);
    }
    const tests = [a, b].filter(({ literal: known }) => known === undefined).map(({ code }) => js`typeof ${code} === 'number'`);
    const ints = tests.length === 0 ? js`true` : joined(tests, ' && ');
    switch (op) {
      case '+':
      case '-': {
        const known = b.literal ?? (op === '+' ? a.literal : undefined);
        if (known === undefined) {
          return this.fresh(js`(${ints} && ($x = ${a.code} ${op} ${b.code}) <= ${MAX} && $x >= ${MIN} ? $x : ${slow})`);
        }
        const other = b.literal === undefined ? b : a;
        const step = op === '+' ? known : -known;
        const inside = step > 0 ? js`${other.code} <= ${Number(MAX) - step}` : js`${other.code} >= ${Number(MIN) - step}`;
        return this.fresh(js`(${ints} && ${inside} ? ${a.code} ${op} ${b.code} : ${slow})`);
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
      case '^': // a hash mixes small ints into large ones
        if (a.literal !== undefined) return this.fresh(slow);
        return this.fresh(
          js`(typeof ${a.code} === 'bigint' && typeof ${b.code} === 'number' && ($x = ${b.code} | 0) === ${b.code} ? ${this.wrapped(js`${a.code} ^ BigInt($x)`)} : ${slow})`,
        );
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
