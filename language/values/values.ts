/**
 * What Magnolia values are in JavaScript.
 *
 * | Magnolia | JavaScript |
 * |---|---|
 * | `?` | `null` |
 * | `_` | `EMPTY` |
 * | int | `number` when it is a safe integer, else `bigint`: always the one canonical form |
 * | float | `Float` |
 * | bool | `boolean` |
 * | atom | interned `Atom`, compared by identity |
 * | string | `Str`, a mutable byte string |
 * | list | array |
 * | object | `Obj`, or `Table` once it is used as a hash table |
 * | function, class, builtin | function; the name and the position of its `fn` follow from its JavaScript name |
 *
 * *Byte text* is a JavaScript string with one character (0 to 255) for each byte. V8 stores it one byte a character, and finds,
 * slices and joins it natively. `undefined` is never a value: it marks a variable that is not set and an argument not given.
 */

import { asBytes, type ByteText } from './bytes.ts';

/** What a call returns while its thread is being suspended: the caller saves its frame and returns it, too. */
export class Suspended {
  readonly kind = 'suspended';
}
export const SUSPENDED: Suspended = Object.freeze(new Suspended());

/** The value `_`. */
export class Empty {
  readonly kind = 'empty';
}
export const EMPTY: Empty = Object.freeze(new Empty());

/** A float; keeps `2.0` and `2` apart. */
export class Float {
  constructor(readonly value: number) {}
}

/** An atom; `name` is byte text. Only `atom()` makes them, one for each name. */
export class Atom {
  constructor(readonly name: string) {}
}

const atoms = new Map<string, WeakRef<Atom>>();
const forgottenAtoms = new FinalizationRegistry<string>((name) => {
  if (atoms.get(name)?.deref() === undefined) atoms.delete(name);
});

/** The one atom with this name. Atoms that nothing refers to any more are forgotten. */
export function atom(name: string): Atom {
  const known = atoms.get(name)?.deref();
  if (known !== undefined) return known;
  const made = new Atom(name);
  atoms.set(name, new WeakRef(made));
  forgottenAtoms.register(made, name);
  return made;
}

/** How a host turns bytes into byte text and back; Node's Buffer does it many times faster than the loops below. */
export interface Codec {
  decode(bytes: Uint8Array, start: number, end: number): ByteText;
  /** Writes all of `text` at `at`; there is room. */
  encode(text: string, into: Uint8Array, at: number): void;
}

export const codec: Codec = {
  decode(bytes, start, end) {
    let text = '';
    for (let at = start; at < end; at += 8192) {
      text += String.fromCharCode.apply(null, bytes.subarray(at, Math.min(end, at + 8192)) as unknown as number[]);
    }
    return asBytes(text);
  },
  encode(text, into, at) {
    for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i);
  },
};

/** The longest text that JavaScript can hold (V8: 2^29 - 24); no string may be longer. */
export const MAX_TEXT = 2 ** 29 - 24;

/** The most items of a list: V8 ends the process when an array of more has to grow. */
export const MAX_ITEMS = 2 ** 26;

const NO_TEXT = asBytes('');

/** Bytes that are being appended to or written in place: as text, as an array of doubling capacity, or both; or as they came, in chunks. */
class Grown {
  text: ByteText | null;
  bytes: Uint8Array | null;
  /** The arrays that it consists of, while nothing but its length was asked for. */
  chunks: readonly Uint8Array[] | null = null;
  length: number;
  /** Somebody else reads the array, too: before one of its bytes is overwritten there has to be another. */
  isShared = false;
  /** Pieces were put behind the text: V8 copies all of it when it is next read. */
  isJoined = false;
  /** That has happened once: the next time there will be an array instead. */
  #wasJoined = false;
  /** How many bytes have been read in parts since there was a text of all. */
  #read = 0;

  /** One of both is there, or `chunks` are set at once. */
  constructor(text: ByteText | null, bytes: Uint8Array | null = null) {
    this.text = text;
    this.bytes = bytes;
    this.length = text?.length ?? bytes?.length ?? 0;
  }

  /** The array, with room for `capacity` bytes. */
  reserve(capacity: number): Uint8Array {
    const old = this.bytes;
    if (old !== null && old.length >= capacity) return old;
    return this.#move(capacity);
  }

  /** The same, to overwrite bytes in it. */
  own(capacity: number): Uint8Array {
    return this.isShared ? this.#move(capacity) : this.reserve(capacity);
  }

  #move(capacity: number): Uint8Array {
    const old = this.bytes;
    if (capacity > MAX_TEXT) throw new RangeError('Invalid string length'); // as V8 words it
    const roomToGrow = this.chunks === null ? Math.max(this.length * 2, 512) : 0; // chunks are joined to be read
    const size = Math.min(Math.max(capacity, roomToGrow), MAX_TEXT);
    if (size >= HEAVY_PIECE) heavyWork.allocate(size);
    const bytes = new Uint8Array(size);
    if (old !== null) bytes.set(old.subarray(0, this.length));
    else if (this.chunks !== null) joinInto(bytes, this.chunks);
    else codec.encode(this.text as string, bytes, 0); // one of the three is there
    this.bytes = bytes;
    this.chunks = null;
    this.isShared = false;
    this.isJoined = false;
    return bytes;
  }

  toText(): ByteText {
    if (this.text === null) this.text = codec.decode(this.reserve(this.length), 0, this.length);
    return this.text;
  }

  /** A part of it. Parts that are read between changes cost what they are long, not what the string is long. */
  slice(start: number, end: number): ByteText {
    if (this.isJoined && this.bytes === null) {
      this.isJoined = false;
      if (this.#wasJoined) {
        this.reserve(this.length);
        this.text = null;
      }
      this.#wasJoined = true;
    }
    if (this.text !== null) return asBytes(this.text.slice(start, end));
    const stop = Math.min(end, this.length);
    if (start >= stop) return NO_TEXT;
    this.#read += stop - start;
    if (this.#read < this.length) return codec.decode(this.reserve(this.length), start, stop);
    this.#read = 0;
    return asBytes(this.toText().slice(start, end));
  }
}

function joinInto(bytes: Uint8Array, chunks: readonly Uint8Array[]): void {
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
}

/** Up to here a string is simply concatenated; a string this short is cheap to flatten. */
const SHORT_STRING = 256;
/** From here on a piece is concatenated natively rather than copied into the array. */
const LONG_PIECE = 64;

/** From here on copying a piece is charged to the thread that runs. */
const HEAVY_PIECE = 16 * 1024;
/** Receives how many bytes an operation copies, so that a thread of few but long operations yields in time. */
export const heavyWork = {
  charge(_bytes: number): void {},
  /** Called before an array of so many bytes is made; throws to refuse it. */
  allocate(_bytes: number): void {},
};

/** A mutable byte string. `raw` is its byte text, or the buffer that it grows in: use `text`, `length` and `codeAt`. */
export class Str {
  raw: ByteText | Grown;

  constructor(text: ByteText) {
    this.raw = text;
  }

  /** A string of arrays of bytes, which are its own from now on. They become one array or text when that is asked for. */
  static ofChunks(chunks: readonly Uint8Array[]): Str {
    const made = new Str(NO_TEXT);
    const [first] = chunks;
    const raw = new Grown(null, chunks.length === 1 && first !== undefined ? first : null);
    if (chunks.length > 1) {
      raw.chunks = chunks;
      for (const chunk of chunks) raw.length += chunk.length;
    }
    made.raw = raw;
    return made;
  }

  /** Its bytes as an array, for read access, also later. From now on the string is held as that array. */
  shareBytes(): Uint8Array {
    let raw = this.raw;
    if (typeof raw !== 'string' && raw.chunks !== null) raw.reserve(raw.length);
    if (typeof raw === 'string' || raw.bytes === null) {
      const bytes = new Uint8Array(raw.length);
      codec.encode(this.text, bytes, 0);
      raw = new Grown(null, bytes);
      this.raw = raw;
    }
    raw.isShared = true;
    return (raw.bytes as Uint8Array).subarray(0, raw.length); // one that is made of bytes has them
  }

  /** Whether it is held as text, so that asking for that costs nothing. */
  get isText(): boolean {
    return typeof this.raw === 'string' || this.raw.text !== null;
  }

  /** All bytes as byte text. */
  get text(): ByteText {
    const raw = this.raw;
    return typeof raw === 'string' ? raw : raw.toText();
  }

  get length(): number {
    return this.raw.length;
  }

  /** Whether it is held as one text, so that reading in that costs nothing either. */
  get isFlat(): boolean {
    const raw = this.raw;
    return typeof raw === 'string' || (raw.text !== null && !raw.isJoined);
  }

  /** The bytes from an index (not negative) to before another, as far as there are any. */
  slice(start: number, end: number): ByteText {
    const raw = this.raw;
    return typeof raw === 'string' ? asBytes(raw.slice(start, end)) : raw.slice(start, end);
  }

  /** The byte at `index`, which is in range. */
  codeAt(index: number): number {
    const raw = this.raw;
    if (typeof raw === 'string') return raw.charCodeAt(index);
    return (raw.bytes ?? raw.reserve(raw.length))[index] as number; // in range, says the caller
  }

  /** Appends in place. */
  append(piece: ByteText): void {
    if (piece.length >= HEAVY_PIECE) heavyWork.charge(piece.length);
    const raw = this.raw;
    if (typeof raw === 'string') {
      if (raw.length + piece.length <= SHORT_STRING || raw.length === 0) {
        this.raw = asBytes(raw + piece);
        return;
      }
      this.raw = new Grown(raw);
      this.append(piece);
      return;
    }
    if (raw.bytes === null && raw.text !== null && piece.length >= LONG_PIECE) {
      raw.text = asBytes(raw.text + piece);
      raw.isJoined = true;
      raw.length += piece.length;
      return;
    }
    const end = raw.length + piece.length;
    const bytes = raw.bytes !== null && raw.bytes.length >= end ? raw.bytes : raw.reserve(end);
    if (piece.length === 1) bytes[raw.length] = piece.charCodeAt(0);
    else codec.encode(piece, bytes, raw.length);
    raw.length = end;
    raw.text = null;
  }

  /** Overwrites from `index` (0 to length) on; grows when the piece runs past the end. */
  write(index: number, piece: ByteText): void {
    const end = index + piece.length;
    let raw = this.raw;
    if (typeof raw === 'string') {
      if (raw.length <= LONG_PIECE) {
        this.raw = asBytes(raw.slice(0, index) + piece + raw.slice(end));
        return;
      }
      raw = new Grown(raw);
      this.raw = raw;
    }
    const bytes = raw.own(Math.max(end, raw.length));
    codec.encode(piece, bytes, index);
    if (end > raw.length) raw.length = end;
    raw.text = null;
  }
}

/** A new Magnolia string of byte text, ASCII for example. Other text goes through `utf8Encode` first. */
export function str(text: string): Str {
  return new Str(asBytes(text));
}

/**
 * An object with its keys (byte text) as its own properties, and nothing else on its prototype chain: `__proto__` and
 * `constructor` are plain keys. A plain constructor rather than a class, because a class cannot be given such a prototype.
 */
export interface Obj {
  [key: string]: Value;
}
export const Obj = function Obj() {} as unknown as { new (): Obj; prototype: Obj };
Obj.prototype = Object.create(null);

// V8 decides how many properties an Obj holds inside itself from the first ones that are made: give it room for six.
for (let i = 0; i < 16; i++) {
  const sample = new Obj();
  sample.a = i;
  sample.b = i;
  sample.c = i;
  sample.d = i;
  sample.e = i;
  sample.f = i;
}

/** An object that turned out to be a hash table: the same value (identity is kept) with another prototype and its keys in a Map. */
export interface Table {
  entries: Map<string, Value>;
}
export const Table = function Table() {} as unknown as { new (): Table; prototype: Table };
Table.prototype = Object.create(null);

/** A function, builtin or class: called with its arguments as they are, a missing one being `undefined`. */
// biome-ignore lint/suspicious/noExplicitAny: the arguments of a Magnolia function are what the program passes
export type Fn = (...args: any[]) => Value | Suspended;

/** An address as a value: it can be computed with and compared, and there is nothing behind it to read. */
export class Pointer {
  constructor(readonly address: Int) {}
}

export type Int = number | bigint;
export type Value = null | Empty | Int | Float | boolean | Atom | Str | Value[] | Obj | Table | Fn | Pointer;

export function isObject(value: unknown): value is Obj | Table {
  return value instanceof Obj || value instanceof Table;
}

/**
 * Whether a value is a float. Comparing the constructor is faster than `instanceof`, for which V8 walks the prototypes each time. An
 * object with a key `constructor` is never mistaken for one: the key holds a value of the program, and `Float` is not such a value.
 */
export function isFloat(value: Value | undefined): value is Float {
  return value?.constructor === Float;
}

export function isInt(value: unknown): value is Int {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** The value under a key of an object, or undefined. */
export function getKey(object: Obj | Table, key: string): Value | undefined {
  return object instanceof Table ? object.entries.get(key) : object[key];
}

/** Above this number of keys an object that is given computed keys becomes a table. */
const TABLE_SIZE = 64;
/** Counting keys is slow, so it is done once for many new computed keys. */
const COUNT_EVERY = 32;
let newKeys = 0;

/** Sets a key that the program computed (a name written in the program is set directly). */
export function setKey(object: Obj | Table, key: string, value: Value): void {
  if (object instanceof Table) {
    object.entries.set(key, value);
    return;
  }
  if (object[key] === undefined && ++newKeys % COUNT_EVERY === 0 && Object.keys(object).length > TABLE_SIZE) {
    if (Object.getPrototypeOf(object) === Obj.prototype) {
      toTable(object).entries.set(key, value);
      return;
    }
  }
  object[key] = value;
}

function toTable(object: Obj): Table {
  const entries = new Map<string, Value>();
  for (const key of Object.keys(object)) {
    entries.set(key, object[key] as Value); // its own key
    delete object[key];
  }
  Object.setPrototypeOf(object, Table.prototype);
  const table = object as unknown as Table; // it has just become one
  table.entries = entries;
  return table;
}

export function deleteKey(object: Obj | Table, key: string): void {
  if (object instanceof Table) object.entries.delete(key);
  else if (Object.hasOwn(object, key)) delete object[key];
  else if (object[key] !== undefined) hiddenKeys(object)?.remove(key);
}

/** The keys of an object in the order in which they were made (integer-like ones may come first). */
export function keysOf(object: Obj | Table): string[] {
  const keys = listKeys(object);
  if (keys.length >= MANY_KEYS) heavyWork.charge(keys.length * BYTES_OF_KEY);
  return keys;
}

/** From here on listing keys is charged to the thread that runs. */
const MANY_KEYS = 1024;
/** Listing a key takes about as long as copying this many bytes. */
const BYTES_OF_KEY = 64;

function listKeys(object: Obj | Table): string[] {
  if (object instanceof Table) return [...object.entries.keys()];
  const hidden = hiddenKeys(object);
  return hidden === undefined ? Object.keys(object) : [...hidden.list(), ...Object.keys(object)];
}

export function sizeOf(object: Obj | Table): number {
  return object instanceof Table ? object.entries.size : keysOf(object).length;
}

/** How a module object, whose variables are accessors on its own prototype, tells and removes its keys. */
export interface HiddenKeys {
  list(): string[];
  remove(key: string): void;
}
export const HIDDEN = Symbol('hidden keys');

function hiddenKeys(object: Obj): HiddenKeys | undefined {
  return (object as unknown as { [HIDDEN]?: HiddenKeys })[HIDDEN];
}

/** A new object with these entries. */
export function obj(entries: { readonly [key: string]: Value }): Obj {
  const made = new Obj();
  for (const key of Object.keys(entries)) made[key] = entries[key] as Value; // its own key
  return made;
}

/** A failure outside the program, as a value: `{type: :error, error: text}`. The text is byte text: it may quote strings of the program. */
export function failure(text: string): Obj {
  const made = new Obj();
  made.type = ERROR;
  made.error = new Str(asBytes(text));
  return made;
}
const ERROR = atom('error');

const STATICS = Symbol('statics');

/** Makes a function the value of a class, with its static members. */
export function markClass(fn: Fn, statics: Obj): Fn {
  (fn as unknown as { [STATICS]: Obj })[STATICS] = statics;
  return fn;
}

/** The static members of a class; undefined for a value that is not a class. */
export function staticsOf(value: Value): Obj | undefined {
  return typeof value === 'function' ? (value as unknown as { [STATICS]?: Obj })[STATICS] : undefined;
}

/** The last argument of a call that spreads a long list: what does not fit on the native stack. */
export class Spread {
  constructor(readonly items: Value[]) {}
}

/** Up to here all arguments go on the native stack; its depth is bounded by the number of calls alone. */
const MOST_ARGUMENTS = 64;

/** Calls `fn` with a list of arguments, however long. A function is given as many as it has parameters, the others in a `Spread`. */
export function callWith(fn: Fn, args: readonly Value[]): Value | Suspended {
  if (args.length <= MOST_ARGUMENTS) return fn(...args);
  const direct = Math.min(fn.length, args.length);
  return fn(...args.slice(0, direct), new Spread(args.slice(direct)));
}

const BELOW_SAFE = BigInt(Number.MIN_SAFE_INTEGER) - 1n;

/** The int that is canonical for a bigint, wrapped to 64 bits. */
export function wrapInt(value: bigint): Int {
  const wrapped = BigInt.asIntN(64, value);
  // V8 does this test of the magnitude without leaving its machine code; only -2^53 passes it and is not safe.
  return BigInt.asIntN(54, wrapped) === wrapped && wrapped !== BELOW_SAFE ? Number(wrapped) : wrapped;
}
