/** Numbers as text: how floats are shown, and what the builtins `int` and `float` accept. */

const INT64_MAX = 9223372036854775807n;
const INT64_MIN = -9223372036854775808n;

/** A whole number as this runtime holds it: a `number` when that is exact, else a `bigint`. Null outside of 64 bits. */
export function fitInt64(value: bigint): number | bigint | null {
  if (value < INT64_MIN || value > INT64_MAX) return null;
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** The result of `int(text)`: strict decimal with an optional sign, within 64 bits. Null for all else. */
export function parseInt64(text: string): number | bigint | null {
  if (!/^[+-]?[0-9]+$/.test(text)) return null;
  if (text.length <= 15) return Number(text) + 0; // + 0 turns -0 into 0

  const digits = text.replace(/^[+-]?0*/, '');
  if (digits.length > 19) return null;
  const value = BigInt(digits === '' ? '0' : digits);
  return fitInt64(text.startsWith('-') ? -value : value);
}

const DIGITS = '[0-9]+(?:_[0-9]+)*';
const HEX_DIGITS = '[0-9a-f]+(?:_[0-9a-f]+)*';
const DECIMAL = new RegExp(`^[+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:e[+-]?${DIGITS})?$`, 'i');
const HEXADECIMAL = new RegExp(
  `^([+-]?)0x_?(?:(${HEX_DIGITS})(?:\\.(${HEX_DIGITS})?)?|\\.(${HEX_DIGITS}))p([+-]?${DIGITS})$`,
  'i',
);

/**
 * The result of `float(text)`: a decimal or hexadecimal float, `inf`, `infinity` or `nan`, as Go's `strconv.ParseFloat` reads them.
 * Null for all else, and for a value out of range.
 */
export function parseFloatText(text: string): number | null {
  if (DECIMAL.test(text)) {
    const value = Number(text.replaceAll('_', ''));
    return Number.isFinite(value) ? value : null;
  }
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  return parseHexFloat(text);
}

function parseHexFloat(text: string): number | null {
  const match = HEXADECIMAL.exec(text.toLowerCase());
  if (match === null) return null;

  const fraction = (match[3] ?? match[4] ?? '').replaceAll('_', '');
  let digits = ((match[2] ?? '').replaceAll('_', '') + fraction).replace(/^0+/, '');
  let exponent = Number((match[5] ?? '').replaceAll('_', '')) - 4 * fraction.length;
  if (digits === '') return match[1] === '-' ? -0 : 0;
  if (digits.length > 32) {
    exponent += 4 * (digits.length - 32);
    digits = `${digits.slice(0, 31)}1`; // far below the precision: any digit but 0 keeps the rounding right
  }

  let value = Number(BigInt(`0x${digits}`));
  exponent = Math.max(-3000, Math.min(3000, exponent));
  while (exponent !== 0) {
    const step = Math.max(-500, Math.min(500, exponent));
    value *= 2 ** step;
    exponent -= step;
  }
  if (!Number.isFinite(value)) return null;
  return match[1] === '-' ? -value : value;
}

/**
 * A float as `string` shows it: the shortest digits that read back as the same float; positional from 0.0001 up to below
 * 1000000, else with a signed exponent of at least two digits (`1e+06`).
 */
export function formatFloat(x: number): string {
  if (x === 0) return Object.is(x, -0) ? '-0' : '0';
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return x > 0 ? '+Inf' : '-Inf';

  const size = Math.abs(x);
  if (size >= 1e-4 && size < 1e6) return String(x);
  return x.toExponential().replace(/(?<sign>[+-])(?<digit>\d)$/, '$<sign>0$<digit>');
}
