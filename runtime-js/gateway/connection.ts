/** One connection of the gateway, as programs of the page have it. */
import {
  type Breakdown,
  type Connection,
  type ConnectionEvents,
  type Encryption,
  Failure,
  type TlsOptions,
} from '../../builtins/sockets/backend.ts';
import { ReceiveCredit, SendCredit } from '../../builtins/sockets/tunnel/credit.ts';
import {
  closeFrame,
  encodeFrame,
  endFrame,
  type Frame,
  isCleanEnd,
  type WayToClose,
  windowFrame,
  windowOf,
} from '../../builtins/sockets/tunnel/frames.ts';
import { type AcceptedMessage, isMessage, readMessage, writeUpgrade } from '../../builtins/sockets/tunnel/messages.ts';
import { browserClock } from '../host.ts';
import { tlsMessage } from './credentials.ts';
import type { Holder, Link, Loss } from './link.ts';

/** A gateway that does not answer an upgrade gets so much longer than the handshake may take. */
const ANSWER_MS = 5000;
const NOBODY: ConnectionEvents = { data() {}, ended() {}, drained() {}, failed() {} };

/** What the gateway has said of a connection. */
export interface Ends {
  readonly local: string;
  readonly remote: string;
  readonly handshake: AcceptedMessage['handshake'];
  readonly encryption: Encryption | null;
}

/** An upgrade under way: what was received and not read, and who waits for it. */
interface Upgrade {
  readonly options: TlsOptions;
  readonly unread: Uint8Array[];
  isSent: boolean;
  settle(failure: Failure | null): void;
}

export class TunnelConnection implements Connection, Holder {
  readonly local: string;
  readonly remote: string;
  encrypted: boolean;
  handshaking: boolean;
  /** Called when the handshake of an accepted connection has ended. */
  onHandshake: ((isFine: boolean) => void) | null = null;
  cleanEnd = false;
  readonly #link: Link;
  readonly #number: number;
  readonly #lingerMs: number;
  #encryption: Encryption | null;
  #events: ConnectionEvents | null = null;
  readonly #toGateway = new SendCredit();
  readonly #fromGateway = new ReceiveCredit();
  /** What has to wait for credit; of the first so much was sent. */
  #queue: (string | Uint8Array)[] = [];
  #queuedAt = 0;
  #queued = 0;
  /** What comes behind it. */
  #behind: (() => void)[] = [];
  /** What has come and was not handed on. */
  #inbox: Uint8Array[] = [];
  #isPaused = false;
  #isEnded = false;
  #isEndTold = false;
  #broken: Breakdown | null = null;
  #upgrade: Upgrade | null = null;
  /** `close` was called; it was sent. */
  #isClosed = false;
  #isCloseSent = false;
  #stopLingering: (() => void) | null = null;

  constructor(link: Link, number: number, ends: Ends, lingerMs: number) {
    this.#link = link;
    this.#number = number;
    this.#lingerMs = lingerMs;
    this.local = ends.local;
    this.remote = ends.remote;
    this.#encryption = ends.encryption;
    this.handshaking = ends.handshake === 'running';
    this.encrypted = ends.handshake !== 'none' || ends.encryption !== null;
  }

  attach(events: ConnectionEvents): void {
    this.#events = events;
    if (this.#inbox.length > 0 || this.#isEnded || this.#broken !== null) this.#deliverSoon();
  }

  // ---- what the program does ----

  write(text: string): boolean {
    return this.#write(text);
  }

  writeBytes(bytes: Uint8Array): boolean {
    return this.#write(bytes);
  }

  #write(data: string | Uint8Array): boolean {
    if (this.#isClosed || this.#broken !== null) return true;
    this.#queue.push(data);
    this.#queued += data.length;
    this.#pump();
    return this.#queued === 0;
  }

  /** Sends as much as there is credit for. */
  #pump(): void {
    const credit = this.#toGateway;
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const size = Math.min(first.length - this.#queuedAt, credit.left);
      this.#link.sendData(this.#number, first, this.#queuedAt, size);
      credit.left -= size;
      this.#queued -= size;
      this.#queuedAt += size;
      if (this.#queuedAt < first.length) return;
      this.#queue.shift();
      this.#queuedAt = 0;
    }
    for (const next of this.#behind.splice(0)) next();
  }

  #behindData(next: () => void): void {
    if (this.#queued === 0) next();
    else this.#behind.push(next);
  }

  unsent(): number {
    return this.#queued;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#inbox.length > 0 || this.#isEnded) this.#deliverSoon();
  }

  end(): void {
    if (this.#isClosed || this.#broken !== null) return;
    this.#behindData(() => this.#link.send(endFrame(this.#number)));
  }

  close(hasPromised: boolean): boolean {
    if (!this.#letGo()) return !this.#isGone();
    if (this.#queued > 0 && (!hasPromised || this.#lingerMs === 0)) {
      this.#sendClose('drop');
      return true;
    }
    if (this.#queued > 0) this.#stopLingering = browserClock.timer(this.#lingerMs, () => this.#sendClose('drop'));
    this.#behindData(() => this.#sendClose('send'));
    return true;
  }

  reset(): boolean {
    if (!this.#letGo()) return !this.#isGone();
    this.#sendClose('reset');
    return true;
  }

  /** From now on nothing is reported but `gone`. False if there is nothing left to end. */
  #letGo(): boolean {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    const { gone } = this.#events ?? NOBODY;
    this.#events = gone === undefined ? NOBODY : { ...NOBODY, gone: gone.bind(this.#events) };
    this.#inbox = [];
    this.#upgrade = null;
    this.#endHandshake(false);
    return this.#broken === null;
  }

  #sendClose(way: WayToClose): void {
    this.#stopLingering?.();
    if (this.#isCloseSent || this.#isGone()) return;
    this.#isCloseSent = true;
    this.#queue = [];
    this.#queued = 0;
    this.#link.send(closeFrame(this.#number, way));
  }

  upgrade(options: TlsOptions, unread: Uint8Array, done: (failure: Failure | null) => void): void {
    let stopTimer = (): void => {};
    const upgrade: Upgrade = {
      options,
      unread: [unread.slice(), ...this.#inbox],
      isSent: false,
      settle: (failure) => {
        stopTimer();
        if (this.#upgrade !== upgrade) return;
        this.#upgrade = null;
        done(failure);
      },
    };
    this.#use(this.#inbox);
    this.#inbox = [];
    this.#isPaused = false;
    this.#upgrade = upgrade;
    if (this.#broken !== null) {
      browserClock.defer(() => upgrade.settle(new Failure('eof', 'EOF')));
      return;
    }
    if (options.timeoutMs > 0) {
      stopTimer = browserClock.timer(options.timeoutMs + ANSWER_MS, () => {
        upgrade.settle(new Failure('timeout', 'i/o timeout'));
        this.close(false);
      });
    }
    this.#behindData(() => this.#link.send(encodeFrame(this.#number, 'upgrade')));
  }

  encryption(): Encryption | null {
    return this.handshaking ? null : this.#encryption;
  }

  // ---- what the gateway says ----

  receive({ kind, payload }: Frame): string | null {
    switch (kind) {
      case 'data':
        return this.#data(payload);
      case 'window':
        if (!this.#toGateway.give(windowOf(payload))) return 'credit that was not taken';
        this.#refill();
        return null;
      case 'end':
        this.#isEnded = true;
        this.cleanEnd = isCleanEnd(payload);
        this.#deliver();
        return null;
      case 'failed':
        return this.#failed(payload);
      case 'close':
        if (!this.#isCloseSent) return 'a close that was not asked for';
        this.#gone();
        return null;
      case 'upgrade':
        return this.#stopped(payload);
      case 'upgraded':
        return this.#upgraded(payload);
      case 'open':
      case 'opened':
      case 'accepted':
        return `a frame ${kind} on an open stream`;
    }
  }

  lost({ breakdown }: Loss): void {
    if (this.#isClosed) this.#gone();
    else this.#break(breakdown);
  }

  #refill(): void {
    if (this.#queued === 0) return;
    this.#pump();
    if (this.#queued === 0) this.#events?.drained();
  }

  #data(payload: Uint8Array): string | null {
    if (!this.#fromGateway.arrived(payload.length)) return 'data without credit';
    if (this.#isEnded) return 'data behind the end';
    if (this.#upgrade !== null) {
      if (this.#upgrade.isSent) return 'data in the middle of an upgrade';
      this.#upgrade.unread.push(payload);
      this.#use([payload]);
      return null;
    }
    if (this.#isClosed) this.#use([payload]);
    else if (this.#isPaused || this.#events === null || this.#inbox.length > 0) this.#inbox.push(payload);
    else this.#hand(payload);
    return null;
  }

  #hand(payload: Uint8Array): void {
    this.#events?.data(payload, true); // each message has an array of its own
    this.#use([payload]);
  }

  /** Gives credit back for what was used. */
  #use(pieces: readonly Uint8Array[]): void {
    for (const { length } of pieces) {
      const credit = this.#fromGateway.used(length);
      if (credit > 0 && !this.#isCloseSent && this.#broken === null) this.#link.send(windowFrame(this.#number, credit));
    }
  }

  #deliverSoon(): void {
    browserClock.defer(() => this.#deliver());
  }

  /** Hands on what has come, unless it has to wait. A break of the connection lets nothing wait. */
  #deliver(): void {
    while (!this.#isClosed && this.#events !== null && (!this.#isPaused || this.#broken !== null)) {
      const first = this.#inbox.shift();
      if (first === undefined) break;
      this.#hand(first);
    }
    if (this.#events === null || this.#isClosed || this.#inbox.length > 0) return;
    if (this.#broken !== null) {
      const broken = this.#broken;
      const events = this.#events;
      this.#events = NOBODY;
      events.failed(broken);
    } else if (this.#isEnded && !this.#isEndTold) {
      this.#isEndTold = true;
      this.#events.ended();
    }
  }

  #failed(payload: Uint8Array): string | null {
    const message = readMessage(payload, isMessage.failed);
    if (message === null) return 'a failure that makes no sense';
    const { code, detail, call } = message;
    this.#link.remove(this.#number);
    if (this.#isClosed) this.#gone();
    else if (this.#upgrade?.isSent === true) {
      this.#broken = { code, words: detail, call };
      this.#upgrade.settle(new Failure(code, detail));
    } else this.#break({ code, words: detail, call });
    return null;
  }

  /** The connection is broken: that is reported behind all that had arrived. */
  #break(breakdown: Breakdown): void {
    if (this.#broken !== null) return;
    this.#broken = breakdown;
    this.#queue = [];
    this.#queued = 0;
    this.#endHandshake(false);
    if (this.#upgrade === null) this.#deliver();
    else {
      const { code, words, call } = breakdown;
      const detail = call === null ? words : `${call} tcp ${this.local}->${this.remote}: ${call}: ${words}`;
      this.#upgrade.settle(new Failure(code, detail));
    }
  }

  #gone(): void {
    this.#stopLingering?.();
    this.#link.remove(this.#number);
    const events = this.#events;
    this.#events = null;
    events?.gone?.();
  }

  #isGone(): boolean {
    return this.#broken !== null || (this.#isClosed && this.#events === null);
  }

  /** The gateway sends nothing in the clear any more: what is unread goes back to it, for the handshake. */
  #stopped(payload: Uint8Array): string | null {
    if (this.#isClosed) return null;
    if (this.#upgrade === null || this.#upgrade.isSent || payload.length > 0) return 'an upgrade that was not asked for';
    this.#upgrade.isSent = true;
    const { options, unread } = this.#upgrade;
    this.#link.send(encodeFrame(this.#number, 'upgrade', writeUpgrade(tlsMessage(options), unread)));
    unread.length = 0;
    return null;
  }

  #endHandshake(isFine: boolean): void {
    if (!this.handshaking) return;
    this.handshaking = false;
    this.onHandshake?.(isFine);
  }

  #upgraded(payload: Uint8Array): string | null {
    const message = readMessage(payload, isMessage.upgraded);
    if (message === null || message.encryption === null) return 'an upgrade that makes no sense';
    if (this.#isClosed) return null;
    if (this.handshaking) {
      this.#encryption = message.encryption;
      this.#endHandshake(true);
      this.#events?.secured?.();
      return null;
    }
    if (this.#upgrade?.isSent !== true) return 'an upgrade that was not asked for';
    this.encrypted = true;
    this.#encryption = message.encryption;
    this.#upgrade.settle(null);
    return null;
  }
}
