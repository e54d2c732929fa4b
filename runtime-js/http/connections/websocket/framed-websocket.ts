/** A WebSocket over a connection of a program's network, after the handshake. Messages are not compressed. */
import type { WebSocketConnection, WebSocketEvents } from '../../../../builtins/http/backend.ts';
import { type Connection, type ConnectionEvents, writeTo } from '../../../../builtins/sockets/backend.ts';
import { type FrameEvents, type FrameFault, FrameReader, type FrameRules } from './frame-reader.ts';
import { closePayload, maskedFrame, OPCODE, plainFrame } from './frames.ts';

/** A sender waits while this much is not sent. */
const HIGH_WATER = 64 * 1024;
/** A peer whose bytes have more pings in one piece, or that does not read the answers, is cut off. */
const MOST_PINGS = 60;
/** The connection ended without a closing handshake. */
const CUT = { code: 1006, reason: 'unexpected EOF' } as const;

/** What a handshake has agreed on. */
export interface Agreed extends FrameRules {
  readonly protocol: string;
}

export class FramedWebSocket implements WebSocketConnection, ConnectionEvents, FrameEvents {
  readonly canPing = true;
  readonly local: string;
  readonly remote: string;
  readonly protocol: string;
  bytesOut = 0;
  readonly #connection: Connection;
  readonly #isServer: boolean;
  readonly #reader: FrameReader;
  /** Called when the connection is let go of. */
  readonly #onOver: () => void;
  #events: WebSocketEvents | null = null;
  #isCloseSent = false;
  #isOver = false;
  /** Pings in the bytes that are read. */
  #pings = 0;

  constructor(connection: Connection, agreed: Agreed, onOver: () => void) {
    this.#connection = connection;
    this.local = connection.local;
    this.remote = connection.remote;
    this.protocol = agreed.protocol;
    this.#isServer = agreed.isMasked;
    this.#reader = new FrameReader(this, agreed);
    this.#onOver = onOver;
  }

  attach(events: WebSocketEvents): void {
    this.#events = events;
  }

  // ---- what the program does ----

  send(text: string, opcode: number): boolean {
    if (this.#isCloseSent || this.#isOver) return true;
    return this.#write(opcode, text) || this.#connection.unsent() < HIGH_WATER;
  }

  #write(opcode: number, text: string): boolean {
    const frame = this.#isServer ? plainFrame(opcode, text) : maskedFrame(opcode, text);
    this.bytesOut += frame.length;
    return writeTo(this.#connection, frame);
  }

  close(code: number, reason: string): void {
    if (this.#isCloseSent || this.#isOver) return;
    this.#isCloseSent = true;
    this.#write(OPCODE.close, closePayload(code, reason));
  }

  terminate(): void {
    if (this.#isOver) return;
    this.#connection.close(false);
    this.#end(CUT);
  }

  /** The program has ended. What was sent still goes out. */
  leave(): void {
    if (this.#isOver) return;
    this.#events = null;
    this.#connection.close(true);
    this.#end(CUT);
  }

  pause(): void {
    if (!this.#isOver) this.#connection.pause();
  }

  resume(): void {
    if (!this.#isOver) this.#connection.resume();
  }

  // ---- events of the connection ----

  data(bytes: Uint8Array): void {
    this.#pings = 0;
    this.#reader.feed(bytes);
  }

  ended(): void {
    if (this.#isOver) return;
    this.#connection.close(true);
    this.#end(CUT);
  }

  drained(): void {
    this.#events?.drained();
  }

  failed(): void {
    this.#end(CUT);
  }

  // ---- events of the frames ----

  message(text: string, opcode: 1 | 2): void {
    this.#events?.message(text, opcode);
  }

  ping(text: string): void {
    if (this.#isCloseSent) return;
    if (++this.#pings > MOST_PINGS || this.#connection.unsent() > HIGH_WATER) this.terminate();
    else this.#write(OPCODE.pong, text);
  }

  pong(): void {
    this.#events?.pong();
  }

  closes(code: number, reason: string): void {
    this.close(code, reason);
    this.#connection.close(true);
    this.#end({ code, reason });
  }

  broken({ code, words, closeCode }: FrameFault): void {
    this.#events?.failed(code, words);
    this.close(closeCode, '');
    if (this.#isOver) return; // the program has dropped it
    this.#connection.close(true);
    this.#end(CUT);
  }

  #end({ code, reason }: { readonly code: number; readonly reason: string }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.stop();
    this.#onOver();
    const events = this.#events;
    this.#events = null;
    events?.closed(code, reason);
  }
}
