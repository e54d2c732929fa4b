/** Units that are a single token, numerals above all, and how errors show a token. */

import { fitInt64 } from '../values/numbers.ts';
import type { Expr } from './ast.ts';
import type { Token } from './lexer.ts';
import { quoteBytes } from './syntax-text.ts';

/** The node of a single token, or null if it is none. */
export function wordNode({ kind, text, at, start, end }: Token): Expr | null {
  switch (kind) {
    case 'name':
      return { kind: 'name', name: text, at, start, end };
    case 'string':
      return { kind: 'string', text, at, start, end };
    case 'number': {
      if (isFloat(text)) {
        const value = Number(text); // digits, dot, exponent: the same grammar as JavaScript's, NaN otherwise
        return Number.isFinite(value) ? { kind: 'float', value, at, start, end } : null;
      }
      const value = intValue(text);
      return value === null ? null : { kind: 'int', value, at, start, end };
    }
    case 'true':
    case 'false':
      return { kind: 'bool', value: kind === 'true', at, start, end };
    case '?':
      return { kind: 'null', at, start, end };
    case '_':
      return { kind: 'empty', at, start, end };
    default:
      return null;
  }
}

function isFloat(text: string): boolean {
  return /^[0-9.]*[.eE]/.test(text);
}

function intValue(text: string): number | bigint | null {
  if (/^[0-9]+$/.test(text)) {
    const digits = text.replace(/^0+(?=.)/, '');
    return digits.length < 16 ? Number(digits) : digits.length > 19 ? null : fitInt64(BigInt(digits));
  }
  const digits = text.slice(2).replace(/^0+(?=.)/, '');
  if (!/^0[xXbB]/.test(text) || digits === '' || digits.length > 64) return null;
  return fitInt64(BigInt(text.slice(0, 2).toLowerCase() + digits));
}

/** Why a numeral is none, in the words of the number parser of the reference. */
export function numeralError(text: string): string {
  if (/^0[xXbB]/.test(text)) {
    return `strconv.ParseInt: parsing ${quoteBytes(text.slice(2))}: ${text.length === 2 ? 'invalid syntax' : 'value out of range'}`;
  }
  if (/[xXbB]/.test(text)) return `Malformed number ${text}: a number in another base begins with 0x or 0b`;
  const floating = isFloat(text);
  const wellFormed = /^[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text);
  return `strconv.${floating ? 'ParseFloat' : 'ParseInt'}: parsing ${quoteBytes(text)}: ${wellFormed ? 'value out of range' : 'invalid syntax'}`;
}

/** A token as errors show it, in byte text. */
export function tokenText(token: Token): string {
  switch (token.kind) {
    case 'name':
      return `var(${token.text})`;
    case 'number':
      return `number(${token.text})`;
    case 'string':
      return `string(${quoteBytes(token.text)})`;
    default:
      return token.kind;
  }
}
