/**
 * The frame of data that a page sends next. What programs send within one turn of the event loop leaves together, since a message costs a
 * browser more than its bytes do; a full frame leaves at once. There is one array for all frames: a WebSocket has copied what it sends
 * when the call returns.
 */
import { MOST_DATA, PAYLOAD_AT, writeHeader } from '../../builtins/sockets/tunnel/frames.ts';
import { codec } from '../../language/values/values.ts';

const FRAME_BYTES = PAYLOAD_AT + MOST_DATA;

export class DataFrame {
  readonly #send: (frame: Uint8Array) => void;
  #frame: Uint8Array | null = null;
  #stream = 0;
  #end = PAYLOAD_AT;
  #isFlushing = false;

  constructor(send: (frame: Uint8Array) => void) {
    this.#send = send;
  }

  /** Adds `size` bytes from `at` on. */
  add(stream: number, data: string | Uint8Array, at: number, size: number): void {
    if (stream !== this.#stream) this.flush();
    this.#stream = stream;
    this.#frame ??= new Uint8Array(FRAME_BYTES);
    const end = at + size;
    for (let from = at; from < end; ) {
      const to = Math.min(end, from + FRAME_BYTES - this.#end);
      if (typeof data !== 'string') this.#frame.set(data.subarray(from, to), this.#end);
      else codec.encode(to - from === data.length ? data : data.slice(from, to), this.#frame, this.#end);
      this.#end += to - from;
      from = to;
      if (this.#end === FRAME_BYTES) this.flush();
    }
    if (this.#end === PAYLOAD_AT || this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(this.#flushSoon);
  }

  /** Sends what there is. */
  flush(): void {
    const end = this.#end;
    if (end === PAYLOAD_AT || this.#frame === null) return;
    this.#end = PAYLOAD_AT;
    writeHeader(this.#frame, this.#stream, 'data');
    this.#send(this.#frame.subarray(0, end));
  }

  readonly #flushSoon = (): void => {
    this.#isFlushing = false;
    this.flush();
  };
}
