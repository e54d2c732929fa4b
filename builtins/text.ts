/** Strings as bytes: `bits` and `utf16`. */

import { mistake } from '../language/runtime/errors.ts';
import { utf8Decode } from '../language/values/bytes.ts';
import { codec, Str, type Value } from '../language/values/values.ts';
import { any, text } from './params.ts';
import { type Builtin, builtin } from './registry.ts';
import { inSlices, type Work } from './time-slices.ts';

/** Bytes that are looked at in one slice. */
const SLICE = 2 ** 16;

/** V8 has no list for more items. */
const MOST_ITEMS = 2 ** 27 - 1;

function* toBits(bytes: string): Work<Value> {
  if (bytes.length > MOST_ITEMS)
    throw mistake('too-large', { says: `bits() takes at most ${MOST_ITEMS} bytes, got ${bytes.length}` });
  const codes: Value[] = new Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    codes[i] = bytes.charCodeAt(i);
    if ((i + 1) % SLICE === 0) yield;
  }
  return codes;
}

function fromBits(codes: readonly Value[]): Value {
  const bytes = new Uint8Array(codes.length);
  for (let i = 0; i < bytes.length; i++) {
    const code = codes[i];
    if (typeof code !== 'number' || code < 0 || code > 255) {
      throw mistake('argument', { says: 'bits(list) expects byte values 0-255, got', value: code });
    }
    bytes[i] = code;
  }
  return new Str(codec.decode(bytes, 0, bytes.length));
}

/** The text in UTF-16, little endian, with the two zero bytes that end such a text for Windows. */
function* toUtf16(bytes: string): Work<Value> {
  const decoded = `${utf8Decode(bytes)}\0`;
  const units = new Uint8Array(2 * decoded.length);
  for (let i = 0; i < decoded.length; i++) {
    const unit = decoded.charCodeAt(i);
    units[2 * i] = unit;
    units[2 * i + 1] = unit >> 8;
    if ((i + 1) % SLICE === 0) yield;
  }
  return new Str(codec.decode(units, 0, units.length));
}

export const textBuiltins: readonly Builtin[] = [
  builtin({
    name: 'bits',
    group: 'text',
    help: 'the bytes of a string as a list of ints, or the string of such a list',
    params: [any('bytes')],
    suspends: true,
    run(machine, value) {
      if (value instanceof Str) return inSlices(machine, toBits(value.text));
      if (Array.isArray(value)) return fromBits(value);
      throw mistake('argument', { says: 'bits() expects a list of bytes or a byte string, got', value });
    },
  }),
  builtin({
    name: 'utf16',
    group: 'text',
    help: 'UTF-8 text as UTF-16 (little endian), with two zero bytes at the end',
    params: [text('text')],
    suspends: true,
    run: (machine, given) => inSlices(machine, toUtf16(given.text)),
  }),
];
