/** The mathematical builtins: ints or floats in, always floats out. What is not defined is a mistake in the program. */
import { mistake } from '../language/runtime/errors.ts';
import { floatPower } from '../language/runtime/operators.ts';
import { Float } from '../language/values/values.ts';
import { number } from './params.ts';
import { type Builtin, builtin } from './registry.ts';

function unary(name: string, help: string, compute: (x: number) => number): Builtin {
  return builtin({ name, group: 'math', help, params: [number('n')], run: (_machine, n) => new Float(compute(n)) });
}

/** The inverse of a function whose values lie in [-1, 1]. */
function inverse(name: string, help: string, compute: (x: number) => number): Builtin {
  return unary(name, help, (x) => {
    if (x > 1 || x < -1) {
      throw mistake('domain', { says: `${name}() takes a number in range [-1, 1], got ${sixDecimals(x)}` });
    }
    return compute(x);
  });
}

/** As C's `%f` shows a number out of [-1, 1]. */
function sixDecimals(x: number): string {
  if (Math.abs(x) === Number.POSITIVE_INFINITY) return x > 0 ? '+Inf' : '-Inf';
  if (Math.abs(x) < 1e21) return x.toFixed(6);
  return `${BigInt(x)}.000000`; // a float this large is whole
}

function power(base: number, exponent: number): Float {
  if (base === 0 && exponent === 0) throw mistake('domain', { says: 'pow(0, 0) is not defined' });
  if (base < 0 && !Number.isInteger(exponent)) {
    throw mistake('domain', { says: 'pow() of negative number to fractional exponent is not defined' });
  }
  return new Float(floatPower(base, exponent));
}

function logarithm(base: number, n: number): Float {
  if (base === 0) throw mistake('domain', { says: 'log(0, _) is not defined' });
  if (n === 0) throw mistake('domain', { says: 'log(_, 0) is not defined' });
  return new Float(Math.log2(n) / Math.log2(base));
}

export const mathBuiltins: readonly Builtin[] = [
  unary('sin', 'the sine of an angle in radians', Math.sin),
  unary('cos', 'the cosine of an angle in radians', Math.cos),
  unary('tan', 'the tangent of an angle in radians', Math.tan),
  inverse('asin', 'the angle in radians that has this sine', Math.asin),
  inverse('acos', 'the angle in radians that has this cosine', Math.acos),
  unary('atan', 'the angle in radians that has this tangent', Math.atan),
  builtin({
    name: 'pow',
    group: 'math',
    help: 'base to the power of exponent',
    params: [number('base'), number('exponent')],
    run: (_machine, base, exponent) => power(base, exponent),
  }),
  builtin({
    name: 'log',
    group: 'math',
    help: 'the logarithm of n to a base',
    params: [number('base'), number('n')],
    run: (_machine, base, n) => logarithm(base, n),
  }),
];
