/** One connection of a page at the gateway: a socket of Node on one side, frames on the other. */
import type { Breakdown, Connection, ConnectionEvents, Failure, TlsOptions } from '../../builtins/sockets/backend.ts';
import { ReceiveCredit, SendCredit } from '../../builtins/sockets/tunnel/credit.ts';
import {
  closeFrame,
  encodeFrame,
  endFrame,
  type Frame,
  MOST_DATA,
  type WayToClose,
  wayToClose,
  windowFrame,
  windowOf,
} from '../../builtins/sockets/tunnel/frames.ts';
import { failedMessage, readUpgrade, type TlsMessage, writeMessage } from '../../builtins/sockets/tunnel/messages.ts';
import { toText } from '../latin1.ts';
import { dataFrame } from './data-frame.ts';

/** With less credit than this the socket is not read: one read brings as much. What was under way all the same is held. */
const ENOUGH_CREDIT = MOST_DATA;

/**
 * A payload that is shorter waits with others of its kind: each write that waits costs Node a hundred bytes, which is much for a page that
 * sends bytes one by one to a peer that reads nothing.
 */
const SHORT = 4096;
const GATHERED = 4 * SHORT;

/** What a stream needs of its page. */
export interface StreamOwner {
  /** `sent` is called when the system has taken the frame. */
  send(frame: Uint8Array, sent?: () => void): void;
  /** The options of TLS for the backend, or what is wrong with their certificates. */
  tlsOptions(tls: TlsMessage): TlsOptions | Failure;
  /** Nothing comes of this stream any more. */
  left(stream: GatewayStream): void;
}

export class GatewayStream implements ConnectionEvents {
  readonly number: number;
  readonly connection: Connection;
  bytesIn = 0;
  bytesOut = 0;
  /** The page has let go; the socket sends the rest. */
  isClosing = false;
  readonly #owner: StreamOwner;
  readonly #toPage = new SendCredit();
  readonly #fromPage = new ReceiveCredit();
  /** What the page has no credit for, and what comes after that. */
  #held: Uint8Array[] = [];
  #afterHeld: (() => void) | null = null;
  /** Bytes of the page that the system has not taken yet. */
  #untaken = 0;
  /** Short payloads among them that were not written yet, since the system takes nothing. */
  #gathered: Buffer | null = null;
  #gatheredBytes = 0;
  #outputEnded = false;
  #isReading = true;
  /** The page has too much unread altogether. */
  #isHeldBack = false;
  /** An upgrade: asked for, and all that came since; or under way. */
  #upgrade: 'none' | 'stopped' | 'running' = 'none';
  #late: Uint8Array[] = [];
  #isOver = false;

  constructor(owner: StreamOwner, number: number, connection: Connection) {
    this.#owner = owner;
    this.number = number;
    this.connection = connection;
    connection.attach(this);
  }

  // ---- from the page ----

  /** Does what a frame says; a text is what is wrong with it. */
  receive({ kind, payload }: Frame): string | null {
    if (this.isClosing) return null;
    switch (kind) {
      case 'data':
        return this.#write(payload);
      case 'window':
        if (!this.#toPage.give(windowOf(payload))) return 'credit that was not taken';
        this.#pump();
        return null;
      case 'end':
        if (this.#outputEnded || this.#upgrade !== 'none') return 'an end that cannot be';
        this.#outputEnded = true;
        this.flush();
        this.connection.end();
        return null;
      case 'close':
        this.close(wayToClose(payload));
        return null;
      case 'upgrade':
        return payload.length === 0 ? this.#stop() : this.#secure(payload);
      case 'open':
      case 'opened':
      case 'failed':
      case 'upgraded':
      case 'accepted':
        return `a frame ${kind} on an open stream`;
    }
  }

  #write(payload: Uint8Array): string | null {
    if (!this.#fromPage.arrived(payload.length)) return 'data without credit';
    if (this.#outputEnded || this.#upgrade !== 'none') return 'data on a stream that takes none';
    this.bytesOut += payload.length;
    if (this.#untaken > 0 && payload.length < SHORT) {
      this.#gather(payload);
      return null;
    }
    this.flush();
    if (this.connection.write(toText(payload)) && this.#untaken === 0) this.#giveBack(payload.length);
    else this.#untaken += payload.length;
    return null;
  }

  #gather(payload: Uint8Array): void {
    if (this.#gatheredBytes + payload.length > GATHERED) this.flush();
    this.#gathered ??= Buffer.allocUnsafeSlow(GATHERED);
    this.#gathered.set(payload, this.#gatheredBytes);
    this.#gatheredBytes += payload.length;
    this.#untaken += payload.length;
  }

  /** Gives the system what has gathered. */
  flush(): void {
    if (this.#gathered === null) return;
    const text = toText(this.#gathered, 0, this.#gatheredBytes);
    this.#gathered = null;
    this.#gatheredBytes = 0;
    this.connection.write(text);
  }

  #giveBack(bytes: number): void {
    const credit = this.#fromPage.used(bytes);
    if (credit > 0) this.#owner.send(windowFrame(this.number, credit));
  }

  /** Lets go of the socket. */
  close(way: WayToClose): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.#held = [];
    this.#late = [];
    this.#afterHeld = null;
    if (way === 'send') this.flush();
    this.#gathered = null;
    if (this.#isOver) this.gone();
    else if (!(way === 'reset' ? this.connection.reset() : this.connection.close(way === 'send'))) this.gone();
  }

  /** The page has room again, or has not. */
  holdBack(isHeldBack: boolean): void {
    this.#isHeldBack = isHeldBack;
    this.#decideReading();
  }

  // ---- to the page ----

  data(bytes: Uint8Array): void {
    if (this.isClosing) return;
    if (this.#upgrade === 'stopped') {
      this.#late.push(bytes.slice());
      return;
    }
    this.bytesIn += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const size = Math.min(bytes.length - at, MOST_DATA, this.#held.length > 0 ? 0 : this.#toPage.left);
      if (size === 0) {
        this.#held.push(bytes.slice(at));
        break;
      }
      this.#send(bytes.subarray(at, at + size));
      at += size;
    }
    this.#decideReading();
  }

  #send(bytes: Uint8Array): void {
    this.#toPage.left -= bytes.length;
    const { frame, sent } = dataFrame(this.number, bytes);
    this.#owner.send(frame, sent);
  }

  /** Sends on what had to wait for credit. */
  #pump(): void {
    for (let first = this.#held[0]; first !== undefined && this.#toPage.left > 0; first = this.#held[0]) {
      const size = Math.min(first.length, MOST_DATA, this.#toPage.left);
      this.#send(first.subarray(0, size));
      if (size < first.length) this.#held[0] = first.subarray(size);
      else this.#held.shift();
    }
    if (this.#held.length === 0) {
      const next = this.#afterHeld;
      this.#afterHeld = null;
      next?.();
    }
    this.#decideReading();
  }

  #decideReading(): void {
    const isReading = !this.#isHeldBack && this.#toPage.left >= ENOUGH_CREDIT;
    if (isReading === this.#isReading || this.isClosing || this.#isOver || this.#upgrade !== 'none') return;
    this.#isReading = isReading;
    if (isReading) this.connection.resume();
    else this.connection.pause();
  }

  /** What comes behind all data. */
  #behindData(next: () => void): void {
    if (this.#held.length === 0) next();
    else this.#afterHeld = next;
  }

  ended(): void {
    const isClean = this.connection.cleanEnd === true;
    this.#behindData(() => this.#owner.send(endFrame(this.number, isClean)));
  }

  drained(): void {
    this.flush();
    const taken = this.#untaken - this.connection.unsent();
    if (taken <= 0) return;
    this.#untaken -= taken;
    this.#giveBack(taken);
  }

  failed(breakdown: Breakdown): void {
    if (this.isClosing) return; // `gone` follows
    this.#isOver = true;
    this.#behindData(() => this.#fail(breakdown));
  }

  gone(): void {
    if (this.isClosing) this.#leave(closeFrame(this.number));
  }

  secured(): void {
    this.#owner.send(encodeFrame(this.number, 'upgraded', writeMessage({ encryption: this.connection.encryption() })));
  }

  #fail(breakdown: Breakdown): void {
    this.#leave(encodeFrame(this.number, 'failed', writeMessage(failedMessage(breakdown))));
  }

  #leave(last: Uint8Array): void {
    this.#isOver = true;
    this.#owner.send(last);
    this.#owner.left(this);
  }

  // ---- encrypting ----

  /** The page wants to encrypt: from here on it gets nothing in the clear. */
  #stop(): string | null {
    if (this.#upgrade !== 'none' || this.connection.encrypted || this.#outputEnded) return 'an upgrade that cannot be';
    this.#late = this.#held;
    this.#held = [];
    if (this.#isOver) {
      this.#afterHeld?.();
      return null;
    }
    this.flush();
    this.connection.pause();
    this.#upgrade = 'stopped';
    this.#owner.send(encodeFrame(this.number, 'upgrade'));
    return null;
  }

  #secure(payload: Uint8Array): string | null {
    const read = readUpgrade(payload);
    if (read === null) return 'an upgrade that makes no sense';
    if (this.#upgrade !== 'stopped') return 'an upgrade that was not asked for';
    this.#upgrade = 'running';
    const unread = Buffer.concat([read.unread, ...this.#late]);
    this.#late = [];
    const failed = ({ code, detail }: Failure): void => this.#fail({ code, words: detail, call: null });
    const options = this.#owner.tlsOptions(read.tls);
    if ('detail' in options) {
      this.connection.close(false);
      failed(options);
      return null;
    }
    this.connection.upgrade(options, unread, (failure) => {
      if (this.isClosing) return;
      if (failure !== null) {
        failed(failure);
        return;
      }
      this.#upgrade = 'none';
      this.#isReading = true; // the encrypted stream begins so
      this.secured();
      this.#decideReading();
    });
    return null;
  }
}
