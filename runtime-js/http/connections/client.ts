/** Requests over connections of a program's network, which are kept for later requests to the same place. */
import {
  type BodyEvents,
  type ClientCall,
  type ClientEvents,
  type ClientRequest,
  type Dial,
  mayRepeat,
} from '../../../builtins/http/backend.ts';
import { firstValue, hasHeader } from '../../../builtins/http/headers.ts';
import { type Breakdown, type Connection, type ConnectionEvents, Failure } from '../../../builtins/sockets/backend.ts';
import { type Llhttp, type MessageEvents, type MessageFault, type MessageHead, Parser } from './parser.ts';
import { Unpacker } from './unpack.ts';
import { chunk, headerLines, LAST_CHUNK } from './writer.ts';

const SWITCHING_PROTOCOLS = 101;

/** The connections of one program, by route. */
export class ConnectionClient {
  readonly #llhttp: Llhttp;
  readonly #idle = new Map<string, ClientConnection[]>();
  readonly #open = new Set<ClientConnection>();
  /** Connections of a route, open or being dialled. */
  readonly #counts = new Map<string, number>();
  readonly #waiting: Call[] = [];

  constructor(llhttp: Llhttp) {
    this.#llhttp = llhttp;
  }

  request(dial: Dial, request: ClientRequest, events: ClientEvents): ClientCall {
    const call = new Call(this, dial, request, events);
    this.assign(call);
    return call;
  }

  /** Gives a call a kept connection or a new one. With too many to its place it waits. */
  assign(call: Call): void {
    const { route, maxPerRoute } = call.wanted;
    const kept = call.isRepeated ? undefined : this.#idle.get(route)?.pop(); // other kept ones are probably closed, too
    if (kept !== undefined) {
      kept.use(call);
      return;
    }
    if ((this.#counts.get(route) ?? 0) >= maxPerRoute) {
      this.#waiting.push(call);
      return;
    }
    this.#count(route, 1);
    let isDialled = false;
    const cancel = call.dial((outcome) => {
      isDialled = true;
      call.cancelDial = null;
      if (outcome instanceof Failure) {
        this.#count(route, -1);
        queueMicrotask(() => call.refused(outcome)); // a rule refuses at once
        this.#serveWaiting(route);
        return;
      }
      const connection = new ClientConnection(this.#llhttp, this, outcome, route);
      this.#open.add(connection);
      outcome.attach(connection);
      connection.use(call);
    });
    if (!isDialled) call.cancelDial = cancel;
  }

  #count(route: string, change: number): void {
    const count = (this.#counts.get(route) ?? 0) + change;
    if (count > 0) this.#counts.set(route, count);
    else this.#counts.delete(route);
  }

  #serveWaiting(route: string): void {
    const at = this.#waiting.findIndex((one) => one.wanted.route === route && !one.isOver);
    const [call] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (call !== undefined) this.assign(call);
  }

  /** An attempt to connect was given up. */
  gaveUp(route: string): void {
    this.#count(route, -1);
    this.#serveWaiting(route);
  }

  keep(connection: ClientConnection, idleMs: number): void {
    const { route } = connection;
    connection.rest(idleMs);
    const list = this.#idle.get(route);
    if (list === undefined) this.#idle.set(route, [connection]);
    else list.push(connection);
    this.#serveWaiting(route);
  }

  closed(connection: ClientConnection): void {
    const { route } = connection;
    this.#open.delete(connection);
    const list = this.#idle.get(route)?.filter((one) => one !== connection) ?? [];
    if (list.length > 0) this.#idle.set(route, list);
    else this.#idle.delete(route);
    this.#count(route, -1);
    this.#serveWaiting(route);
  }

  closeIdle(pool?: string): void {
    for (const [route, list] of [...this.#idle]) {
      if (pool === undefined || route.startsWith(`${pool} `)) for (const one of list) one.close();
    }
  }

  close(): void {
    this.#waiting.length = 0;
    for (const one of [...this.#open]) one.close();
  }
}

/** One request. */
class Call implements ClientCall {
  readonly wanted: ClientRequest;
  readonly events: ClientEvents;
  readonly dial: Dial;
  cancelDial: (() => void) | null = null;
  connection: ClientConnection | null = null;
  unpacker: Unpacker | null = null;
  isOver = false;
  /** A kept connection was found closed, and the request is sent again. */
  isRepeated = false;
  readonly #client: ConnectionClient;
  readonly #isChunked: boolean;
  /** What the program wrote before there was a connection. */
  #written = '';
  #hasEnded = false;

  constructor(client: ConnectionClient, dial: Dial, wanted: ClientRequest, events: ClientEvents) {
    this.#client = client;
    this.dial = dial;
    this.wanted = wanted;
    this.events = events;
    this.#isChunked = wanted.body === null && !hasHeader(wanted.headers, 'Content-Length');
  }

  /** The request as it is sent. */
  text(): string {
    const { method, target, headers, body } = this.wanted;
    const framing = this.#isChunked && !hasHeader(headers, 'Transfer-Encoding') ? 'Transfer-Encoding: chunked\r\n' : '';
    return `${method} ${target} HTTP/1.1\r\n${headerLines(headers)}${framing}\r\n${body ?? this.#written}`;
  }

  sent(): void {
    if (this.#written !== '') this.events.drained();
    this.#written = '';
    if (this.#hasEnded) this.#sendEnd();
  }

  write(text: string): boolean {
    if (this.isOver) return true;
    const piece = this.#isChunked ? chunk(text) : text;
    if (this.connection !== null) return this.connection.write(piece);
    this.#written += piece;
    return false;
  }

  end(): void {
    this.#hasEnded = true;
    if (this.connection !== null) this.#sendEnd();
  }

  #sendEnd(): void {
    if (this.#isChunked) this.connection?.write(LAST_CHUNK);
  }

  refused(failure: Failure): void {
    if (this.isOver) return;
    this.isOver = true;
    this.events.refused(failure);
  }

  abort(): void {
    if (this.isOver) return;
    this.isOver = true;
    const { cancelDial, connection } = this;
    this.cancelDial = null;
    this.unpacker?.stop();
    if (connection !== null) connection.close();
    else if (cancelDial !== null) {
      cancelDial();
      this.#client.gaveUp(this.wanted.route);
    }
  }

  pause(): void {
    (this.unpacker ?? this.connection)?.pause();
  }

  resume(): void {
    (this.unpacker ?? this.connection)?.resume();
  }
}

class ClientConnection implements ConnectionEvents, MessageEvents {
  readonly route: string;
  readonly #client: ConnectionClient;
  readonly #connection: Connection;
  readonly #parser: Parser;
  #call: Call | null = null;
  /** Where the body of the answer goes: to the program, or through what unpacks it. */
  #sink: BodyEvents | null = null;
  #isReused = false;
  #hasReceived = false;
  #head: MessageHead | null = null;
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(llhttp: Llhttp, client: ConnectionClient, connection: Connection, route: string) {
    this.#client = client;
    this.#connection = connection;
    this.route = route;
    this.#parser = new Parser(llhttp, 'response', Number.POSITIVE_INFINITY, this);
  }

  /** Sends a request. */
  use(call: Call): void {
    clearTimeout(this.#timer);
    this.#call = call;
    this.#hasReceived = false;
    this.#head = null;
    this.#parser.maxHeadBytes = call.wanted.maxHeaderBytes;
    this.#parser.skipsBody = call.wanted.method === 'HEAD';
    call.connection = this;
    this.#connection.write(call.text());
    call.sent();
  }

  /** No request uses it for now. */
  rest(idleMs: number): void {
    this.#isReused = true;
    if (idleMs > 0) this.#timer = setTimeout(() => this.close(), idleMs);
  }

  write(text: string): boolean {
    return this.#isClosed || text === '' || this.#connection.write(text);
  }

  pause(): void {
    if (!this.#isClosed) this.#connection.pause();
  }

  resume(): void {
    if (!this.#isClosed) this.#connection.resume();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#connection.close(false);
    this.#over();
  }

  #over(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#parser.free();
    this.#client.closed(this);
  }

  // ---- events of the connection ----

  data(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    if (this.#call === null)
      this.close(); // nothing was asked
    else {
      this.#hasReceived = true;
      this.#parser.feed(bytes);
    }
  }

  ended(): void {
    if (this.#isClosed) return;
    this.#parser.finish();
    this.#lost({ code: 'eof', detail: this.#hasReceived ? 'unexpected EOF' : 'EOF' });
  }

  drained(): void {
    this.#call?.events.drained();
  }

  failed({ code, words }: Breakdown): void {
    this.#lost(
      code === 'closed' || (code === 'reset' && this.#isReused) ? { code: 'eof', detail: 'EOF' } : { code, detail: words },
    );
  }

  /** The connection is gone: the call fails, or is sent again if that can do no harm. */
  #lost({ code, detail }: Failure): void {
    if (this.#isClosed) return;
    this.#connection.close(false);
    const call = this.#call;
    this.#call = null;
    const sink = this.#head === null ? null : this.#sink;
    this.#sink = null;
    this.#over();
    if (call === null || call.isOver) return;
    if (this.#head !== null) {
      call.isOver = true;
      sink?.failed('unexpected EOF', 'eof');
      return;
    }
    if (!this.#isReused || this.#hasReceived || call.isRepeated || !mayRepeat(call.wanted)) {
      call.refused(new Failure(code, detail));
      return;
    }
    call.isRepeated = true;
    call.connection = null;
    this.#client.assign(call);
  }

  // ---- events of the parser ----

  head(head: MessageHead): void {
    const call = this.#call;
    if (call === null) return;
    const { status, headers } = head;
    if (status < 200 && status !== SWITCHING_PROTOCOLS) return;
    this.#head = head;
    const isUnpacked =
      call.wanted.unpack &&
      !this.#parser.skipsBody &&
      /^(?:x-)?gzip$/i.test(firstValue(headers, 'Content-Encoding')?.trim() ?? '');
    if (isUnpacked) call.unpacker = new Unpacker(call, this);
    this.#sink = call.unpacker ?? call.events;
    const { local, remote } = this.#connection;
    call.events.head({ status, headers, unpacked: isUnpacked, local, remote });
    if (status === SWITCHING_PROTOCOLS) this.complete();
  }

  body(text: string): void {
    if (this.#head !== null) this.#sink?.data(text);
  }

  complete(): void {
    const call = this.#call;
    if (call === null) return;
    const head = this.#head;
    if (head === null) {
      this.#parser.next(); // an interim answer
      return;
    }
    const sink = this.#sink;
    this.#call = null;
    this.#sink = null;
    this.#head = null;
    call.connection = null;
    call.isOver = sink === call.events; // unpacking may go on
    const isKept = head.keepsAlive && head.status !== SWITCHING_PROTOCOLS && this.#parser.unparsed.length === 0;
    if (isKept && !this.#isClosed) {
      this.#parser.next();
      this.#client.keep(this, call.wanted.idleMs);
    } else this.close();
    sink?.ended();
  }

  malformed({ kind, reason }: MessageFault): void {
    if (kind === 'eof') return; // `ended` goes on
    const call = this.#call;
    const sink = this.#head === null ? null : this.#sink;
    this.#call = null;
    this.#sink = null;
    this.close();
    if (call === null || call.isOver) return;
    if (this.#head !== null) {
      call.isOver = true;
      sink?.failed('malformed chunked encoding', 'protocol');
    } else if (kind === 'head-too-long') call.refused(new Failure('limit', 'the head of the answer is too long'));
    else call.refused(new Failure('protocol', `malformed HTTP response: ${reason}`));
  }
}
