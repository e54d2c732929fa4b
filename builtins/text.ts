/** Strings as bytes: `bits` and `utf16`. */
import { fromBytes } from '../language/bytes.ts';
import { ProgramError } from '../language/errors.ts';
import { display } from '../language/render.ts';
import { Str, type Value } from '../language/values.ts';
import { any, text } from './params.ts';
import { type Builtin, builtin } from './registry.ts';

/** How many character codes are made into text at a time. */
const PIECE = 4096;

function toBits(bytes: Str): Value[] {
  const all = bytes.text;
  const codes: Value[] = new Array(all.length);
  for (let i = 0; i < all.length; i++) codes[i] = all.charCodeAt(i);
  return codes;
}

function fromBits(codes: readonly Value[]): Str {
  for (const code of codes) {
    if (typeof code !== 'number' || code < 0 || code > 255) {
      throw new ProgramError(`bits(list) expects byte values 0-255, got ${display(code)}`);
    }
  }
  let bytes = '';
  for (let at = 0; at < codes.length; at += PIECE) {
    bytes += String.fromCharCode(...(codes.slice(at, at + PIECE) as number[])); // the loop above has seen to it
  }
  return new Str(bytes);
}

/** The text in UTF-16, little endian, with the two zero bytes that end such a text for Windows. */
function toUtf16(bytes: string): string {
  const decoded = `${fromBytes(bytes)}\0`;
  let out = '';
  for (let i = 0; i < decoded.length; i++) {
    const unit = decoded.charCodeAt(i);
    out += String.fromCharCode(unit & 0xff, unit >> 8);
  }
  return out;
}

export const textBuiltins: readonly Builtin[] = [
  builtin({
    name: 'bits',
    group: 'text',
    help: 'the bytes of a string as a list of ints, or the string of such a list',
    params: [any('bytes')],
    run(_machine, value) {
      if (value instanceof Str) return toBits(value);
      if (Array.isArray(value)) return fromBits(value);
      throw new ProgramError(`bits() expects a list of bytes or a byte string, got ${display(value)}`);
    },
  }),
  builtin({
    name: 'utf16',
    group: 'text',
    help: 'UTF-8 text as UTF-16 (little endian), with two zero bytes at the end',
    params: [text('text')],
    run: (_machine, given) => new Str(toUtf16(given.text)),
  }),
];
