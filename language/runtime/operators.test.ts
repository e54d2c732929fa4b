import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { atom, EMPTY, Float, type Fn, type Int, MAX_ITEMS, obj, str, type Value, wrapInt } from '../values/values.ts';
import { bitAnd, bitOr, bitXor, shiftLeft, shiftRight } from './bit-operators.ts';
import { ProgramError } from './errors.ts';
import { type Operand, wording } from './mistakes.ts';
import {
  add,
  bitNot,
  div,
  floatPower,
  greater,
  greaterEqual,
  less,
  lessEqual,
  mul,
  negate,
  not,
  pow,
  rem,
  sub,
} from './operators.ts';
import { display } from './render.ts';

const AT = 77;
type Binary = (a: Operand, b: Operand, at: number) => Value;

// biome-ignore format: a table is read in rows
const binary: { readonly [op: string]: Binary } = {
  '+': add, '-': sub, '*': mul, '/': div, '%': rem, '**': pow, '&': bitAnd, '|': bitOr, '^': bitXor,
  '<<': shiftLeft, '>>': shiftRight, '<': less, '>': greater, '<=': lessEqual, '>=': greaterEqual,
};
const unary = { '-': negate, '!': not, '~': bitNot };

/** What a call gives, rendered, or its error after `! `. */
function outcome(run: () => Operand): string {
  try {
    return display(run());
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    expect(error.at).toBe(AT);
    return `! ${wording(error.mistake)}`;
  }
}

const float = (value: number): Float => new Float(value);
const result = (op: string, a: Operand, b: Operand): string => outcome(() => binary[op]?.(a, b, AT));

describe('operators on kinds of values', () => {
  const native: Fn = () => null;
  Object.defineProperty(native, 'name', { value: 'print' });
  // biome-ignore format: a table is read in rows
  const kinds: { readonly [kind: string]: () => Operand } = {
    int: () => 6, bigInt: () => 2n ** 62n, float: () => float(1.5), string: () => str('ab'), bool: () => true, list: () => [1],
    null: () => null, unset: () => undefined, empty: () => EMPTY, atom: () => atom('x'), object: () => obj({ k: 1 }),
    function: () => native,
  };
  const isInt = (kind: string) => kind === 'int' || kind === 'bigInt';
  const isNumber = (kind: string) => isInt(kind) || kind === 'float';

  /** The table of the reference: the operators that two kinds have in common. */
  function defined(left: string, right: string): string {
    if (isInt(left) && isInt(right)) return '+ - * / % ** & | ^ << >> < > <= >=';
    if (isNumber(left) && isNumber(right)) return '+ - * / % ** < > <= >=';
    if (left === 'string' && right === 'string') return '+ & | ^ << < > <= >=';
    if (left === 'bool' && right === 'bool') return '+ * & | ^';
    if (left === 'bool') return '+ |'; // true: the right side does not count
    return left === 'list' ? '<<' : '';
  }

  function message(op: string, left: string, right: string, values: string): string {
    if (isNumber(left)) return isNumber(right) ? `Invalid binary operator ${op} for floats ${floats(values)}` : incompatible();
    if (left === 'string' || left === 'list') return incompatible();
    if (left === 'bool' && right !== 'bool') return incompatible();
    return `Binary operator ${op} is not defined for values ${values}`;

    function incompatible(): string {
      return `Cannot ${op} incompatible values ${values}`;
    }
  }

  /** Both sides as floats, of which only a large int shows. */
  function floats(values: string): string {
    return values.replaceAll('4611686018427387904', '4.611686018427388e+18');
  }

  for (const op of Object.keys(binary)) {
    it(`${op} returns a value or the reference's error for every two kinds`, () => {
      for (const [left, makeLeft] of Object.entries(kinds)) {
        for (const [right, makeRight] of Object.entries(kinds)) {
          const values = `${display(makeLeft())}, ${display(makeRight())}`;
          const got = `${left} ${op} ${right}: ${result(op, makeLeft(), makeRight())}`;
          if (defined(left, right).split(' ').includes(op)) expect(got).not.toContain('!');
          else expect(got).toBe(`${left} ${op} ${right}: ! ${message(op, left, right, values)}`);
        }
      }
    });
  }

  for (const [op, apply] of Object.entries(unary)) {
    it(`prefix ${op} returns a value or the reference's error for every kind`, () => {
      for (const [kind, make] of Object.entries(kinds)) {
        const got = `${kind}: ${outcome(() => apply(make(), AT))}`;
        if (op === '!' ? kind === 'bool' : isInt(kind) || (op === '-' && kind === 'float')) expect(got).not.toContain('!');
        else expect(got).toBe(`${kind}: ! ${op} is not a valid unary operator for ${display(make())}`);
      }
    });
  }
});

describe('operators on numbers', () => {
  const MAX = 2n ** 63n - 1n;
  const BIG = 9007199254740993n; // 2^53 + 1
  // biome-ignore format: a table is read in rows
  const facts = [
    [MAX, '+', 1, '-9223372036854775808'], [MAX, '*', 2, '-2'], [-(2n ** 63n), '-', 1, '9223372036854775807'],
    [-(2n ** 63n), '/', -1, '-9223372036854775808'], [-(2n ** 63n), '%', -1, '0'],
    [2 ** 53 - 1, '+', 1, '9007199254740992'], [2 ** 53 - 1, '*', 2 ** 53 - 1, '-18014398509481983'],
    [7, '/', 2, '3.5'], [-7, '/', 2, '-3.5'], [6, '/', 2, '3'], [0, '/', -5, '0'], [0, '*', -5, '0'], [-4, '%', 2, '0'],
    [7, '%', 2, '1'], [-7, '%', 2, '-1'], [7, '%', -2, '1'], [BIG, '/', 2, '4.503599627370496e+15'], [2n ** 60n, '/', 2n ** 59n, '2'],
    [2 ** 53 - 1, '/', 3, '3.0023997515803305e+15'],
    [float(7.5), '%', -2, '1.5'], [float(-7.5), '%', -2, '-1.5'], [1, '+', float(0.5), '1.5'], [float(1), '+', BIG, '9.007199254740992e+15'],
    [1, '/', 0, '! Division by zero'], [1, '%', 0, '! Division by zero'], [1, '/', float(-0), '! Division by zero'],
    [float(1), '/', 0, '! Division by zero'], [float(1), '%', float(0), '! Division by zero'], [float(0), '/', float(0), '! Division by zero'],
    [2, '**', 10, '1024'], [2, '**', 62, '4611686018427387904'], [2, '**', 64, '1.8446744073709552e+19'], [2, '**', -1, '0.5'],
    [2, '**', 63, '9.223372036854776e+18'], [-2, '**', 63, '-9223372036854775808'], [0, '**', 0, '1'], [3, '**', 35, '50031545098999704'],
    [-2, '**', 3, '-8'], [float(-2), '**', 3, '-8'], [-8, '**', float(0.5), 'NaN'], [0, '**', -1, '+Inf'], [7, '**', 20, '79792266297612000'],
    [1, '**', -1, '1'], [0, '**', 5, '0'], [float(9), '**', float(0.5), '3'], [1, '**', 1000, '1'],
    [1, '<<', 3, '8'], [1, '<<', 63, '-9223372036854775808'], [1, '<<', 64, '0'], [1, '<<', 100, '0'], [3, '<<', 62, '-4611686018427387904'],
    [1, '<<', BIG, '0'], [1, '<<', -1, '! Shift amount must be non-negative, got -1'], [1, '>>', -BIG, `! Shift amount must be non-negative, got -${BIG}`],
    [-1, '>>', 1, '-1'], [-1, '>>', 100, '-1'], [5, '>>', 100, '0'], [-8, '>>', 1, '-4'], [2 ** 40, '>>', 38, '4'], [-(2n ** 63n), '>>', 63, '-1'],
    [-1, '&', 255, '255'], [12, '|', 10, '14'], [12, '^', 10, '6'], [MAX, '&', 255, '255'], [-(2n ** 63n), '&', 255, '0'],
    [-(2 ** 53 - 1), '&', -(2 ** 53 - 2), '-9007199254740992'],
    [9007199254740993n, '<', float(9007199254740992), 'false'], [9007199254740993n, '>', 9007199254740991, 'true'], [2, '<', float(2.5), 'true'],
    [float(Number.NaN), '<=', 1, 'false'], [float(Number.NaN), '>=', float(Number.NaN), 'false'], [1, '<=', float(1), 'true'],
  ] as const;
  for (const [left, op, right, expected] of facts) {
    it(`${display(left)} ${op} ${display(right)} is ${expected}`, () => {
      expect(result(op, left, right)).toBe(expected);
    });
  }

  it('negates and complements within 64 bits', () => {
    expect([negate(0, AT), negate(-(2n ** 63n), AT), negate(5, AT)]).toEqual([0, -(2n ** 63n), -5]);
    expect(Object.is(negate(0, AT), 0)).toBe(true);
    expect(Object.is((negate(float(0), AT) as Float).value, -0)).toBe(true); // negate gives a Float for one
    expect([bitNot(5, AT), bitNot(-1, AT), bitNot(2 ** 53 - 1, AT), bitNot(-(2n ** 53n), AT)]).toEqual([
      -6,
      0,
      -(2n ** 53n),
      2 ** 53 - 1,
    ]);
  });

  /** Ints of every size, most of them near a border. */
  const ints = fc
    .tuple(fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 8n), fc.bigInt(-70n, 7n), fc.boolean())
    .map(([base, offset, negative]) => wrapInt(negative ? -(base + offset) : base + offset));
  const mixed = fc.oneof(ints, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(wrapInt), fc.integer());

  it('agrees with exact arithmetic cut to 64 bits, in the canonical form', () => {
    // biome-ignore format: a table is read in rows
    const exact: { readonly [op: string]: (a: bigint, b: bigint) => bigint } = {
      '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '&': (a, b) => a & b, '|': (a, b) => a | b, '^': (a, b) => a ^ b,
    };
    fc.assert(
      fc.property(mixed, mixed, fc.constantFrom(...Object.keys(exact)), (a: Int, b: Int, op) => {
        const got = binary[op]?.(a, b, AT);
        const expected = wrapInt(exact[op]?.(BigInt(a), BigInt(b)) ?? 0n);
        return Object.is(got, expected);
      }),
      { numRuns: 20_000 },
    );
  });

  it('divides and takes remainders like exact arithmetic', () => {
    fc.assert(
      fc.property(mixed, mixed, (a: Int, b: Int) => {
        fc.pre(b !== 0);
        const [x, y] = [BigInt(a), BigInt(b)];
        if (!Object.is(rem(a, b, AT), wrapInt(x % y))) return false;
        const quotient = div(a, b, AT);
        if (x % y === 0n) return Object.is(quotient, wrapInt(x / y));
        return quotient instanceof Float && quotient.value === Number(a) / Number(b);
      }),
      { numRuns: 20_000 },
    );
  });

  it('shifts like exact arithmetic cut to 64 bits', () => {
    fc.assert(
      fc.property(mixed, fc.integer({ min: 0, max: 70 }), (a: Int, by) => {
        const shiftedLeft = Object.is(shiftLeft(a, by, AT), wrapInt(BigInt(a) << BigInt(by)));
        return shiftedLeft && Object.is(shiftRight(a, by, AT), wrapInt(BigInt(a) >> BigInt(by)));
      }),
      { numRuns: 20_000 },
    );
  });

  it('raises to whole powers as closely as JavaScript does', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), fc.integer({ min: -40, max: 40 }), (x, y) => {
        const got = floatPower(x, y);
        const native = x ** y;
        if (got !== native) expect(Math.abs(got / native - 1)).toBeLessThan(1e-13);
      }),
    );
  });
});

describe('operators on strings, lists and bools', () => {
  it('+ makes a new string', () => {
    const a = str('ab');
    const joined = add(a, str('c'), AT);
    expect(display(joined)).toBe("'abc'");
    expect(display(a)).toBe("'ab'");
  });

  it('<< appends in place and gives the left value, also to itself', () => {
    const s = str('ab');
    expect(shiftLeft(s, s, AT)).toBe(s);
    expect(s.text).toBe('abab');
    const list: Value[] = [1];
    expect(shiftLeft(list, list, AT)).toBe(list);
    expect(list.length).toBe(2);
    expect(list[1]).toBe(list);
    shiftLeft(list, undefined, AT);
    expect(list[2]).toBe(null);
  });

  it('<< appends no item above the most that a list holds', () => {
    const list: Value[] = [];
    list.length = MAX_ITEMS; // V8 allocates no memory for missing items
    expect(() => shiftLeft(list, 1, AT)).toThrow(ProgramError);
    expect(list).toHaveLength(MAX_ITEMS);
  });

  it('appends a long string to itself', () => {
    const s = str('0123456789'.repeat(60));
    for (let i = 0; i < 3; i++) shiftLeft(s, str('x'), AT);
    shiftLeft(s, s, AT);
    const half = `${'0123456789'.repeat(60)}xxx`;
    expect(s.text).toBe(half + half);
  });

  it('& | ^ work bytewise, the shorter side filled up with zeros', () => {
    expect(result('^', str('abc'), str('12'))).toBe("'PPc'");
    expect(result('&', str('abc'), str('____'))).toBe("'ABC\0'");
    expect(result('|', str('A'), str('  b'))).toBe("'a b'");
    expect(result('^', str(''), str(''))).toBe("''");
  });

  it('compares strings by unsigned bytes', () => {
    expect(less(str('a'), str('\xff'), AT)).toBe(true);
    expect(less(str('Z'), str('a'), AT)).toBe(true);
    expect(less(str(''), str('a'), AT)).toBe(true);
    expect(greater(str('ab'), str('a'), AT)).toBe(true);
    expect(lessEqual(str('a'), str('a'), AT) && greaterEqual(str('a'), str('a'), AT)).toBe(true);
  });

  it('joins bools; a left side that decides hides what the right one is', () => {
    // biome-ignore format: a table is read in rows
    const facts = [
      [true, '|', 5, 'true'], [true, '+', null, 'true'], [false, '&', str('x'), 'false'], [false, '*', undefined, 'false'],
      [false, '|', true, 'true'], [false, '+', false, 'false'], [true, '&', false, 'false'], [true, '*', true, 'true'],
      [true, '^', true, 'false'], [true, '^', false, 'true'],
      [false, '|', null, '! Cannot | incompatible values false, ?'], [true, '&', 1, '! Cannot & incompatible values true, 1'],
    ] as const;
    for (const [a, op, b, expected] of facts) {
      expect([a, op, b, result(op, a, b)]).toEqual([a, op, b, expected]);
    }
  });
});
