/**
 * Reads the messages on one connection with llhttp, the strict parser of Node's own `http`.
 *
 * The parser stops after each message, so that what follows can wait: `unparsed` has those bytes. Events are reported when llhttp has
 * returned, because a program may do anything in them.
 */

import { toText } from '../bytes.ts';
import { llhttp } from '../llhttp-data.ts';

/** What is used of llhttp. Pointers are numbers. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(size: number): number;
  free(pointer: number): void;
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_execute(parser: number, data: number, length: number): number;
  llhttp_finish(parser: number): number;
  llhttp_resume(parser: number): void;
  llhttp_resume_after_upgrade(parser: number): void;
  llhttp_get_error_pos(parser: number): number;
  llhttp_get_error_reason(parser: number): number;
  llhttp_get_method(parser: number): number;
  llhttp_method_name(method: number): number;
  llhttp_get_http_major(parser: number): number;
  llhttp_get_http_minor(parser: number): number;
}

const REQUEST = 1;
const RESPONSE = 2;
const OK = 0;
const PAUSED = 21;
const PAUSED_UPGRADE = 22;
const SKIP_BODY = 1;
/** Ends parsing with an error of ours. */
const STOP = -1;

/** Bytes that are handed to llhttp at a time. */
const CHUNK_BYTES = 64 * 1024;
/** Header lines that are kept. A head with more is too long. */
const MOST_HEADER_LINES = 1000;
const NOTHING = new Uint8Array(0);

export interface MessageHead {
  /** Of a request. */
  readonly method: string;
  readonly url: string;
  /** Of a response. */
  readonly status: number;
  /** '1.1' */
  readonly version: string;
  /** A name, its value, the next name. */
  readonly headers: readonly string[];
  /** Whether the connection can be used for another message. */
  readonly keepsAlive: boolean;
  /** Whether another protocol is asked for, or follows. */
  readonly isUpgrade: boolean;
}

export interface MessageEvents {
  head(head: MessageHead): void;
  body(text: string): void;
  /** The message is complete. `next` goes on with the following one. */
  complete(): void;
  /** The stream is malformed or too long. Nothing more is parsed. */
  malformed(fault: MessageFault): void;
}

export interface MessageFault {
  readonly kind: 'head-too-long' | 'eof' | 'malformed';
  readonly reason: string;
}

/** llhttp, loaded once. */
let loading: Promise<Llhttp> | null = null;

export async function loadParser(): Promise<Llhttp> {
  loading ??= Llhttp.load(Uint8Array.from(atob(llhttp), (digit) => digit.charCodeAt(0)));
  try {
    return await loading;
  } catch (error) {
    loading = null;
    throw error;
  }
}

/** The instance that all parsers share. Its callbacks go to the parser that runs. */
export class Llhttp {
  readonly exports: Exports;
  /** A piece of its memory for the bytes that are parsed. */
  readonly chunk: number;
  running: Parser | null = null;

  static async load(code: BufferSource): Promise<Llhttp> {
    const loaded = { self: null as Llhttp | null };
    const parser = (): Parser => loaded.self?.running as Parser; // callbacks come only while one runs
    const { instance } = await WebAssembly.instantiate(code, {
      env: {
        wasm_on_message_begin: () => parser().onBegin(),
        wasm_on_status: () => OK,
        wasm_on_url: (_p: number, at: number, length: number) => parser().onUrl(at, length),
        wasm_on_header_field: (_p: number, at: number, length: number) => parser().onName(at, length),
        wasm_on_header_value: (_p: number, at: number, length: number) => parser().onValue(at, length),
        wasm_on_headers_complete: (_p: number, status: number, upgrade: number, keepAlive: number) =>
          parser().onHead(status, keepAlive !== 0, upgrade !== 0),
        wasm_on_body: (_p: number, at: number, length: number) => parser().onBody(at, length),
        wasm_on_message_complete: () => parser().onComplete(),
      },
    });
    loaded.self = new Llhttp(instance.exports as unknown as Exports); // the names are those of undici's build
    return loaded.self;
  }

  private constructor(exports: Exports) {
    this.exports = exports;
    exports._initialize();
    this.chunk = exports.malloc(CHUNK_BYTES);
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, at, length);
  }

  /** A text of C. */
  text(at: number): string {
    if (at === 0) return '';
    const memory = new Uint8Array(this.exports.memory.buffer);
    return toText(memory.subarray(at, memory.indexOf(0, at)));
  }
}

export class Parser {
  readonly #llhttp: Llhttp;
  readonly #events: MessageEvents;
  readonly #pointer: number;
  maxHeadBytes: number;
  /** The next message is an answer to HEAD, which has no body. */
  skipsBody = false;
  /** Bytes after the last message. */
  unparsed: Uint8Array = NOTHING;
  #isFreed = false;
  #isStopped = false;
  /** A message is complete, and the next one may not begin yet. */
  #isWaiting = false;
  #hasBegun = false;
  #headBytes = 0;
  #isHeadDone = false;
  #url = '';
  #headers: string[] = [];
  /** The last entry of `#headers` is a name that is not complete. */
  #isInName = false;
  #isTooLong = false;
  #pending: (() => void)[] = [];

  constructor(llhttp: Llhttp, kind: 'request' | 'response', maxHeadBytes: number, events: MessageEvents) {
    this.#llhttp = llhttp;
    this.#events = events;
    this.maxHeadBytes = maxHeadBytes;
    this.#pointer = llhttp.exports.llhttp_alloc(kind === 'request' ? REQUEST : RESPONSE);
  }

  /** Whether part of a message has arrived and the rest has not. */
  get isInMessage(): boolean {
    return this.#hasBegun;
  }

  /** Parses bytes, which the caller may reuse afterwards. Those of the next message wait for `next`. */
  feed(bytes: Uint8Array): void {
    if (this.#isFreed || this.#isStopped) return;
    if (this.#isWaiting) {
      const joined = new Uint8Array(this.unparsed.length + bytes.length);
      joined.set(this.unparsed);
      joined.set(bytes, this.unparsed.length);
      this.unparsed = joined;
      return;
    }
    for (let at = 0; at < bytes.length && !this.#isFreed && !this.#isStopped; ) {
      const piece = bytes.subarray(at, at + CHUNK_BYTES);
      const parsed = this.#execute(piece);
      at += parsed;
      if (!this.#isWaiting) {
        this.#report();
        continue;
      }
      this.unparsed = bytes.slice(at);
      this.#report();
      return;
    }
  }

  /** Goes on with the bytes after a message. */
  next(): void {
    if (this.#isFreed || !this.#isWaiting) return;
    this.#isWaiting = false;
    const bytes = this.unparsed;
    this.unparsed = NOTHING;
    this.feed(bytes);
  }

  /** The stream has ended. */
  finish(): void {
    if (this.#isFreed || this.#isStopped || this.#isWaiting) return;
    const { exports } = this.#llhttp;
    const code = this.#run(() => exports.llhttp_finish(this.#pointer));
    if (code !== OK && code !== PAUSED) this.#fail({ kind: 'eof', reason: 'unexpected EOF' });
    else if (this.isInMessage) this.#fail({ kind: 'eof', reason: 'unexpected EOF' });
    this.#report();
  }

  /** Frees its memory. Nothing is parsed any more. */
  free(): void {
    if (this.#isFreed) return;
    this.#isFreed = true;
    this.#pending = [];
    this.#llhttp.exports.llhttp_free(this.#pointer);
  }

  /** Returns the number of bytes that were parsed. */
  #execute(piece: Uint8Array): number {
    const { exports, chunk } = this.#llhttp;
    this.#llhttp.bytes(chunk, piece.length).set(piece);
    const code = this.#run(() => exports.llhttp_execute(this.#pointer, chunk, piece.length));
    if (code === OK) return piece.length;
    const parsed = exports.llhttp_get_error_pos(this.#pointer) - chunk;
    if (code === PAUSED) {
      exports.llhttp_resume(this.#pointer);
      return parsed;
    }
    if (code === PAUSED_UPGRADE) {
      exports.llhttp_resume_after_upgrade(this.#pointer);
      return parsed;
    }
    const reason = this.#llhttp.text(exports.llhttp_get_error_reason(this.#pointer));
    if (this.#isTooLong) this.#fail({ kind: 'head-too-long', reason: '' });
    else this.#fail({ kind: 'malformed', reason });
    return piece.length;
  }

  #run(call: () => number): number {
    this.#llhttp.running = this;
    const code = call();
    this.#llhttp.running = null;
    return code;
  }

  #fail(fault: MessageFault): void {
    this.#isStopped = true;
    this.#pending.push(() => this.#events.malformed(fault));
  }

  #report(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const report of pending) if (!this.#isFreed) report();
  }

  // ---- what llhttp calls ----

  onBegin(): number {
    this.#hasBegun = true;
    return OK;
  }

  onUrl(at: number, length: number): number {
    this.#url += this.#text(at, length);
    return this.#count(length);
  }

  onName(at: number, length: number): number {
    if (this.#isHeadDone) return this.#count(length); // a trailer
    if (this.#isInName) this.#headers[this.#headers.length - 1] += this.#text(at, length);
    else this.#headers.push(this.#text(at, length));
    this.#isInName = true;
    return this.#headers.length > MOST_HEADER_LINES * 2 ? this.#tooLong() : this.#count(length);
  }

  onValue(at: number, length: number): number {
    if (this.#isHeadDone) return this.#count(length);
    if (this.#isInName) this.#headers.push(this.#text(at, length));
    else this.#headers[this.#headers.length - 1] += this.#text(at, length);
    this.#isInName = false;
    return this.#count(length);
  }

  onHead(status: number, keepsAlive: boolean, isUpgrade: boolean): number {
    const { exports } = this.#llhttp;
    const pointer = this.#pointer;
    const head: MessageHead = {
      method: this.#llhttp.text(exports.llhttp_method_name(exports.llhttp_get_method(pointer))),
      url: this.#url,
      status,
      version: `${exports.llhttp_get_http_major(pointer)}.${exports.llhttp_get_http_minor(pointer)}`,
      headers: this.#headers,
      keepsAlive,
      isUpgrade,
    };
    this.#isHeadDone = true;
    this.#url = '';
    this.#headers = [];
    this.#isInName = false;
    this.#pending.push(() => this.#events.head(head));
    return this.skipsBody ? SKIP_BODY : OK;
  }

  onBody(at: number, length: number): number {
    const text = this.#text(at, length);
    this.#pending.push(() => this.#events.body(text));
    return OK;
  }

  onComplete(): number {
    this.#isWaiting = true;
    this.#hasBegun = false;
    this.#isHeadDone = false;
    this.#headBytes = 0;
    this.#pending.push(() => this.#events.complete());
    return PAUSED;
  }

  #text(at: number, length: number): string {
    return toText(this.#llhttp.bytes(at, length));
  }

  /** Counts bytes of the head, and those of trailers. */
  #count(length: number): number {
    this.#headBytes += length;
    return this.#headBytes > this.maxHeadBytes ? this.#tooLong() : OK;
  }

  #tooLong(): number {
    this.#isTooLong = true;
    return STOP;
  }
}
