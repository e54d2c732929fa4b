/** What MD5 and the SHA family share: blocks, and padding with a one bit, zeros and the length in bits. */
import { codec } from '../../language/values/values.ts';
import type { Hash } from './backend.ts';

export interface Compression {
  /** Bytes of a block: 64 or 128. */
  readonly blockSize: number;
  readonly littleEndian: boolean;
  /** The state at the beginning, in words of 32 bits. */
  readonly start: Int32Array;
  /** Mixes a block into the state. */
  mix(state: Int32Array, block: DataView): void;
}

export class BlockHash implements Hash {
  readonly #kind: Compression;
  readonly #state: Int32Array;
  readonly #block: Uint8Array;
  readonly #view: DataView;
  #filled = 0;
  #size = 0;

  constructor(kind: Compression, from?: BlockHash) {
    this.#kind = kind;
    this.#state = Int32Array.from(from === undefined ? kind.start : from.#state);
    this.#block = new Uint8Array(kind.blockSize);
    this.#view = new DataView(this.#block.buffer);
    if (from !== undefined) this.#size = from.#size;
  }

  /** A hash that goes on from here, where a whole number of blocks was added. */
  fork(): BlockHash {
    return new BlockHash(this.#kind, this);
  }

  update(bytes: string): void {
    this.#size += bytes.length;
    this.#add(bytes);
  }

  #add(bytes: string): void {
    for (let i = 0; i < bytes.length; i++) {
      this.#block[this.#filled++] = bytes.charCodeAt(i);
      if (this.#filled === this.#block.length) this.#mix();
    }
  }

  #mix(): void {
    this.#kind.mix(this.#state, this.#view);
    this.#filled = 0;
  }

  digest(): string {
    const { blockSize, littleEndian } = this.#kind;
    const size = this.#size;
    this.#add('\x80');
    if (this.#filled > blockSize - blockSize / 8) this.#add('\0'.repeat(blockSize - this.#filled));
    this.#block.fill(0, this.#filled);
    this.#view.setUint32(blockSize - (littleEndian ? 8 : 4), size << 3, littleEndian);
    this.#view.setUint32(blockSize - (littleEndian ? 4 : 8), Math.floor(size / 2 ** 29), littleEndian);
    this.#mix();
    const out = new DataView(new ArrayBuffer(this.#state.length * 4));
    for (const [i, word] of this.#state.entries()) out.setInt32(i * 4, word, littleEndian);
    return codec.decode(new Uint8Array(out.buffer), 0, out.byteLength);
  }
}
