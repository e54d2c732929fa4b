/** `req`: a request of the program, and the answer to it. */

import { brief } from '../../language/runtime/brief.ts';
import { mistake } from '../../language/runtime/errors.ts';
import type { Machine, Thread } from '../../language/runtime/machine.ts';
import {
  getKey,
  isObject,
  keysOf,
  type Obj,
  obj,
  Str,
  SUSPENDED,
  type Suspended,
  str,
  type Table,
  type Value,
} from '../../language/values/values.ts';
import { encodePiece } from '../lib-support/base64.ts';
import { isCallable } from '../params.ts';
import { type ErrorCode, Failure } from '../sockets/backend.ts';
import type { AnswerHead, ClientCall, ClientEvents, HttpEngine } from './backend.ts';
import { BodyFault, StreamedBody, WholeBody } from './body.ts';
import type { HttpContext } from './context.ts';
import { allValues, answerHeaders, canonicalName, firstValue, isFieldValue, isToken } from './headers.ts';
import { type RequestOptions, requestOptions } from './options.ts';
import { RequestWriter } from './request-writer.ts';
import { answerValue, closedValue, errorValue } from './results.ts';
import { Silence } from './silence.ts';
import { type Destination, destinationOf } from './target.ts';
import { parseUrl, quoted, resolveUrl, type Url } from './url.ts';

/** What a program asks for, checked. */
interface Wanted {
  readonly url: string;
  readonly method: string;
  /** Canonical names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string | ((...args: Value[]) => Value | Suspended);
  readonly options: RequestOptions;
}

const INITIALIZE = 'Could not initialize request in req(): ';
const READ = 'Could not read response: ';
/** With these methods a request has a length even when it has no body. */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);
/** Headers that are the client's business. */
const OURS = new Set(['Content-Length', 'Host', 'Transfer-Encoding']);
const SECRET = new Set(['Authorization', 'Cookie']);

/** The builtin. Misuse is thrown; the result is an answer or an error value. */
export function request(machine: Machine, context: HttpContext, given: Obj | Table): Value | Suspended {
  const read = readRequest(given);
  if (read instanceof Failure) return errorValue(read.detail, read.code);
  const { wanted, url } = read;
  return context.readCertificates(machine, context.network.files, wanted.options, (options) => {
    const conversation = new Conversation(machine, context, { ...wanted, options }, url);
    const destination = conversation.destination();
    if (destination instanceof Failure) return conversation.refusal(destination);
    const thread = machine.block('external');
    context.withEngine((engine) => conversation.start(engine, thread, destination));
    return SUSPENDED;
  });
}

function readRequest(given: Obj | Table): { wanted: Wanted; url: Url } | Failure {
  const url = getKey(given, 'url');
  const method = getKey(given, 'method') ?? str('');
  const headers = getKey(given, 'headers');
  const body = getKey(given, 'body') ?? str('');
  const isBody = body instanceof Str || isCallable(body);
  const areHeaders = headers === undefined || isObject(headers);
  if (!(url instanceof Str) || !(method instanceof Str) || !isBody || !areHeaders || 'nullField' in missing(given)) {
    throw mistake('argument-types', { builtin: 'req', values: [given] });
  }
  const options = requestOptions.read(given);
  if (options === undefined) throw requestOptions.mistake('req', given);
  const parsed = parseUrl(url.text);
  if (typeof parsed === 'string') return new Failure('address', `${INITIALIZE}parse ${quoted(url.text)}: ${parsed}`);
  if (method.length > 0 && !isToken(method.text)) {
    return new Failure('protocol', `${INITIALIZE}net/http: invalid method ${quoted(method.text)}`);
  }
  const lines = new Map<string, string>();
  for (const name of headers === undefined ? [] : keysOf(headers as Obj)) {
    const value = getKey(headers as Obj, name) ?? null;
    if (!(value instanceof Str))
      throw mistake('domain', { says: `Could not set request header, value ${brief(value)} was not a string` });
    lines.set(canonicalName(name), value.text);
  }
  const wanted: Wanted = {
    url: url.text,
    method: method.length === 0 ? 'GET' : method.text,
    headers: lines,
    body: body instanceof Str ? body.text : body,
    options,
  };
  return { wanted, url: parsed };
}

/** `?` is not "not given" here, as the reference has it. */
function missing(given: Obj | Table): object {
  return ['url', 'method', 'headers', 'body'].some((name) => getKey(given, name) === null) ? { nullField: true } : {};
}

/** A request until it is answered, through redirects. */
class Conversation implements ClientEvents {
  readonly #machine: Machine;
  readonly #context: HttpContext;
  readonly #wanted: Wanted;
  readonly #silence: Silence;
  #engine: HttpEngine | null = null;
  #thread: Thread | null = null;
  #url: Url;
  #urlText: string;
  #method: string;
  #headers: ReadonlyMap<string, string>;
  #body: Wanted['body'];
  #redirects = 0;
  #call: ClientCall | null = null;
  #writer: RequestWriter | null = null;
  #head: AnswerHead | null = null;
  #incoming: WholeBody | StreamedBody | null = null;
  #stopTimer: (() => void) | null = null;
  #over = false;

  constructor(machine: Machine, context: HttpContext, wanted: Wanted, url: Url) {
    this.#machine = machine;
    this.#context = context;
    this.#wanted = wanted;
    this.#url = url;
    this.#urlText = wanted.url;
    this.#method = wanted.method;
    this.#headers = wanted.headers;
    this.#body = wanted.body;
    this.#silence = new Silence(machine, wanted.options.headTimeout, () => this.#timedOut());
  }

  start(engine: HttpEngine, thread: Thread, destination: Destination): void {
    this.#engine = engine;
    this.#thread = thread;
    const { timeout } = this.#wanted.options;
    if (timeout > 0) this.#stopTimer = this.#machine.host.timer(timeout, () => this.#timedOut());
    this.#send(engine, destination);
  }

  #send(engine: HttpEngine, destination: Destination): void {
    this.#silence.touch();
    const { options } = this.#wanted;
    const body = this.#body;
    const url = `${this.#url.scheme}://${destination.host}${this.#target()}`;
    this.#call = engine.request(
      destination.dial,
      {
        route: options.pool === '' ? destination.route : `${options.pool} ${destination.route}`,
        method: this.#method,
        target: destination.passedOn === null ? this.#target() : url,
        url,
        redirects: options.redirects,
        headers: this.#lines(destination),
        body: typeof body === 'string' ? body : null,
        maxHeaderBytes: options.maxHeader,
        unpack: !this.#headers.has('Accept-Encoding') && this.#method !== 'HEAD',
        idleMs: options.idle,
        maxPerRoute: options.maxPerHost,
      },
      this,
    );
    if (typeof body !== 'string') {
      const call = this.#call;
      const length = this.#headers.get('Content-Length');
      this.#writer = new RequestWriter(this.#machine, call, length === undefined ? null : Number(length));
      this.#writer.start(body, () => {
        call.abort();
        this.#fail('closed', 'the function that writes the body failed');
      });
    }
  }

  #target(): string {
    return `${this.#url.path === '' ? '/' : this.#url.path}${this.#url.query}`;
  }

  /** Where the request goes, or why it cannot be sent. Unusable certificates are a mistake of the program and thrown. */
  destination(): Destination | Failure {
    const { scheme, host } = this.#url;
    if (scheme !== 'http' && scheme !== 'https') {
      return new Failure('address', `unsupported protocol scheme ${quoted(scheme)}`);
    }
    if (host === '' && this.#wanted.options.unix === null) return new Failure('address', 'http: no Host in request URL');
    for (const [name, value] of this.#headers) {
      if (!isToken(name)) return new Failure('protocol', `net/http: invalid header field name ${quoted(name)}`);
      if (!isFieldValue(value)) return new Failure('protocol', `net/http: invalid header field value for ${quoted(name)}`);
    }
    const { options } = this.#wanted;
    return destinationOf(this.#context, this.#url, scheme === 'https', options, options.unix, this.#context.proxyFor);
  }

  #lines({ host, passedOn }: Destination): string[] {
    const lines = ['Host', this.#redirects === 0 ? (this.#wanted.options.host ?? host) : host];
    for (const [name, value] of this.#headers) if (!OURS.has(name)) lines.push(name, value.trim());
    if (passedOn?.authorization != null) lines.push('Proxy-Authorization', passedOn.authorization);
    const { user } = this.#url;
    if (user !== null && !this.#headers.has('Authorization')) {
      lines.push('Authorization', `Basic ${encodePiece(`${user.name}:${user.password ?? ''}`)}`);
    }
    if (!this.#headers.has('Accept-Encoding') && this.#method !== 'HEAD') lines.push('Accept-Encoding', 'gzip');
    const body = this.#body;
    if (typeof body === 'string') {
      if (body !== '' || WITH_BODY.has(this.#method)) lines.push('Content-Length', String(body.length));
    } else {
      const length = this.#headers.get('Content-Length');
      if (length !== undefined && /^\d{1,15}$/.test(length)) lines.push('Content-Length', length);
      else lines.push('Transfer-Encoding', 'chunked');
    }
    return lines;
  }

  #sendPrefix(): string {
    const verb = this.#method.charAt(0).toUpperCase() + this.#method.slice(1).toLowerCase();
    return `Could not send request: ${verb} ${quoted(this.#urlText)}: `;
  }

  #timedOut(): void {
    this.#call?.abort();
    if (this.#head === null) this.#fail('timeout', 'i/o timeout');
    else this.failed('i/o timeout', 'timeout');
  }

  refusal({ code, detail }: Pick<Failure, 'code' | 'detail'>): Obj {
    return errorValue(this.#sendPrefix() + detail, code);
  }

  #fail(code: ErrorCode, detail: string): void {
    this.#finish(this.refusal({ code, detail }));
  }

  #finish(result: Obj): void {
    this.#settle();
    this.#wake(result);
  }

  #wake(result: Obj): void {
    const thread = this.#thread;
    this.#thread = null;
    if (thread !== null) this.#machine.wake(thread, result);
  }

  #settle(): void {
    this.#over = true;
    this.#stopTimer?.();
    this.#silence.stop();
    this.#writer?.stop();
  }

  // ---- what the engine reports ----

  refused({ code, detail }: Failure): void {
    if (!this.#over) this.#fail(code, detail);
  }

  drained(): void {
    this.#writer?.drained();
  }

  head(head: AnswerHead): void {
    if (this.#over) return;
    this.#silence.stop();
    const next = this.#redirects < this.#wanted.options.redirects ? this.#redirectOf(head) : null;
    if (next !== null) {
      this.#call?.abort();
      this.#follow(next, head.status);
      return;
    }
    this.#head = head;
    const { options } = this.#wanted;
    const limits = { maxBytes: options.maxBody, timeoutMs: options.bodyTimeout };
    const call = this.#call as ClientCall; // an engine never reports from inside `request`
    if (options.stream) {
      const streamed = new StreamedBody(this.#machine, call, limits, READ);
      streamed.onEnd = () => this.#settle();
      this.#incoming = streamed;
      this.#stopTimer?.();
      this.#wake(this.#answer(head, '', streamed));
      return;
    }
    this.#incoming = new WholeBody(this.#machine, limits, (body) => {
      if (body instanceof BodyFault) {
        call.abort();
        this.#finish(errorValue(READ + body.detail, body.code));
      } else {
        this.#finish(this.#answer(head, body, null));
      }
    });
  }

  data(text: string): void {
    this.#incoming?.data(text);
  }

  ended(): void {
    this.#incoming?.ended();
  }

  failed(detail: string, code: ErrorCode): void {
    this.#incoming?.failed(detail, code);
  }

  #answer(head: AnswerHead, body: string, streamed: StreamedBody | null): Obj {
    const { options } = this.#wanted;
    const resp = obj({ status: head.status, headers: answerHeaders(head.headers, head.unpacked), body: str(body) });
    if (streamed !== null) {
      const { close } = {
        close: (): Value => {
          this.#call?.abort();
          streamed.drop();
          return closedValue();
        },
      };
      resp.read = streamed.readFunction();
      resp.close = close;
    }
    if (options.cookies) resp.setCookie = allValues(head.headers, 'Set-Cookie').map((line) => str(line));
    if (options.local) {
      resp.local = str(head.local);
      resp.remote = str(head.remote);
    }
    if (options.redirects > 0) resp.url = str(head.url ?? this.#urlText);
    return answerValue(resp);
  }

  // ---- redirects ----

  #redirectOf({ status, headers }: AnswerHead): string | null {
    if (![301, 302, 303, 307, 308].includes(status)) return null;
    const location = firstValue(headers, 'Location');
    if (location === undefined) return null;
    if (status >= 307 && typeof this.#body !== 'string') return null; // what was written cannot be written again
    return resolveUrl(this.#url, location);
  }

  #follow(text: string, status: number): void {
    const url = parseUrl(text);
    if (typeof url === 'string') {
      this.#fail('address', `parse ${quoted(text)}: ${url}`);
      return;
    }
    if (this.#url.scheme === 'https' && url.scheme === 'http') {
      this.#fail('permission', `redirect from https to ${text} is not followed`);
      return;
    }
    const isSameOrigin = url.scheme === this.#url.scheme && url.host === this.#url.host && url.port === this.#url.port;
    const dropsBody = status === 303 || ((status === 301 || status === 302) && this.#method === 'POST');
    const dropped = (name: string): boolean => (!isSameOrigin && SECRET.has(name)) || (dropsBody && /^Content-/.test(name));
    this.#headers = new Map([...this.#headers].filter(([name]) => !dropped(name)));
    if (dropsBody) {
      this.#writer?.stop();
      this.#writer = null;
      this.#body = '';
      if (this.#method !== 'HEAD') this.#method = 'GET';
    }
    this.#redirects++;
    this.#url = url;
    this.#urlText = text;
    const destination = this.destination();
    if (destination instanceof Failure) this.#fail(destination.code, destination.detail);
    else this.#send(this.#engine as HttpEngine, destination); // it sent the first request
  }
}
