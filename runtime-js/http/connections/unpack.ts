/** gzip, with the streams of the browser. */
import type { BodyEvents } from '../../../builtins/http/backend.ts';
import type { ErrorCode } from '../../../builtins/sockets/backend.ts';
import { toBytes, toText } from '../bytes.ts';

/** Packed bytes that may wait to be unpacked. */
const MOST_PACKED_BYTES = 256 * 1024;

/** Takes the packed body of an answer, and reports the unpacked one. The call is over when that has ended. */
export class Unpacker implements BodyEvents {
  readonly #call: { readonly events: BodyEvents; isOver: boolean };
  readonly #source: { pause(): void; resume(): void };
  readonly #stream = new DecompressionStream('gzip');
  readonly #writer = this.#stream.writable.getWriter();
  #packedBytes = 0;
  /** Why the packed body is not complete. */
  #cut: [detail: string, code: ErrorCode] | null = null;
  #isPaused = false;
  #isStopped = false;
  #goOn = (): void => {};

  constructor(call: { readonly events: BodyEvents; isOver: boolean }, source: { pause(): void; resume(): void }) {
    this.#call = call;
    this.#source = source;
    const { events } = call;
    this.#read().then(
      () => this.#settle(() => events.ended()),
      () => this.#settle(() => events.failed(...(this.#cut ?? (['gzip: malformed data', 'protocol'] as const)))),
    );
  }

  async #read(): Promise<void> {
    const reader = this.#stream.readable.getReader();
    for (;;) {
      while (this.#isPaused && !this.#isStopped) {
        await new Promise<void>((done) => {
          this.#goOn = done;
        });
      }
      const { done, value } = await reader.read();
      if (done || this.#isStopped) return;
      this.#call.events.data(toText(value));
    }
  }

  #settle(report: () => void): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#call.isOver = true;
    report();
  }

  data(text: string): void {
    this.#packedBytes += text.length;
    if (this.#packedBytes > MOST_PACKED_BYTES) this.#source.pause();
    const taken = (): void => {
      this.#packedBytes -= text.length;
      if (this.#packedBytes <= MOST_PACKED_BYTES / 2) this.#source.resume();
    };
    this.#writer.write(toBytes(text)).then(taken, ignore);
  }

  ended(): void {
    this.#writer.close().catch(ignore);
  }

  failed(detail: string, code: ErrorCode): void {
    this.#cut = [detail, code];
    this.#writer.abort().catch(ignore);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#goOn();
  }

  /** The program wants no more of it. */
  stop(): void {
    this.#isStopped = true;
    this.#goOn();
    this.#writer.abort().catch(ignore);
  }
}

function ignore(): void {}

/** Packs a text. */
export async function packed(text: string): Promise<string> {
  const packing = new Blob([toBytes(text)]).stream().pipeThrough(new CompressionStream('gzip'));
  return toText(new Uint8Array(await new Response(packing).arrayBuffer()));
}
