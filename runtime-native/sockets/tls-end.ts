/**
 * How an encrypted stream ended: with the peer's goodbye (close_notify), between two records, or inside one.
 *
 * Node reports all three as `end`. What it does show is enough to tell them apart:
 *
 * - At a close_notify the socket below is still being read; at its own end the system has stopped reading it.
 * - The socket counts the raw bytes, and each record is one `push` of its content. A record adds a fixed number of bytes to its
 *   content (AEAD ciphers), so the raw bytes that belong to no whole record are the beginning of one that was cut.
 *
 * Where the records begin behind the handshake is known from the raw count when the keys were made (`keylog`) and the sizes of the
 * messages that follow (RFC 8446, section 4.4.4 and 4.6.1; RFC 5246, section 7.4.9; RFC 5077, section 3.3). Peers may send messages
 * that this does not know; then the lowest position at which a record was seen to end is taken.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** What Node's handle has for this; not in its declarations. */
interface Handle {
  readonly reading?: boolean;
  readStart?(): number;
  readStop?(): number;
  /** Fails once the connection is gone. */
  getpeername?(into: object): number;
}

/** A record with a change_cipher_spec. */
const CCS_BYTES = 6;
/** What a session ticket of TLS 1.3 has beside the ticket, with the nonce of 8 bytes that OpenSSL sends. */
const TICKET_13_BYTES = 47;
/** The same for TLS 1.2. */
const TICKET_12_BYTES = 15;

export class TlsEnd {
  /** The peer has said goodbye. */
  isClean = false;
  /** The peer has reset the connection, and a write of the handshake's last messages got the error instead of the read. */
  isReset = false;
  readonly #stream: TLSSocket;
  readonly #plain: Socket;
  readonly #isServer: boolean;
  /** The raw count when the first and the last keys were made. */
  #atFirstKeys = 0;
  #atLastKeys = 0;
  /** The bytes of session tickets, without what their records add. */
  #ticketBytes = 0;
  #tickets = 0;
  #records = 0;
  #contentBytes = 0;
  /** What a record adds to its content; 0 before the first record, -1 where it varies. */
  #overhead = 0;
  /** The lowest raw position, less all records, at which a record was seen, and whether two reads of the socket agree on it. */
  #lowest = Number.POSITIVE_INFINITY;
  #lowestAt = 0;
  #isConfirmed = false;

  constructor(stream: TLSSocket, plain: Socket, isServer: boolean) {
    this.#stream = stream;
    this.#plain = plain;
    this.#isServer = isServer;
    stream.on('keylog', () => {
      this.#atLastKeys = plain.bytesRead;
      this.#atFirstKeys ||= this.#atLastKeys;
    });
    if (!isServer) {
      stream.on('session', () => {
        this.#tickets++;
        this.#ticketBytes += stream.getTLSTicket()?.length ?? 0;
      });
    }
    const push = stream.push.bind(stream);
    stream.push = (chunk: Buffer | null, encoding) => {
      if (chunk === null) this.#ended();
      else this.#record(chunk.length);
      return push(chunk, encoding);
    };
  }

  #record(size: number): void {
    this.#overhead ||= overheadOf(this.#stream);
    this.#records++;
    this.#contentBytes += size;
    const raw = this.#plain.bytesRead;
    const start = raw - this.#recordBytes();
    if (start < this.#lowest) {
      this.#lowest = start;
      this.#lowestAt = raw;
      this.#isConfirmed = false;
    } else if (start === this.#lowest && raw !== this.#lowestAt) {
      this.#isConfirmed = true;
    }
  }

  #recordBytes(): number {
    return this.#contentBytes + this.#records * this.#overhead;
  }

  #ended(): void {
    const { _handle: handle } = this.#plain as Socket & { _handle?: Handle | null };
    if (handle?.readStart === undefined || this.isClean) return;
    if (handle.reading !== true) {
      this.isClean = true; // we had stopped reading, so the end came with bytes that were read before
      return;
    }
    this.isClean = handle.readStart() !== 0; // it says that it reads already
    if (this.isClean) return;
    handle.readStop?.();
    this.isReset = (handle.getpeername?.({}) ?? 0) !== 0;
  }

  /** Whether the stream was cut inside a record. */
  get isCut(): boolean {
    if (this.isClean) return false;
    this.#overhead ||= overheadOf(this.#stream);
    if (this.#overhead < 0) return false; // it cannot be known
    const start = this.#isConfirmed ? this.#lowest : Math.min(this.#lowest, this.#firstRecord());
    return this.#plain.bytesRead - this.#recordBytes() > start;
  }

  /** Where the first record of data begins, as far as the handshake shows. */
  #firstRecord(): number {
    const stream = this.#stream;
    const { standardName: cipher = '' } = stream.getCipher() ?? {};
    if (stream.getProtocol() === 'TLSv1.3') {
      if (!this.#isServer) return this.#atLastKeys + this.#ticketBytes + this.#tickets * TICKET_13_BYTES;
      if (stream.getPeerX509Certificate() !== undefined) return Number.POSITIVE_INFINITY; // it came in messages of unknown size
      const hashBytes = cipher.endsWith('SHA384') ? 48 : 32;
      return this.#atFirstKeys + CCS_BYTES + this.#overhead + 4 + hashBytes;
    }
    const finishedBytes = this.#overhead + 16;
    if (this.#isServer) return this.#atLastKeys + (stream.isSessionReused() ? CCS_BYTES + finishedBytes : 0);
    if (stream.isSessionReused()) return this.#atLastKeys;
    const ticket = stream.getTLSTicket()?.length;
    return this.#atLastKeys + (ticket === undefined ? 0 : TICKET_12_BYTES + ticket) + CCS_BYTES + finishedBytes;
  }
}

/** What a record adds to its content: header, nonce, content type and tag (RFC 8446, section 5.2; RFC 5288, section 3; RFC 7905, section 2). */
function overheadOf(stream: TLSSocket): number {
  const { standardName: cipher = '' } = stream.getCipher() ?? {};
  const tag = cipher.includes('CCM_8') ? 8 : 16;
  if (stream.getProtocol() === 'TLSv1.3') return 5 + 1 + tag;
  if (cipher.includes('CHACHA20')) return 5 + tag;
  return /GCM|CCM/.test(cipher) ? 5 + 8 + tag : -1;
}
