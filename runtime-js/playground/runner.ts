/** Workers: one is ready, and each program gets its own, which ends with it. */
import { type FromWorker, type Mark, MEMORY_LIMIT_BYTES, type Network, type ToWorker } from './messages.ts';
import { workerAddress } from './requests.ts';

/** What the page hears about the program that runs. */
export interface Listener {
  output(text: string): void;
  asks(): void;
  problem(report: string, mark: Mark | null): void;
  /** The program has not answered for a while: it is busy with one large thing, or its memory is full. The second time ends it. */
  silent(): void;
  /** It answers again. */
  answers(): void;
  ended(end: End): void;
}

/** How a run ended: by itself, by a limit, by Stop, because it gave no answer, or because the browser ended the worker. */
export type End =
  | { readonly kind: 'ended'; readonly status: number; readonly ms: number; readonly cut: 'output' | 'memory' | null }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'died'; readonly reason: string };

/** How often the worker is asked for a sign of life. */
const PING_MS = 2500;
/** So many questions without an answer are a silence. */
const PINGS_OF_SILENCE = 3;

/** What Chromium alone has, and on pages alone that are isolated from those of other origins. */
interface MeasuringPerformance {
  measureUserAgentSpecificMemory?(): Promise<{
    readonly breakdown: readonly { readonly bytes: number; readonly attribution: readonly { readonly scope: string }[] }[];
  }>;
}

export class Runner {
  readonly #url: string;
  #ready: Worker | null = null;
  #running: { readonly worker: Worker; readonly listener: Listener } | null = null;
  /** Questions without an answer. */
  #unanswered = 0;
  /** How often this program has been silent. */
  #silences = 0;
  #pings: ReturnType<typeof setInterval> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** Makes a worker ready, so that the next program starts at once. */
  warm(): Worker {
    this.#ready ??= this.#open(false);
    return this.#ready;
  }

  get running(): boolean {
    return this.#running !== null;
  }

  run(text: string, { network, requests }: { network: Network; requests: boolean }, listener: Listener): void {
    this.stop();
    const worker = requests ? this.#open(true) : this.warm();
    if (!requests) this.#ready = null;
    this.#running = { worker, listener };
    this.#post(worker, { kind: 'run', text, network });
    this.#unanswered = 0;
    this.#silences = 0;
    this.#pings = setInterval(() => this.#ping(worker, listener), PING_MS);
    void this.#limitMemory(worker);
  }

  /** Ends the program at once, wherever it is. */
  stop(): void {
    this.#end({ kind: 'stopped' });
  }

  /** Sends a line to the program, or null for the end of the input. */
  input(line: string | null): void {
    if (this.#running !== null) this.#post(this.#running.worker, { kind: 'input', line });
  }

  #ping(worker: Worker, listener: Listener): void {
    this.#unanswered += 1;
    if (this.#unanswered % PINGS_OF_SILENCE === 0) {
      this.#silences += 1;
      if (this.#silences === 1) listener.silent();
      else this.#end({ kind: 'silent' });
    }
    this.#post(worker, { kind: 'ping' });
  }

  /**
   * Workers cannot tell how much memory they use, and a full one may take the page with it. Where the browser measures it for the page
   * that takes it a quarter of a minute, which is still soon enough.
   */
  async #limitMemory(worker: Worker): Promise<void> {
    const { measureUserAgentSpecificMemory: measure } = performance as MeasuringPerformance;
    if (!crossOriginIsolated || measure === undefined) return;
    while (this.#running?.worker === worker) {
      try {
        const { breakdown } = await measure.call(performance);
        const ofWorkers = breakdown.filter(({ attribution }) => attribution.some(({ scope }) => scope.startsWith('Dedicated')));
        const bytes = ofWorkers.reduce((sum, part) => sum + part.bytes, 0);
        if (bytes <= MEMORY_LIMIT_BYTES || this.#running?.worker !== worker) continue;
      } catch {
        return; // it may refuse
      }
      this.#end({ kind: 'ended', status: 1, ms: 0, cut: 'memory' });
    }
  }

  #post(worker: Worker, message: ToWorker): void {
    worker.postMessage(message);
  }

  #open(requests: boolean): Worker {
    const worker = new Worker(workerAddress(this.#url, requests), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#told(worker, data);
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#running?.worker === worker) this.#end({ kind: 'died', reason: event.message ?? '' });
    };
    return worker;
  }

  #told(worker: Worker, message: FromWorker): void {
    const listener = this.#running?.worker === worker ? this.#running.listener : null;
    switch (message.kind) {
      case 'output':
        listener?.output(message.text);
        break;
      case 'asks':
        listener?.asks();
        break;
      case 'pong':
        if (this.#unanswered >= PINGS_OF_SILENCE) listener?.answers();
        this.#unanswered = 0;
        break;
      case 'problem':
        listener?.problem(message.report, message.mark);
        break;
      case 'ended':
        if (listener !== null) this.#end(message);
        break;
    }
  }

  #end(end: End): void {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    clearInterval(this.#pings);
    running.worker.onmessage = null;
    running.worker.terminate();
    this.warm();
    running.listener.ended(end);
  }
}
