/** Servers: a listener, its connections, and a thread of the program for each request. */

import type { Machine } from '../../language/runtime/machine.ts';
import {
  type Fn,
  getKey,
  isObject,
  keysOf,
  type Obj,
  Str,
  SUSPENDED,
  type Suspended,
  str,
  type Value,
} from '../../language/values/values.ts';
import {
  type Connection,
  type ErrorCode,
  Failure,
  type Listener,
  type ListenerEvents,
  type TlsOptions,
} from '../sockets/backend.ts';
import { drained, type RunningServer } from '../sockets/server-result.ts';
import { type LogEntry, logEntry, logLine } from './access-log.ts';
import type { Answer } from './answer.ts';
import type { HttpEngine, HttpServer, ServerEvents, ServerExchange } from './backend.ts';
import { BodyFault, StreamedBody, WholeBody } from './body.ts';
import { codingFor, isWorthPacking } from './compression.ts';
import type { HttpContext } from './context.ts';
import { Exchange, type ExchangeOwner } from './exchange.ts';
import { type Origin, originOf } from './forwarded.ts';
import { refusalOfUpgrade } from './handshake.ts';
import { canonicalName, firstValue, isFieldValue, isToken } from './headers.ts';
import { type Refusal, readHead, refuseRequest } from './incoming.ts';
import type { ServerOptions } from './options.ts';
import { errorValue, okValue } from './results.ts';
import type { WebSocketTable } from './websocket.ts';

/** How long a closed server waits for running handlers. */
const GRACE_MS = 30_000;

/** What an error event about a WebSocket begins with. */
export const UPGRADE_PREFIX = 'Could not upgrade websocket connection: ';

/** How a server deals with its requests. */
export interface ServingKind {
  /** What its error events begin with when it cannot start. */
  readonly startPrefix: string;
  /** Whether requests for WebSockets are told apart. */
  readonly upgrades: boolean;
  /** Takes a request in place of the handler; true if it did. */
  route?(serving: HttpServing, exchange: Exchange): boolean;
}

export class HttpServing implements ListenerEvents, ServerEvents, ExchangeOwner, Omit<RunningServer, 'reload'> {
  readonly machine: Machine;
  readonly handler: Fn;
  readonly options: ServerOptions;
  readonly webSockets: WebSocketTable;
  readonly #context: HttpContext;
  readonly #engine: HttpEngine;
  readonly #server: HttpServer;
  readonly #kind: ServingKind;
  #listener: Listener | null = null;
  #closing = false;
  #accepted = 0;
  #requests = 0;
  #active = 0;
  #stopGrace: (() => void) | null = null;
  #whenEmpty: (() => void)[] = [];

  constructor(
    machine: Machine,
    context: HttpContext,
    engine: HttpEngine,
    webSockets: WebSocketTable,
    handler: Fn,
    options: ServerOptions,
    kind: ServingKind,
  ) {
    this.machine = machine;
    this.handler = handler;
    this.options = options;
    this.webSockets = webSockets;
    this.#context = context;
    this.#engine = engine;
    this.#kind = kind;
    this.#server = engine.serve(
      {
        maxHeaderBytes: options.maxHeader,
        headTimeoutMs: options.headTimeout,
        idleTimeoutMs: options.idleTimeout,
        upgrades: kind.upgrades,
      },
      this,
    );
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** It listens: from now on it keeps the program alive. */
  listening(listener: Listener): void {
    this.#listener = listener;
    this.machine.ref();
    this.#context.network.watch?.tell({ kind: 'listen', local: listener.local });
  }

  // ---- connections ----

  connection(connection: Connection): void {
    const { watch } = this.#context.network;
    const id = watch === null ? 0 : this.#context.nextId();
    const { remote, local, encrypted: tls } = connection;
    watch?.tell({ kind: 'accept', id, remote, local, tls });
    this.#accepted++;
    this.#server.accept(connection, (bytesIn, bytesOut) => {
      watch?.tell({ kind: 'close', id, bytesIn, bytesOut });
      if (this.#server.open < this.options.maxConnections) this.#listener?.hold(false);
    });
    if (this.#server.open >= this.options.maxConnections) this.#listener?.hold(true);
  }

  /** Accepting failed. */
  failedToAccept({ code, detail }: Failure): void {
    this.#context.network.watch?.tell({ kind: 'accept-failed', local: this.#listener?.local ?? '', code, reason: detail });
    this.machine.spawn(this.handler, [errorValue(this.#kind.startPrefix + detail, code)]);
  }

  empty(): void {
    for (const done of this.#whenEmpty.splice(0)) done();
  }

  // ---- requests ----

  request(io: ServerExchange): void {
    this.#requests++;
    const read = readHead(io.head);
    if ('reason' in read) {
      this.#refuse(io, read);
      return;
    }
    if (read.url === '*') {
      io.answer(200, ['Content-Length', '0'], '', { bodiless: false, close: this.#closing });
      return;
    }
    const { maxBody: maxBytes, bodyTimeout: timeoutMs, stream } = this.options;
    if (read.length > maxBytes) {
      this.#refuse(io, { status: 413, reason: `more than ${maxBytes} bytes` });
      return;
    }
    const exchange = new Exchange(this, io, read.url);
    const { body } = io;
    if (body === null) {
      this.#handle(exchange, '');
    } else if (stream) {
      const streamed = new StreamedBody(this.machine, body, { maxBytes, timeoutMs }, 'Could not read request body: ');
      body.read(streamed);
      this.#handle(exchange, streamed);
    } else {
      body.read(
        new WholeBody(this.machine, { maxBytes, timeoutMs }, (whole) => {
          if (whole instanceof BodyFault) this.#cutShort(io, whole);
          else this.#handle(exchange, whole);
        }),
      );
    }
  }

  #cutShort(io: ServerExchange, { detail, code }: BodyFault): void {
    if (code === 'limit') {
      this.#refuse(io, { status: 413, reason: `more than ${this.options.maxBody} bytes` });
      return;
    }
    if (code === 'timeout') this.#refuse(io, { status: 408, reason: 'the body does not come' });
    else this.#refuse(io, { status: 400, reason: detail });
    this.failed(`Could not read request in listen(), ${detail}`);
  }

  #refuse(io: ServerExchange, refusal: Refusal): void {
    refuseRequest(io, refusal);
    this.#log(io, this.machine.host.now(), io.head.url, refusal.status, 0);
  }

  #handle(exchange: Exchange, body: string | StreamedBody): void {
    exchange.started(this.options.answerTimeout);
    this.#active++;
    if (this.#kind.route?.(this, exchange) === true) return;
    if (exchange.io.upgrades) {
      const refusal = refusalOfUpgrade(exchange.io.head, this.options.origins);
      if (refusal !== null) {
        refuseRequest(exchange.io, refusal);
        exchange.upgraded(refusal.status);
        return;
      }
    }
    this.callHandler(exchange, exchange.event(body, this.options.info));
  }

  /** Calls the handler with an event in a thread; an error of the handler is answered with 500. */
  callHandler(exchange: Exchange, event: Obj): void {
    this.machine.spawn(this.handler, [event]).onEnd = (_result, error) => {
      if (error !== null) exchange.answerEmpty(500);
    };
  }

  openWebSocket(exchange: Exchange, response: Obj): Suspended {
    const thread = this.machine.block('external');
    this.grant(exchange, getKey(response, 'headers') ?? null, (result) => this.machine.wake(thread, result));
    return SUSPENDED;
  }

  /** Makes a WebSocket of a request that asks for one. `headers` are those of the program for the answer. */
  grant(exchange: Exchange, headers: Value, done: (result: Obj) => void): void {
    const { maxMessage: maxMessageBytes, compress, protocols, pingInterval } = this.options;
    const lines: string[] = [];
    if (isObject(headers)) {
      for (const name of keysOf(headers)) {
        const value = getKey(headers, name);
        if (value instanceof Str && isToken(name) && isFieldValue(value.text)) lines.push(canonicalName(name), value.text);
      }
    }
    exchange.io.upgrade({ maxMessageBytes, compress, protocols: protocols ?? [] }, lines, (outcome) => {
      if (typeof outcome === 'string') {
        exchange.upgraded(400);
        done(errorValue(UPGRADE_PREFIX + outcome, 'protocol'));
        return;
      }
      const result = okValue();
      result.socket = this.webSockets.add(this.machine, outcome, pingInterval);
      if (outcome.protocol !== '') result.protocol = str(outcome.protocol);
      exchange.upgraded(101);
      done(result);
    });
  }

  pack(exchange: Exchange, answer: Answer & { body: string }, send: (answer: Answer & { body: string }) => void): void {
    if (!this.options.compress || !isWorthPacking(answer)) {
      send(answer);
      return;
    }
    answer.headers.push('Vary', 'Accept-Encoding');
    const coding = codingFor(exchange.io.head.headers, this.#engine.codings);
    if (coding === null) {
      send(answer);
      return;
    }
    this.#engine.compress(answer.body, coding, (body) => {
      answer.headers.push('Content-Encoding', coding);
      send({ ...answer, body });
    });
  }

  originOf({ connection: { remote, encrypted }, head: { headers } }: ServerExchange): Origin {
    const direct = { remote, tls: encrypted, host: firstValue(headers, 'Host') ?? null };
    const { forwarded, trusted } = this.options;
    return forwarded && trusted !== null ? originOf(headers, direct, trusted) : direct;
  }

  done(exchange: Exchange, status: number, bytes: number): void {
    this.#active--;
    this.#log(exchange.io, exchange.startedAt, exchange.url, status, bytes);
  }

  /** Something that is reported to the program by an error event. */
  failed(failure: string | Failure, code: ErrorCode | boolean = 'eof'): void {
    if (failure instanceof Failure) this.failedToAccept(failure);
    else this.machine.spawn(this.handler, [errorValue(failure, typeof code === 'string' ? code : 'eof')]);
  }

  #log(io: ServerExchange, startedAt: number, url: string, status: number, bytes: number): void {
    const { log } = this.options;
    if (log === false) return;
    const { host } = this.machine;
    const entry: LogEntry = {
      remote: this.originOf(io).remote,
      method: io.head.method,
      url,
      status,
      bytes,
      seconds: (host.now() - startedAt) / 1000,
    };
    if (typeof log === 'function') this.machine.spawn(log as Fn, [logEntry(entry)]);
    else host.write(logLine(entry));
  }

  // ---- the end ----

  /** Frees the port. Idle connections are closed, running handlers have some time. A second time nothing happens. */
  stop(graceMs = GRACE_MS): void {
    const listener = this.#listener;
    if (listener === null) return;
    this.#listener = null;
    this.#closing = true;
    listener.close();
    this.#server.close();
    this.machine.unref();
    this.#context.network.watch?.tell({ kind: 'listen-closed', local: listener.local });
    if (this.#server.open === 0 || graceMs === 0) return;
    const stopTimer = this.machine.host.timer(graceMs, () => this.#server.destroy());
    this.#stopGrace = stopTimer;
    this.#whenEmpty.push(() => this.#stopGrace?.());
  }

  /** Frees the port and waits until every connection is closed; after that time (0: for ever) closes those that are left. */
  drain(limitMs: number): Value | Suspended {
    this.stop(0);
    const { machine } = this;
    if (this.#server.open === 0) return drained(0);
    const thread = machine.block('external');
    let stopTimer: (() => void) | null = null;
    const finish = (): void => {
      stopTimer?.();
      this.#whenEmpty = this.#whenEmpty.filter((one) => one !== finish);
      const { open } = this.#server;
      this.#server.destroy();
      machine.wake(thread, drained(open));
    };
    this.#whenEmpty.push(finish);
    if (limitMs > 0) stopTimer = machine.host.timer(limitMs, finish);
    return SUSPENDED;
  }

  /** Handshakes that begin from now on use these certificates. */
  renew(tls: TlsOptions): void {
    this.#listener?.reload?.(tls);
  }

  stats(): Obj {
    const { bytesIn, bytesOut } = this.#server.stats();
    const result = okValue();
    result.open = this.#server.open;
    result.active = this.#active;
    result.accepted = this.#accepted;
    result.requests = this.#requests;
    result.bytesIn = bytesIn;
    result.bytesOut = bytesOut;
    result.draining = this.#closing;
    return result;
  }
}
