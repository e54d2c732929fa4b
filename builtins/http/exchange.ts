/** One request of a server and its answer: the event for the program's handler, and the function `end`. */

import { mistake, ProgramError } from '../../language/runtime/errors.ts';
import type { Machine, Thread } from '../../language/runtime/machine.ts';
import {
  getKey,
  isObject,
  type Obj,
  obj,
  Str,
  SUSPENDED,
  type Suspended,
  str,
  type Value,
} from '../../language/values/values.ts';
import { type Answer, isBodiless, readAnswer } from './answer.ts';
import type { OutgoingBody, ServerExchange } from './backend.ts';
import { StreamedBody } from './body.ts';
import { reportMistake } from './context.ts';
import type { Origin } from './forwarded.ts';
import { requestHeaders } from './headers.ts';
import { errorValue, requestEvent, sentValue } from './results.ts';

/** What an exchange needs of its server. */
export interface ExchangeOwner {
  readonly machine: Machine;
  /** The server has been closed: connections end with their answers. */
  readonly closing: boolean;
  /** Where a request came from, as trusted proxies say. */
  originOf(io: ServerExchange): Origin;
  /** Compresses an answer if the client takes that and it is worth it. */
  pack(exchange: Exchange, answer: Answer & { body: string }, send: (answer: Answer & { body: string }) => void): void;
  /** The answer is given, with `status` and the size of its body, or the client has gone (status 0). */
  done(exchange: Exchange, status: number, bytes: number): void;
  /** An error occurred that the program receives as an error event. */
  failed(text: string): void;
  openWebSocket(exchange: Exchange, response: Obj): Suspended;
}

export class Exchange {
  readonly io: ServerExchange;
  readonly url: string;
  readonly startedAt: number;
  readonly #owner: ExchangeOwner;
  #state: 'open' | 'answered' | 'over' = 'open';
  #stopTimer: (() => void) | null = null;

  constructor(owner: ExchangeOwner, io: ServerExchange, url: string) {
    this.#owner = owner;
    this.io = io;
    this.url = url;
    this.startedAt = owner.machine.host.now();
  }

  /** `{method, url, headers}` */
  describe(): Obj {
    const { method, headers } = this.io.head;
    return obj({ method: str(method), url: str(this.url), headers: requestHeaders(headers) });
  }

  /** The event for the handler. `body` is the whole body, or what the program reads it with. */
  event(body: string | StreamedBody, withInfo: boolean): Obj {
    const req = this.describe();
    req.body = typeof body === 'string' ? str(body) : str('');
    const event = requestEvent(req);
    const { end } = {
      // A program sees the name of this function.
      end: (response?: Value): Value | Suspended => {
        if (response === undefined)
          throw mistake('argument-count', { builtin: 'listen/end', says: 'requires 1 arguments', got: 0 });
        return this.end(response);
      },
    };
    event.end = end;
    if (body instanceof StreamedBody) event.read = body.readFunction();
    if (withInfo) event.info = this.#info();
    return event;
  }

  #info(): Obj {
    const { connection, head } = this.io;
    const encryption = connection.encryption();
    const { remote, tls, host } = this.#owner.originOf(this.io);
    return obj({
      remote: str(remote),
      local: str(connection.local),
      tls,
      host: host === null ? null : str(host),
      version: str(head.version),
      peer: encryption?.peer == null ? null : obj({ subject: str(encryption.peer.subject), verified: encryption.verified }),
    });
  }

  /** The program has it from now on. After `timeoutMs` (0: never) it is answered with 503. */
  started(timeoutMs: number): void {
    const { machine } = this.#owner;
    this.io.started();
    this.io.onGone = (failed) => this.#gone(failed);
    machine.ref();
    if (timeoutMs > 0) this.#stopTimer = machine.host.timer(timeoutMs, () => this.answerEmpty(503));
  }

  #gone(failed: boolean): void {
    if (failed && this.#state === 'answered') {
      this.#owner.failed('Error writing request body in listen/end: write: broken pipe');
    }
    this.#over(0, 0);
  }

  /** The function that programs call. */
  end(response: Value): Value | Suspended {
    const { machine } = this.#owner;
    if (this.#state !== 'open' && this.#answeredBefore) {
      reportMistake(machine, mistake('domain', { says: 'listen/end called more than once' }));
      return null;
    }
    this.#answeredBefore = true;
    if (isObject(response) && getKey(response, 'upgrade') === true && this.io.upgrades) {
      if (this.#state !== 'open') return errorValue('Could not upgrade websocket connection: the client has gone', 'closed');
      this.#state = 'answered';
      return this.#owner.openWebSocket(this, response as Obj);
    }
    const answer = readAnswer(response);
    if (answer instanceof ProgramError) {
      reportMistake(machine, answer);
      this.answerEmpty(500);
    } else if (this.#state === 'open') {
      this.#send(answer);
    }
    return null;
  }
  #answeredBefore = false;

  /** An answer without a body, after which the connection is closed. Nothing if there was an answer. */
  answerEmpty(status: number): void {
    if (this.#state !== 'open') return;
    this.#state = 'answered';
    this.io.answer(status, ['Content-Length', '0'], '', { bodiless: false, close: true });
    this.#over(status, 0);
  }

  #send(answer: Answer): void {
    this.#state = 'answered';
    const { body } = answer;
    if (typeof body !== 'string') {
      this.#stream(answer);
      return;
    }
    const isBodilessAnswer = isBodiless(answer.status);
    if (isBodilessAnswer && body !== '') {
      this.#owner.failed(
        'Error writing request body in listen/end: http: request method or response status code does not allow body',
      );
    }
    if (isBodilessAnswer || this.io.head.method === 'HEAD') {
      this.#sendWhole({ ...answer, body });
    } else {
      this.#owner.pack(this, { ...answer, body }, (packed) => this.#sendWhole(packed));
    }
  }

  #sendWhole({ status, headers, body, length, close }: Answer & { body: string }): void {
    const isHead = this.io.head.method === 'HEAD';
    const bodiless = isHead || isBodiless(status);
    if (!isBodiless(status)) headers.push('Content-Length', String(isHead && body === '' ? (length ?? 0) : body.length));
    else if (status === 304 && length !== null) headers.push('Content-Length', String(length));
    this.io.answer(status, headers, body, { bodiless, close: close || this.#owner.closing });
    this.#over(status, bodiless ? 0 : body.length);
  }

  /** The answer's body is a function that writes it. */
  #stream({ status, headers, body, length, close }: Answer): void {
    const { machine } = this.#owner;
    const isHead = this.io.head.method === 'HEAD';
    if (length !== null) headers.push('Content-Length', String(length));
    if (isHead || isBodiless(status)) {
      this.io.answer(status, headers, '', { bodiless: true, close: close || this.#owner.closing });
      this.#over(status, 0);
      return;
    }
    const writer = new BodyWriter(machine, length);
    const out = this.io.begin(status, headers, close || this.#owner.closing, () => writer.drained());
    writer.out = out;
    this.io.onGone = () => {
      writer.drained();
      this.#over(0, writer.bytes);
    };
    const { write } = { write: (text?: Value): Value | Suspended => writer.write(text ?? null) };
    const writing = machine.spawn(body as Exclude<typeof body, string>, [write]);
    writing.onEnd = (_result, error) => {
      if (error === null && (length === null || writer.bytes === length)) out.end();
      else out.cut();
      this.#over(status, writer.bytes);
    };
  }

  #over(status: number, bytes: number): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#stopTimer?.();
    this.io.onGone = null;
    this.#owner.machine.unref();
    this.#owner.done(this, status, bytes);
  }

  /** The connection has become a WebSocket, or is closed. */
  upgraded(status: number): void {
    this.#over(status, 0);
  }
}

/** What `write` of a body function does. */
class BodyWriter {
  out: OutgoingBody | null = null;
  bytes = 0;
  readonly #machine: Machine;
  /** The program's Content-Length, which is kept to; null if there is none. */
  readonly #length: number | null;
  #waiting: { readonly thread: Thread; readonly bytes: number }[] = [];

  constructor(machine: Machine, length: number | null) {
    this.#machine = machine;
    this.#length = length;
  }

  write(text: Value): Value | Suspended {
    if (!(text instanceof Str)) throw mistake('argument', { says: 'write requires a string, got', value: text });
    const { out } = this;
    if (out === null || out.gone) return this.#goneError();
    const bytes = text.length;
    if (this.#length !== null && this.bytes + bytes > this.#length) {
      return errorValue(`Could not write response body: more than the Content-Length of ${this.#length} bytes`, 'limit');
    }
    this.bytes += bytes;
    if (bytes === 0 || out.write(text.text)) return sentValue(bytes);
    const thread = this.#machine.block('external');
    this.#waiting.push({ thread, bytes });
    return SUSPENDED;
  }

  /** The client has read all written bytes, or the connection is closed. */
  drained(): void {
    const gone = this.out?.gone === true;
    for (const { thread, bytes } of this.#waiting.splice(0)) {
      this.#machine.wake(thread, gone ? this.#goneError() : sentValue(bytes));
    }
  }

  #goneError(): Obj {
    return errorValue('Could not write response body: the client has gone', 'closed');
  }
}
