/** The opening handshake of a WebSocket (RFC 6455, section 4), by a server and by a client. */
import { BlockHash } from '../../../../builtins/digests/block-hash.ts';
import { sha1 } from '../../../../builtins/digests/sha1.ts';
import type {
  Dial,
  DialledWebSocket,
  RefusedWebSocket,
  WebSocketOptions,
  WebSocketRequest,
} from '../../../../builtins/http/backend.ts';
import { allValues, firstValue, hasHeader, isToken } from '../../../../builtins/http/headers.ts';
import type { ErrorCode } from '../../../../builtins/sockets/backend.ts';
import { type Connection, type ConnectionEvents, Failure } from '../../../../builtins/sockets/backend.ts';
import { type Llhttp, type MessageEvents, type MessageFault, type MessageHead, Parser } from '../parser.ts';
import { headerLines, statusLine } from '../writer.ts';
import { FramedWebSocket } from './framed-websocket.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const KEY_BYTES = 16;
const SWITCHING_PROTOCOLS = 101;
const NO_HANDSHAKE = 'websocket: bad handshake';

/** The proof that a server has read the key of a client. */
function proofOf(key: string): string {
  const hash = new BlockHash(sha1);
  hash.update(key + GUID);
  return btoa(hash.digest());
}

// ---- the server ----

/** A connection whose request for a WebSocket is granted. */
export interface Granted {
  readonly connection: Connection;
  readonly headers: readonly string[];
  readonly options: WebSocketOptions;
  /** Lines of the program for the answer. */
  readonly answer: readonly string[];
  onOver(): void;
}

/** Answers a request that was found to be good; null if its list of protocols is malformed. */
export function acceptWebSocket({ connection, headers, options, answer, onOver }: Granted): FramedWebSocket | null {
  const lists = allValues(headers, 'Sec-Websocket-Protocol');
  const offered =
    lists.length === 0
      ? []
      : lists
          .join(',')
          .split(',')
          .map((name) => name.trim());
  if (!offered.every(isToken) || new Set(offered).size < offered.length) return null;
  const protocol = options.protocols.find((name) => offered.includes(name)) ?? '';
  const lines = ['Upgrade', 'websocket', 'Connection', 'Upgrade'];
  lines.push('Sec-WebSocket-Accept', proofOf(firstValue(headers, 'Sec-Websocket-Key') ?? ''));
  if (protocol !== '') lines.push('Sec-WebSocket-Protocol', protocol);
  connection.write(`${statusLine(SWITCHING_PROTOCOLS)}${headerLines([...lines, ...answer])}\r\n`);
  return new FramedWebSocket(connection, { isMasked: true, maxMessageBytes: options.maxMessageBytes, protocol }, onOver);
}

// ---- the client ----

/** A WebSocket of a client from the first attempt to connect to its end. */
export class DialledConnection implements ConnectionEvents, MessageEvents {
  readonly #request: WebSocketRequest;
  readonly #done: (outcome: DialledWebSocket | RefusedWebSocket) => void;
  readonly #onOver: () => void;
  readonly #parser: Parser;
  readonly #key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(KEY_BYTES))));
  #cancelDial = (): void => {};
  #connection: Connection | null = null;
  #head: MessageHead | null = null;
  #webSocket: FramedWebSocket | null = null;
  #isOver = false;

  /** `onOver` is called when there is nothing left to drop. */
  constructor(
    llhttp: Llhttp,
    request: WebSocketRequest,
    done: (outcome: DialledWebSocket | RefusedWebSocket) => void,
    onOver: () => void,
  ) {
    this.#request = request;
    this.#done = done;
    this.#onOver = onOver;
    this.#parser = new Parser(llhttp, 'response', request.maxHeaderBytes, this);
  }

  dial(dial: Dial): void {
    this.#cancelDial = dial((outcome) => {
      if (this.#isOver) return;
      if (outcome instanceof Failure) {
        queueMicrotask(() => this.#refuse(outcome.code, outcome.detail)); // a rule refuses at once
        return;
      }
      this.#connection = outcome;
      outcome.attach(this);
      outcome.write(this.#text());
    });
  }

  #text(): string {
    const { url, headers, protocols } = this.#request;
    const { host, pathname, search } = new URL(url);
    const lines = [...headers, 'Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', this.#key];
    lines.push('Connection', 'Upgrade', 'Upgrade', 'websocket');
    if (protocols.length > 0) lines.push('Sec-WebSocket-Protocol', protocols.join(','));
    if (!hasHeader(headers, 'Host')) lines.push('Host', host);
    return `GET ${pathname}${search} HTTP/1.1\r\n${headerLines(lines)}\r\n`;
  }

  #refuse(code: ErrorCode, detail: string, status = 0, headers: readonly string[] = []): void {
    if (this.#isOver) return;
    this.drop();
    this.#done({ kind: 'refused', failure: new Failure(code, detail), status, headers });
  }

  /** Nobody wants it any more. */
  drop(): void {
    if (this.#isOver) return;
    this.#cancelDial();
    if (this.#webSocket !== null) this.#webSocket.leave();
    else this.#connection?.close(false);
    this.#over();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parser.free();
    this.#onOver();
  }

  // ---- events of the connection ----

  data(bytes: Uint8Array): void {
    if (this.#webSocket !== null) this.#webSocket.data(bytes);
    else if (!this.#isOver) this.#parser.feed(bytes);
  }

  ended(): void {
    if (this.#webSocket !== null) this.#webSocket.ended();
    else this.#refuse('protocol', 'unexpected EOF');
  }

  drained(): void {
    this.#webSocket?.drained();
  }

  failed(): void {
    if (this.#webSocket !== null) this.#webSocket.failed();
    else this.#refuse('protocol', 'unexpected EOF');
  }

  // ---- events of the parser ----

  head(head: MessageHead): void {
    this.#head = head;
    const { status, headers } = head;
    if (status >= 200) this.#refuse('http', NO_HANDSHAKE, status, headers);
  }

  body(): void {}

  complete(): void {
    if (this.#head?.status === SWITCHING_PROTOCOLS) this.#open(this.#head);
    else if (!this.#isOver) this.#parser.next(); // an interim answer
  }

  malformed({ kind, reason }: MessageFault): void {
    if (kind === 'eof') this.#refuse('protocol', 'unexpected EOF');
    else this.#refuse('protocol', `malformed HTTP response: ${kind === 'head-too-long' ? 'the head is too long' : reason}`);
  }

  #open({ headers, isUpgrade }: MessageHead): void {
    const connection = this.#connection;
    if (this.#isOver || connection === null) return;
    const { protocols, maxMessageBytes } = this.#request;
    const protocol = firstValue(headers, 'Sec-Websocket-Protocol') ?? '';
    const isAgreed = protocols.length === 0 ? protocol === '' : protocols.includes(protocol);
    const isGood =
      isUpgrade &&
      firstValue(headers, 'Upgrade')?.toLowerCase() === 'websocket' &&
      firstValue(headers, 'Sec-Websocket-Accept') === proofOf(this.#key) &&
      !hasHeader(headers, 'Sec-Websocket-Extensions'); // none was offered
    if (!isGood || !isAgreed) {
      this.#refuse('protocol', NO_HANDSHAKE);
      return;
    }
    const rest = this.#parser.unparsed;
    const webSocket = new FramedWebSocket(connection, { isMasked: false, maxMessageBytes, protocol }, () => this.#over());
    this.#webSocket = webSocket;
    this.#done({ kind: 'open', connection: webSocket, headers });
    webSocket.data(rest);
  }
}
