/**
 * The read buffer of a socket: bytes go in as they arrive, and come out as some, an exact number, a line, or up to a delimiter.
 *
 * Three parts, in the order of the stream. A small *window* of text, `#text` from `#at` on, out of which short reads are sliced
 * without calling the host; the bytes that were not decoded yet, `#bytes` from `#start` to `#end`; and large chunks as they came,
 * `#chunks`, which there are only while there are no such bytes. A read that the window cannot serve first puts the window's rest back in
 * front of the bytes (`#undecode`) and then works on bytes alone; a long one takes the chunks, and nothing is copied.
 *
 * - A slice keeps the whole string alive that it was cut from. The window is small, so a program that keeps one line of
 *   many keeps about as much again, not the 64 KB that arrived with it; and no line is copied for that.
 * - Only new bytes are searched (`#searched`), so a long line costs no more for coming in many pieces, and a million
 *   chunks of a byte are one array of a million bytes.
 * - Nothing is allocated by the size of a request, only by what has arrived.
 * - A window ends with a line, if one ends near its end, so that hardly any line lies across two of them.
 * - What a waiting read wants in any case is made into text as it comes: in one step when a chunk is large, in pieces of a
 *   MiB otherwise. A long block so never exists twice, and no array has to grow with it. The window is longer for that time.
 */
import { asBytes, type ByteText, NO_BYTES } from '../../language/values/bytes.ts';
import { codec } from '../../language/values/values.ts';
import { MOST_UNREAD } from './limits.ts';

/** How many bytes become text at a time. Measured with short lines: 256 costs twice as much, more than this gains nothing. */
const WINDOW = 1024;
/** A read up to this long is cut from the window, a longer one is decoded by itself. */
const SHORT_READ = 128;
/** Text that is collected for a long read is made in pieces of this size. V8 keeps strings of a MiB outside of its heap. */
const PIECE = 1 << 20;
/** A chunk of this size stays as it came. */
const LARGE_CHUNK = 1 << 14;
/** A read of this size may have parts of chunks, which it then keeps alive. */
const LONG_READ = 1 << 15;
/** So far back from the end of a window the end of a line is looked for. */
const NEAR_END = 128;
/** Arrays of this size are handed from one busy reader to the next. */
const SHARED_SIZE = 1 << 17;
const SPARE_ARRAYS = 8;

/** What there is room for before a peer is held back: the last chunk may come above the limit. Only longer reads need more. */
const MOST_HELD = MOST_UNREAD + 64 * 1024;

const NOTHING = new Uint8Array(0);
const NO_CHUNKS: Uint8Array[] = [];
const LF = '\n';
const LF_BYTE = 10;
const CR = 13;

const spare: Uint8Array[] = [];

/** Answers a search that has not found its delimiter within the limit. */
export const TOO_LONG = Symbol('too long');

export type ReadKind = 'recv' | 'recvExact' | 'recvLine' | 'recvUntil' | 'recvThrough' | 'recvPacket' | 'recvAll' | 'peek';

/** How many bytes a read will take in any case; 0 where that is not known. */
export function wantedBy({ kind, size }: { readonly kind: ReadKind; readonly size: number }): number {
  return kind === 'recvExact' ? size : kind === 'recvAll' ? Number.POSITIVE_INFINITY : 0;
}

export class Reader {
  #text = NO_BYTES;
  #at = 0;
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;
  /** Up to here `#bytes` hold no start of what was last searched for. */
  #searched = 0;
  #searchedFor = LF;
  #chunks: Uint8Array[] = NO_CHUNKS;
  #chunkBytes = 0;

  /** How many bytes there are. */
  get unread(): number {
    return this.#text.length - this.#at + this.#end - this.#start + this.#chunkBytes;
  }

  /**
   * Adds bytes that arrived. The caller may reuse the array afterwards, unless `isGiven`: then it belongs to the reader. `wanted` is the
   * number of bytes that a waiting read takes; 0 if that is not known.
   */
  push(chunk: Uint8Array, wanted = 0, isGiven = false): void {
    if (isGiven && this.#start === this.#end && chunk.length >= (this.#chunkBytes === 0 ? LARGE_CHUNK : WINDOW)) {
      if (wanted === 0 || (wanted >= LARGE_CHUNK && wanted < PIECE)) {
        this.#keep(chunk);
        return;
      }
    }
    this.#settle();
    if (wanted > 0 && this.#collect(chunk, wanted - this.unread, isGiven)) return;
    const size = chunk.length;
    if (this.#start === this.#end) {
      if (this.#at === this.#text.length && size <= WINDOW) {
        this.#text = codec.decode(chunk, 0, size);
        this.#at = 0;
        return;
      }
      if (!this.#isCollecting()) this.#undecode();
    }
    this.#makeRoom(size);
    this.#bytes.set(chunk, this.#end);
    this.#end += size;
  }

  #keep(chunk: Uint8Array): void {
    if (this.#chunkBytes === 0) this.#chunks = [];
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
  }

  /** 1 to `size` bytes, as many as there are, as the arrays in which they came; null where that is not known, or would keep too much alive. */
  takeChunks(size: number): Uint8Array[] | null {
    if (this.#chunkBytes === 0) return null;
    const chunks = this.#chunks;
    const rest = this.#text.length - this.#at;
    const taken = Math.min(size, rest + this.#chunkBytes);
    let left = taken - rest;
    let count = 0;
    while (count < chunks.length && (chunks[count] as Uint8Array).length <= left) left -= (chunks[count++] as Uint8Array).length; // in range
    if (taken < LONG_READ && (left !== 0 || rest > 0)) return null;
    const parts = chunks.splice(0, count);
    const [split] = chunks;
    if (split !== undefined && left > 0) {
      parts.push(split.subarray(0, left));
      chunks[0] = split.subarray(left);
    }
    if (rest > 0) {
      const first = new Uint8Array(rest);
      codec.encode(this.#text.slice(this.#at), first, 0);
      parts.unshift(first);
      this.#text = NO_BYTES;
      this.#at = 0;
    }
    this.#chunkBytes -= taken - rest;
    return parts;
  }

  /** Puts chunks that were left as they came among the bytes. */
  #settle(): void {
    if (this.#chunkBytes === 0) return;
    const chunks = this.#chunks;
    this.#chunks = NO_CHUNKS;
    this.#chunkBytes = 0;
    for (const chunk of chunks) this.push(chunk);
  }

  /** Makes text of what a waiting read will take. Whether the chunk is used up. */
  #collect(chunk: Uint8Array, missing: number, isGiven: boolean): boolean {
    const held = this.#end - this.#start;
    const isWorthIt = missing < PIECE ? chunk.length >= LARGE_CHUNK : held + chunk.length >= PIECE;
    if (!isWorthIt) return false;
    const size = Math.min(chunk.length, missing);
    const before = this.#text.slice(this.#at) + codec.decode(this.#bytes, this.#start, this.#end);
    this.#text = asBytes(before + codec.decode(chunk, 0, size));
    this.#at = this.#start = this.#end = this.#searched = 0;
    if (size === chunk.length) return true;
    if (isGiven) this.#keep(chunk.subarray(size));
    else this.push(chunk.subarray(size));
    return true;
  }

  /** The read for which text was collected will not take it: a line that is kept must not keep all of it. */
  putBack(): void {
    if (this.#isCollecting()) this.#undecode();
  }

  /** Whether the text is more than a window. */
  #isCollecting(): boolean {
    return this.#text.length - this.#at > WINDOW;
  }

  /** 1 to `size` bytes, as many as there are; null when there are none. */
  takeSome(size: number): ByteText | null {
    const unread = this.unread;
    return unread === 0 ? null : this.#take(Math.min(size, unread));
  }

  /** The same without taking them. */
  peekSome(size: number): ByteText | null {
    if (this.unread === 0) return null;
    this.#settle();
    const text = this.#text.slice(this.#at, this.#at + size);
    return asBytes(text + codec.decode(this.#bytes, this.#start, Math.min(this.#end, this.#start + size - text.length)));
  }

  /** `size` bytes; null while there are fewer. */
  takeExact(size: number): ByteText | null {
    return size > this.unread ? null : this.#take(size);
  }

  /** Everything. */
  takeAll(): ByteText {
    return this.#take(this.unread);
  }

  /** All bytes, copied. */
  takeBytes(): Uint8Array {
    this.#undecode();
    const bytes = this.#bytes.slice(this.#start, this.#end);
    this.#start = this.#end;
    this.#release();
    return bytes;
  }

  /** Drops everything: there will be no more reads. */
  drop(): void {
    this.#text = NO_BYTES;
    this.#at = 0;
    this.#chunks = NO_CHUNKS;
    this.#chunkBytes = 0;
    this.#start = this.#end;
    this.#release();
  }

  /**
   * The line that comes next without its LF and the CRs before that; null while its end has not come,
   * `TOO_LONG` when there are more than `limit` bytes before it.
   */
  takeLine(limit: number): ByteText | null | typeof TOO_LONG {
    if (this.#at === this.#text.length) this.#nextWindow();
    const text = this.#text;
    const at = this.#at;
    const found = text.indexOf('\n', at);
    if (found >= 0) {
      if (found - at > limit + (text.charCodeAt(found - 1) === CR ? 1 : 0)) return TOO_LONG;
      this.#at = found + 1;
      return withoutCRs(text, at, found);
    }
    this.#settle();
    if (this.#start === this.#end) {
      return text.length - at > limit + (text.charCodeAt(text.length - 1) === CR ? 1 : 0) ? TOO_LONG : null;
    }
    return this.#takeLineOfBytes(limit);
  }

  /** What is left, which has no line end, as a last line. */
  takeLastLine(): ByteText {
    const rest = this.takeAll();
    return withoutCRs(rest, 0, rest.length);
  }

  /** The text before the delimiter (not empty), which is taken away, too; else as `takeLine`. */
  takeUntil(delimiter: string, limit: number): ByteText | null | typeof TOO_LONG {
    this.#undecode();
    if (this.#searchedFor !== delimiter) {
      this.#searchedFor = delimiter;
      this.#searched = 0;
    }
    const last = this.#end - delimiter.length;
    const first = delimiter.charCodeAt(0);
    let found = this.#find(first, Math.max(this.#searched, this.#start));
    while (found >= 0 && found <= last && !this.#matches(delimiter, found)) found = this.#find(first, found + 1);
    if (found < 0 || found > last) {
      this.#searched = Math.max(0, last + 1);
      return last - this.#start >= limit ? TOO_LONG : null;
    }
    this.#searched = found; // it is found again at once if there is too much before it
    if (found - this.#start > limit) return TOO_LONG;
    const data = codec.decode(this.#bytes, this.#start, found);
    this.#start = found + delimiter.length;
    this.#release();
    return data;
  }

  /**
   * The text after a length of `width` bytes, the highest first; null while it has not all come, the length itself when
   * that is above `limit`. Nothing is taken then.
   */
  takePacket(width: number, limit: number): ByteText | null | number {
    if (this.unread < width) return null;
    this.#undecode();
    let size = 0;
    for (let i = 0; i < width; i++) size = size * 256 + (this.#bytes[this.#start + i] as number); // that many are there
    if (size > limit) return size;
    if (this.#end - this.#start < width + size) return null;
    this.#start += width;
    if (size > 0) return this.#take(size);
    this.#release();
    return NO_BYTES;
  }

  #matches(delimiter: string, at: number): boolean {
    for (let i = 1; i < delimiter.length; i++) if (this.#bytes[at + i] !== delimiter.charCodeAt(i)) return false;
    return true;
  }

  /** How many bytes of a line that ends at an index are part of its end already: a CR does not count. */
  #crBefore(end: number): number {
    return end > this.#start && this.#bytes[end - 1] === CR ? 1 : 0;
  }

  /** The line's end is not in the window. */
  #takeLineOfBytes(limit: number): ByteText | null | typeof TOO_LONG {
    this.#undecode();
    const from = this.#searchedFor === LF ? Math.max(this.#searched, this.#start) : this.#start;
    this.#searchedFor = LF;
    const found = this.#find(LF_BYTE, from);
    if (found < 0) {
      this.#searched = this.#end;
      return this.#end - this.#start > limit + this.#crBefore(this.#end) ? TOO_LONG : null;
    }
    this.#searched = found; // it is found again at once if the line is too long
    if (found - this.#start > limit + this.#crBefore(found)) return TOO_LONG;
    let end = found;
    while (end > this.#start && this.#bytes[end - 1] === CR) end--;
    const line = codec.decode(this.#bytes, this.#start, end);
    this.#start = found + 1;
    this.#fillWindow();
    return line;
  }

  /** `size` bytes, which are there. */
  #take(size: number): ByteText {
    let rest = this.#text.length - this.#at;
    if (size > rest && this.#chunkBytes > 0) {
      this.#settle();
      rest = this.#text.length - this.#at;
    }
    if (size > rest) {
      if (size > SHORT_READ) {
        const end = this.#start + size - rest;
        const data = asBytes(this.#text.slice(this.#at) + codec.decode(this.#bytes, this.#start, end));
        this.#text = NO_BYTES;
        this.#at = 0;
        this.#start = end;
        this.#release();
        return data;
      }
      this.#undecode();
      this.#fillWindow();
      rest = this.#text.length;
    }
    const at = this.#at;
    this.#at = at + size;
    return at === 0 && size === rest ? this.#text : this.#text.slice(at, at + size);
  }

  /** The window is used up: the next one, unless its bytes were searched for the end of a line already. */
  #nextWindow(): void {
    this.#settle();
    if (this.#start < this.#end && (this.#searchedFor !== LF || this.#searched <= this.#start)) this.#fillWindow();
  }

  /** Decodes the next part of the bytes; the window is used up. */
  #fillWindow(): void {
    let end = this.#start + WINDOW;
    if (end < this.#end) end = this.#lineEndBefore(end);
    else end = this.#end;
    this.#text = codec.decode(this.#bytes, this.#start, end);
    this.#at = 0;
    this.#start = end;
    this.#release();
  }

  /** Behind the last LF before an index, if that is near. */
  #lineEndBefore(end: number): number {
    for (let at = end; at > end - NEAR_END; at--) if (this.#bytes[at - 1] === LF_BYTE) return at;
    return end;
  }

  /** Puts the rest of the window back in front of the bytes, where there is room unless it was collected for a long read. */
  #undecode(): void {
    this.#settle();
    const rest = this.#text.length - this.#at;
    if (rest > 0) {
      if (this.#start < rest) {
        const held = this.#bytes.subarray(this.#start, this.#end);
        if (held.length > 0 || this.#bytes.length < rest) this.#bytes = arrayFor(rest + held.length);
        this.#bytes.set(held, rest);
        this.#start = rest;
        this.#end = rest + held.length;
        this.#searched = 0;
      }
      this.#start -= rest;
      codec.encode(this.#text.slice(this.#at), this.#bytes, this.#start);
    }
    this.#text = NO_BYTES;
    this.#at = 0;
  }

  /** Makes sure that `size` bytes fit behind the others. */
  #makeRoom(size: number): void {
    if (this.#end + size <= this.#bytes.length) return;
    if (!this.#isCollecting()) this.#undecode();
    const old = this.#bytes;
    const held = this.#end - this.#start;
    if (held + size <= old.length && held <= this.#start) {
      old.copyWithin(0, this.#start, this.#end);
    } else {
      this.#bytes = arrayFor(Math.max(held + size, held < MOST_UNREAD ? Math.min(held * 2, MOST_HELD) : held * 2));
      this.#bytes.set(old.subarray(this.#start, this.#end));
      giveBack(old);
    }
    this.#searched = Math.max(0, this.#searched - this.#start);
    this.#start = 0;
    this.#end = held;
  }

  /** When no bytes are left: does without the array. */
  #release(): void {
    if (this.#start < this.#end) return;
    this.#start = this.#end = this.#searched = 0;
    if (this.#bytes.length <= WINDOW) return;
    giveBack(this.#bytes);
    this.#bytes = NOTHING;
  }

  /** Where the first such byte is from `from` on; -1 if nowhere. */
  #find(byte: number, from: number): number {
    const end = this.#end;
    if (end - from > 64) {
      const found = this.#bytes.subarray(from, end).indexOf(byte);
      return found < 0 ? -1 : from + found;
    }
    for (let i = from; i < end; i++) if (this.#bytes[i] === byte) return i;
    return -1;
  }
}

function arrayFor(size: number): Uint8Array {
  if (size > SHARED_SIZE) return new Uint8Array(size);
  if (size > SHARED_SIZE / 8) return spare.pop() ?? new Uint8Array(SHARED_SIZE);
  return new Uint8Array(Math.max(size * 2, WINDOW));
}

function giveBack(array: Uint8Array): void {
  if (array.length === SHARED_SIZE && spare.length < SPARE_ARRAYS) spare.push(array);
}

function withoutCRs(text: ByteText, from: number, to: number): ByteText {
  let end = to;
  while (end > from && text.charCodeAt(end - 1) === CR) end--;
  return text.slice(from, end);
}
