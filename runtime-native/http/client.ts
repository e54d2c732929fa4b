/** Requests with Node's `http`, over connections of the program's own network. */
import { request as httpRequest, type IncomingMessage, type ClientRequest as NodeRequest, type RequestOptions } from 'node:http';
import { createGunzip, type Gunzip } from 'node:zlib';
import {
  type ClientCall,
  type ClientEvents,
  type ClientRequest,
  type Dial,
  type HttpEngine,
  mayRepeat,
} from '../../builtins/http/backend.ts';
import { formatAddress } from '../../builtins/sockets/address.ts';
import type { ErrorCode, Failure } from '../../builtins/sockets/backend.ts';
import { codeOf, errnoText } from '../errno.ts';
import { toText } from '../latin1.ts';
import { DialError, Pool, type PoolOptions } from './pool.ts';
import type { Streams } from './streams.ts';

/** The client of one program, with its connections. */
export function nodeClient(streams: Streams): Pick<HttpEngine, 'request' | 'closeIdle'> {
  const pools = new Map<number, Pool>();
  const poolFor = (maxPerRoute: number): Pool => {
    let pool = pools.get(maxPerRoute);
    if (pool === undefined) {
      pool = new Pool(streams, maxPerRoute);
      pools.set(maxPerRoute, pool);
    }
    return pool;
  };
  return {
    request: (dial, request, events) => new NodeCall(poolFor(request.maxPerRoute), dial, request, events),
    closeIdle(name) {
      for (const pool of pools.values()) pool.closeIdle(name);
    },
  };
}

class NodeCall implements ClientCall {
  readonly #pool: Pool;
  readonly #dial: Dial;
  readonly #wanted: ClientRequest;
  readonly #events: ClientEvents;
  #request: NodeRequest;
  /** Where the answer's body is read. */
  #source: IncomingMessage | Gunzip | null = null;
  #state: 'sent' | 'answered' | 'over' = 'sent';
  #repeated = false;

  constructor(pool: Pool, dial: Dial, wanted: ClientRequest, events: ClientEvents) {
    this.#pool = pool;
    this.#dial = dial;
    this.#wanted = wanted;
    this.#events = events;
    this.#request = this.#send();
  }

  #send(): NodeRequest {
    const { method, target, headers, body, maxHeaderBytes, route, idleMs } = this.#wanted;
    const lines: { [name: string]: string } = {};
    for (let i = 0; i < headers.length; i += 2) lines[headers[i] as string] = headers[i + 1] as string; // the list is flat
    const poolOptions: PoolOptions = { route, dial: this.#dial, idleMs };
    const request = httpRequest({
      agent: this.#pool,
      method,
      path: target,
      headers: lines,
      setHost: false,
      maxHeaderSize: Math.min(maxHeaderBytes, 2 ** 30),
      insecureHTTPParser: false,
      ...poolOptions,
    } as RequestOptions); // Node hands its options on to the agent
    if (request.method !== method) request.method = method; // Node has made capitals of it
    request.on('response', (response) => this.#answer(response));
    request.on('upgrade', (response, stream) => {
      stream.destroy();
      this.#answer(response);
    });
    request.on('error', (error) => this.#error(error));
    request.on('drain', () => this.#events.drained());
    if (body === null) request.flushHeaders();
    else if (body === '') request.end();
    else request.end(body, 'latin1');
    return request;
  }

  #error(error: Error): void {
    if (this.#state !== 'sent') return;
    const isStale = this.#request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(codeOf(error));
    if (isStale && !this.#repeated && mayRepeat(this.#wanted)) {
      this.#repeated = true;
      this.#pool.closeKept(this.#wanted.route); // the other ones are probably closed, too
      this.#request = this.#send();
      return;
    }
    this.#state = 'over';
    this.#events.refused(failureOf(error));
  }

  #answer(response: IncomingMessage): void {
    if (this.#state !== 'sent') {
      response.destroy();
      return;
    }
    const { statusCode = 0, rawHeaders, headers, socket } = response;
    if (headers['content-length'] !== undefined && headers['transfer-encoding'] !== undefined) {
      this.#state = 'over';
      this.#events.refused({ code: 'protocol', detail: 'malformed HTTP response: Content-Length and Transfer-Encoding' });
      response.destroy();
      return;
    }
    this.#state = 'answered';
    const hasBody = this.#wanted.method !== 'HEAD' && ![101, 204, 304].includes(statusCode);
    const unpacked = hasBody && this.#wanted.unpack && /^(?:x-)?gzip$/i.test(headers['content-encoding'] ?? '');
    this.#source = unpacked ? unpack(response) : response;
    this.#events.head({
      status: statusCode,
      headers: rawHeaders,
      unpacked,
      local: formatAddress(socket?.localAddress ?? '', socket?.localPort ?? 0),
      remote: formatAddress(socket?.remoteAddress ?? '', socket?.remotePort ?? 0),
    });
    this.#read(this.#source, hasBody);
  }

  #read(source: IncomingMessage | Gunzip, hasBody: boolean): void {
    if (!hasBody) {
      source.on('error', () => {}).resume();
      this.#end(() => this.#events.ended());
      return;
    }
    source.on('data', (chunk: Buffer) => {
      if (this.#state === 'answered') this.#events.data(toText(chunk));
    });
    source.on('end', () => this.#end(() => this.#events.ended()));
    source.on('error', (error) => this.#end(() => this.#events.failed(...bodyFailure(error))));
    source.on('close', () => this.#end(() => this.#events.failed(...bodyFailure(null))));
  }

  #end(report: () => void): void {
    if (this.#state !== 'answered') return;
    this.#state = 'over';
    report();
  }

  abort(): void {
    this.#state = 'over';
    this.#source?.destroy();
    this.#request.destroy();
  }

  pause(): void {
    this.#source?.pause();
  }

  resume(): void {
    this.#source?.resume();
  }

  write(text: string): boolean {
    return this.#state === 'over' || this.#request.write(text, 'latin1');
  }

  end(): void {
    if (this.#state !== 'over') this.#request.end();
  }
}

/** The unpacked body. It fails when the packed one does. */
function unpack(response: IncomingMessage): Gunzip {
  const unpacking = createGunzip();
  const cut = (): void => {
    if (!response.complete) unpacking.destroy(new Error('unexpected EOF'));
  };
  response.on('error', cut).on('close', cut);
  unpacking.on('close', () => response.destroy());
  response.pipe(unpacking);
  return unpacking;
}

/** Why a request was not answered. */
function failureOf(error: Error): Failure {
  if (error instanceof DialError) return error.failure;
  const code = codeOf(error);
  if (code === 'HPE_HEADER_OVERFLOW') return { code: 'limit', detail: 'the head of the answer is too long' };
  if (code === 'HPE_INVALID_EOF_STATE') return { code: 'eof', detail: 'unexpected EOF' };
  if (code.startsWith('HPE_')) {
    const { reason } = error as { reason?: unknown };
    return { code: 'protocol', detail: `malformed HTTP response: ${typeof reason === 'string' ? reason : code}` };
  }
  const isHangUp = code === 'EPIPE' || (code === 'ECONNRESET' && (error as { syscall?: unknown }).syscall === undefined);
  if (isHangUp) return { code: 'eof', detail: 'EOF' };
  return { code: code === 'ECONNRESET' ? 'reset' : 'other', detail: errnoText(error) };
}

/** Why a body ended before its end. */
function bodyFailure(error: Error | null): [detail: string, code: ErrorCode] {
  const code = codeOf(error);
  if (code.startsWith('Z_') && code !== 'Z_BUF_ERROR') return [`gzip: ${errnoText(error)}`, 'protocol'];
  return code.startsWith('HPE_INVALID_CHUNK') ? ['malformed chunked encoding', 'protocol'] : ['unexpected EOF', 'eof'];
}
