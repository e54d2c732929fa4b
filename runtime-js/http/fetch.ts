/**
 * Requests with the browser's `fetch`. The rules of pages hold: another site must allow the page to read its answers (CORS), some headers
 * cannot be sent, and neither cookies nor a referrer go along.
 */
import type { ClientCall, ClientEvents, ClientRequest, Dial } from '../../builtins/http/backend.ts';
import { Failure } from '../../builtins/sockets/backend.ts';
import { utf8Decode, utf8Encode } from '../../language/values/bytes.ts';
import { toBytes, toText } from './bytes.ts';

/** Headers that the browser writes itself. */
const OF_THE_BROWSER = new Set(['Accept-Encoding', 'Content-Length', 'Host', 'Transfer-Encoding']);
const BODILESS = new Set([204, 205, 304]);
/** What a function writes is kept until it returns. */
const MOST_WRITTEN_BYTES = 64 * 1024 * 1024;
const UNREADABLE = 'the browser could not send it, or its rules for pages (CORS) hide the answer';

/** The requests of one program that are under way. */
export class FetchCalls {
  readonly #open = new Set<FetchCall>();

  start(dial: Dial, request: ClientRequest, events: ClientEvents): ClientCall {
    const call = new FetchCall(request, events, () => this.#open.delete(call));
    this.#open.add(call);
    call.dial(dial);
    return call;
  }

  close(): void {
    for (const call of this.#open) call.abort();
  }
}

class FetchCall implements ClientCall {
  readonly #wanted: ClientRequest;
  readonly #events: ClientEvents;
  readonly #onEnd: () => void;
  readonly #abort = new AbortController();
  #cancelDial = (): void => {};
  /** Whether the network allows it. */
  #mayGo = false;
  /** What is sent; null while a function writes it. */
  #body: string | null;
  #written: string[] = [];
  #writtenBytes = 0;
  #over = false;
  #paused = false;
  #goOn: (() => void) | null = null;

  constructor(wanted: ClientRequest, events: ClientEvents, onEnd: () => void) {
    this.#wanted = wanted;
    this.#events = events;
    this.#onEnd = onEnd;
    this.#body = wanted.body;
  }

  dial(dial: Dial): void {
    this.#cancelDial = dial((outcome) => {
      if (this.#over) return;
      if (outcome instanceof Failure) {
        queueMicrotask(() => this.#refuse(outcome)); // a rule refuses at once
        return;
      }
      this.#mayGo = true;
      if (this.#body !== null) void this.#send(this.#body);
    });
  }

  async #send(body: string): Promise<void> {
    const { method, url, headers, redirects } = this.#wanted;
    try {
      const lines = new Headers();
      for (let i = 0; i < headers.length; i += 2) {
        const name = headers[i] as string; // the list is flat
        if (!OF_THE_BROWSER.has(name)) lines.append(name, headers[i + 1] as string);
      }
      const response = await fetch(utf8Decode(url), {
        method,
        headers: lines,
        body: body === '' ? null : toBytes(body),
        redirect: redirects > 0 ? 'follow' : 'manual',
        signal: this.#abort.signal,
        cache: 'no-store',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
      });
      if (this.#over) return;
      if (response.type === 'opaqueredirect') {
        this.#refuse(new Failure('http', 'the answer is a redirect, which browsers do not show; `redirects: 1` follows it'));
        return;
      }
      await this.#receive(response);
    } catch (error) {
      this.#refuse(failureOf(error));
    }
  }

  async #receive(response: Response): Promise<void> {
    const { status, body } = response;
    const hasBody = body !== null && !BODILESS.has(status) && this.#wanted.method !== 'HEAD';
    const headers: string[] = [];
    for (const [name, value] of response.headers) headers.push(name, value);
    this.#events.head({
      status,
      headers,
      // Another site's encoding is hidden, and its length then that of what was packed.
      unpacked: hasBody && (response.headers.has('content-encoding') || response.type === 'cors'),
      local: '',
      remote: '',
      ...(this.#wanted.redirects > 0 ? { url: utf8Encode(response.url) } : {}),
    });
    if (hasBody) await this.#read(body.getReader());
    this.#end(() => this.#events.ended());
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    for (;;) {
      if (this.#paused) {
        await new Promise<void>((done) => {
          this.#goOn = done;
        });
      }
      try {
        const { done, value } = await reader.read();
        if (this.#over) return;
        if (done) return;
        this.#events.data(toText(value));
      } catch {
        this.#end(() => this.#events.failed('unexpected EOF', 'eof'));
        return;
      }
    }
  }

  #refuse(failure: Failure): void {
    this.#end(() => this.#events.refused(failure));
  }

  #end(report: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#onEnd();
    report();
  }

  // ---- what the request calls ----

  abort(): void {
    this.#over = true;
    this.#onEnd();
    this.#cancelDial();
    this.#abort.abort();
    this.resume();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#goOn?.();
    this.#goOn = null;
  }

  write(text: string): boolean {
    this.#writtenBytes += text.length;
    if (this.#writtenBytes <= MOST_WRITTEN_BYTES) {
      this.#written.push(text);
    } else {
      this.#written = [];
      queueMicrotask(() => this.#refuse(new Failure('limit', `a body of more than ${MOST_WRITTEN_BYTES} bytes`)));
    }
    return true;
  }

  end(): void {
    this.#body = this.#written.join('');
    this.#written = [];
    if (this.#mayGo && !this.#over) void this.#send(this.#body);
  }
}

/** Why `fetch` has sent nothing. It says little, on purpose. */
function failureOf(error: unknown): Failure {
  const words = error instanceof Error ? error.message : String(error);
  const isMistake = error instanceof TypeError && /method|header|body|url/i.test(words);
  return isMistake ? new Failure('protocol', utf8Encode(`fetch: ${words}`)) : new Failure('other', UNREADABLE);
}
