/** The WebSocket to a gateway: opened when it is needed, closed when it has not been for a while, and never in silence opened again. */
import type { Breakdown, ErrorCode } from '../../builtins/sockets/backend.ts';
import {
  CLOSED,
  decodeFrame,
  type Frame,
  isToken,
  MOST_STREAMS,
  PROTOCOL,
  StreamNumbers,
  TOKEN_PREFIX,
} from '../../builtins/sockets/tunnel/frames.ts';
import { browserClock } from '../host.ts';
import { DataFrame } from './data-frame.ts';

/** The WebSocket is kept for so long when nothing uses it. */
const IDLE_MS = 10_000;

/** Why everything was lost. */
export interface Loss {
  /** For what was being opened: the text after its address. */
  readonly code: ErrorCode;
  readonly refusal: string;
  /** For what was open. */
  readonly breakdown: Breakdown;
}

const RESET: Breakdown = { code: 'reset', words: 'connection reset by peer', call: 'read' };

/** What has a stream number. */
export interface Holder {
  /** A frame came for it; a text is what is wrong with that. */
  receive(frame: Frame): string | null;
  /** The gateway is gone. */
  lost(loss: Loss): void;
}

/** What closed a WebSocket that the gateway did not want, by the code. */
const REFUSED: { readonly [code: number]: ErrorCode } = {
  [CLOSED.token]: 'permission',
  [CLOSED.origin]: 'permission',
  [CLOSED.version]: 'protocol',
  [CLOSED.busy]: 'limit',
};

export class Link {
  readonly #url: string;
  readonly #token: string;
  readonly #Socket: typeof WebSocket;
  #socket: WebSocket | null = null;
  #isOpen = false;
  /** What waits until it is open. */
  #waiting: Uint8Array[] = [];
  readonly #holders = new Map<number, Holder>();
  /** How many of them the gateway has accepted. */
  #accepted = 0;
  #ownNumbers = new StreamNumbers('page');
  #gatewayNumbers = new StreamNumbers('gateway');
  readonly #data = new DataFrame((frame) => this.#sendNow(frame));
  #stopIdling: (() => void) | null = null;
  #onClosed: (() => void)[] = [];

  constructor(url: string, token: string, Socket: typeof WebSocket) {
    this.#url = url;
    this.#token = token;
    this.#Socket = Socket;
  }

  /** Assigns a number to something that is going to be opened; null when they are used up. */
  add(holder: Holder): number | null {
    this.#open();
    const number = this.#ownNumbers.next();
    if (number !== null) this.#holders.set(number, holder);
    return number;
  }

  /** Takes in a connection that the gateway has accepted; a text is what is wrong with its number. */
  take(number: number, holder: Holder): string | null {
    if (!this.#gatewayNumbers.take(number)) return `the forged stream number ${number}`;
    if (++this.#accepted > MOST_STREAMS) return 'more accepted connections than there may be';
    this.#holders.set(number, holder);
    return null;
  }

  /** What had been asked for is there. */
  replace<H extends Holder>(number: number, holder: H): H {
    this.#holders.set(number, holder);
    return holder;
  }

  /** Nothing comes for a number any more. */
  remove(number: number): void {
    if (this.#holders.delete(number) && number % 2 === 0) this.#accepted--;
    if (this.#holders.size > 0 || this.#socket === null) return;
    this.#stopIdling?.();
    this.#stopIdling = browserClock.timer(IDLE_MS, () => this.#end());
  }

  send(frame: Uint8Array): void {
    this.#data.flush();
    if (this.#isOpen) this.#sendNow(frame);
    else if (this.#socket !== null) this.#waiting.push(frame);
  }

  /** Sends `size` bytes of data from `at` on, of a stream that is open. */
  sendData(stream: number, data: string | Uint8Array, at: number, size: number): void {
    this.#data.add(stream, data, at, size);
  }

  #sendNow(frame: Uint8Array): void {
    if (this.#isOpen) this.#socket?.send(frame as Uint8Array<ArrayBuffer>); // they are made with `new`
  }

  /** Ends the WebSocket; resolved when what was sent has arrived at the gateway. */
  close(): Promise<void> {
    if (this.#socket === null) return Promise.resolve();
    return new Promise((done) => {
      this.#onClosed.push(done);
      this.#end();
    });
  }

  #end(): void {
    this.#data.flush();
    this.#socket?.close(1000);
  }

  #open(): void {
    this.#stopIdling?.();
    this.#stopIdling = null;
    if (this.#socket !== null && this.#socket.readyState < 2) return;
    if (this.#socket !== null) this.#closed(this.#socket, 1000, '');
    if (!isToken(this.#token)) {
      this.#cannotAsk('needs the token of its link, the text after #');
      return;
    }
    let socket: WebSocket;
    try {
      socket = new this.#Socket(this.#url, [PROTOCOL, TOKEN_PREFIX + this.#token]);
    } catch (error) {
      this.#cannotAsk(`cannot be asked: ${error}`); // the page's own policy forbids it
      return;
    }
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#ownNumbers = new StreamNumbers('page');
    this.#gatewayNumbers = new StreamNumbers('gateway');
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      this.#isOpen = true;
      for (const frame of this.#waiting.splice(0)) socket.send(frame as Uint8Array<ArrayBuffer>);
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (this.#socket !== socket) return;
      const problem = data instanceof ArrayBuffer ? this.#receive(new Uint8Array(data)) : 'a message that is text';
      if (problem !== null) this.violated(problem);
    };
    socket.onerror = () => {}; // `onclose` follows
    socket.onclose = ({ code, reason }: CloseEvent) => this.#closed(socket, code, reason);
  }

  #cannotAsk(why: string): void {
    browserClock.defer(() => this.#lose({ code: 'permission', refusal: this.#named(why), breakdown: RESET }));
  }

  #receive(message: Uint8Array): string | null {
    const frame = decodeFrame(message);
    if (typeof frame === 'string') return frame;
    const holder = this.#holders.get(frame.stream);
    if (holder !== undefined) return holder.receive(frame);
    const { stream, kind } = frame;
    const wasOpen = this.#ownNumbers.has(stream) || this.#gatewayNumbers.has(stream);
    return wasOpen ? null : `a frame ${kind} of stream ${stream}, which was not opened`;
  }

  /** The gateway has broken the protocol: nothing of it is believed any more. */
  violated(problem: string): void {
    const socket = this.#socket;
    if (socket === null) return;
    const words = this.#named(`broke the protocol of the tunnel: ${problem}`);
    this.#forget({ code: 'protocol', refusal: words, breakdown: { code: 'protocol', words, call: 'read' } });
    socket.close(CLOSED.protocol, problem.slice(0, 120));
  }

  #closed(socket: WebSocket, code: number, reason: string): void {
    for (const done of this.#onClosed.splice(0)) done();
    if (this.#socket !== socket) return;
    const refused = REFUSED[code];
    const why = code >= 4000 && reason !== '' ? `: ${reason}` : '';
    const refusal = refused === undefined ? `is unreachable${why}` : `refuses${why}`;
    this.#forget({ code: refused ?? 'unreachable', refusal: this.#named(refusal), breakdown: RESET });
  }

  /** The WebSocket is of no use any more. */
  #forget(loss: Loss): void {
    this.#socket = null;
    this.#isOpen = false;
    this.#waiting = [];
    this.#stopIdling?.();
    this.#stopIdling = null;
    this.#lose(loss);
  }

  #lose(loss: Loss): void {
    const holders = [...this.#holders.values()];
    this.#holders.clear();
    this.#accepted = 0;
    for (const holder of holders) holder.lost(loss);
  }

  #named(text: string): string {
    return `gateway ${this.#url} ${text}`;
  }
}
