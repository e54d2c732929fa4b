/**
 * Runs one program, away from the page: the page stays responsive and can end this worker.
 *
 * Compiled programs are started with `eval`, so the worker's own content security policy must allow it; the page's does not.
 * Programs cannot reach the globals of a worker. Those that talk to the outside are taken away all the same.
 */

import { check } from '../../language/diagnostics/check.ts';
import { Source } from '../../language/syntax/source.ts';
import {
  createRuntime,
  type GatewayNetwork,
  gatewayNetwork,
  MagnoliaError,
  memoryNetwork,
  type ProblemData,
  StoppedError,
} from '../index.ts';
import { type FromWorker, type Mark, type Network, OUTPUT_LIMIT_BYTES, PROGRAM, type ToWorker } from './messages.ts';
import { mayRequest } from './requests.ts';

/** Output is handed on this often: each message costs the page some work. */
const GATHER_MS = 30;

// biome-ignore format: a table
const OUTSIDE = [
  'fetch', 'XMLHttpRequest', 'WebSocket', 'WebSocketStream', 'WebTransport', 'EventSource', 'RTCPeerConnection', 'BroadcastChannel',
  'SharedWorker', 'Worker', 'importScripts', 'indexedDB', 'caches', 'cookieStore', 'Notification', 'FileReader', 'FileReaderSync',
];
/** For gateways, and out of reach of programs. */
const { WebSocket } = globalThis;
const OF_REQUESTS = ['fetch', 'WebSocket'];
const outside = mayRequest() ? OUTSIDE.filter((name) => !OF_REQUESTS.includes(name)) : OUTSIDE;
for (const name of outside) Object.defineProperty(globalThis, name, { value: undefined, configurable: false, writable: false });

const post = (message: FromWorker): void => postMessage(message);

/** Gathers output, so that a program that prints much does not flood the page. */
class Gathered {
  #text = '';
  #timer: ReturnType<typeof setTimeout> | null = null;
  #posted = Number.NEGATIVE_INFINITY;

  add(text: string): void {
    this.#text += text;
    const wait = this.#posted + GATHER_MS - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), wait);
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#text === '') return;
    post({ kind: 'output', text: this.#text });
    this.#text = '';
    this.#posted = performance.now();
  }
}

/** The lines that the page sends, for `input()`. */
class Typed {
  readonly #lines: (string | null)[] = [];
  #wake: (() => void) | null = null;

  add(line: string | null): void {
    this.#lines.push(line);
    this.#wake?.();
    this.#wake = null;
  }

  async *pieces(beforeWaiting: () => void): AsyncGenerator<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line === null) return;
      if (line !== undefined) {
        yield `${line}\n`;
        continue;
      }
      beforeWaiting();
      await new Promise<void>((done) => {
        this.#wake = done;
      });
    }
  }
}

const output = new Gathered();
const typed = new Typed();
/** The text that runs. */
let program = '';

/** A gateway that does not answer holds up the end of a program no longer. */
const GOODBYE_MS = 2000;

async function run(text: string, network: Network): Promise<void> {
  program = text;
  const started = performance.now();
  const gateway = typeof network === 'object' ? gatewayNetwork(network.gateway, { WebSocket }) : null;
  const end = (status: number, cut: 'output' | 'memory' | null = null): void => {
    output.flush();
    const ms = performance.now() - started;
    void goodbye(gateway).then(() => post({ kind: 'ended', status, cut, ms })); // the page ends this worker then
  };
  const input = typed.pieces(() => {
    output.flush();
    post({ kind: 'asks' });
  });
  try {
    const runtime = createRuntime({
      output: (printed) => output.add(printed),
      input,
      files: {},
      limits: { outputBytes: OUTPUT_LIMIT_BYTES },
      onProblem: tell,
      ...(gateway !== null ? { network: gateway } : network === 'memory' ? { network: memoryNetwork() } : {}),
      http: mayRequest() ? 'fetch' : 'none',
    });
    const { status } = await runtime.run({ text, file: PROGRAM });
    end(status);
  } catch (error) {
    if (error instanceof StoppedError) {
      end(error.status, error.reason === 'outputBytes' ? 'output' : null);
    } else if (error instanceof RangeError && /string length|array length|allocation/i.test(error.message)) {
      end(1, 'memory');
    } else {
      tell(error);
      end(1);
    }
  }
}

/** What the program has sent arrives at the gateway. */
function goodbye(gateway: GatewayNetwork | null): Promise<unknown> {
  if (gateway === null) return Promise.resolve();
  return Promise.race([gateway.close(), new Promise((done) => setTimeout(done, GOODBYE_MS))]);
}

function tell(error: unknown): void {
  output.flush();
  if (error instanceof MagnoliaError) {
    post({
      kind: 'problem',
      report: error.report,
      mark: error.problem.kind === 'parse' ? mistakeIn(program) : markOf(error.problem),
    });
  } else if (error instanceof EvalError) {
    const report =
      "This server's content security policy forbids 'unsafe-eval' for worker.js, which is how programs are started.";
    post({ kind: 'problem', report: `${report}\n`, mark: null });
  } else {
    post({ kind: 'problem', report: `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`, mark: null });
  }
}

/** An error inside the library is marked at the call from the program. */
function markOf({ file, line, column, span, reason, hint, trace }: ProblemData): Mark | null {
  if (file === PROGRAM && line !== null && column !== null) {
    const marked = span === null ? null : { from: span.start.offset, to: span.end.offset };
    return { line, column, span: marked, reason, hint };
  }
  const call = trace.find((entry) => entry.file === PROGRAM);
  return call === undefined ? null : { line: call.line, column: call.column, span: null, reason, hint };
}

function mistakeIn(text: string): Mark | null {
  const [problem] = check(new Source(PROGRAM, text));
  if (problem === undefined) return null;
  const mark = markOf(new MagnoliaError(problem).problem);
  if (mark === null || mark.hint !== null || problem.place === null || problem.related === null) return mark;
  const { line, column } = problem.place.source.lineAndColumn(problem.related.at);
  return { ...mark, hint: `${problem.related.note} [${line}:${column}]` };
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case 'run':
      void run(data.text, data.network);
      break;
    case 'ping':
      post({ kind: 'pong' });
      break;
    case 'input':
      typed.add(data.line);
      break;
  }
});
