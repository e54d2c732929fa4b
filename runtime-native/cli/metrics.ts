/**
 * `--metrics ADDRESS`: figures of the program for Prometheus (text format 0.0.4) at /metrics, and whether it takes clients at /healthz.
 *
 * The endpoint is a server of Node beside the program: its connections are not counted, and it keeps nothing running.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatAddress, parseAddress } from '../../builtins/sockets/address.ts';
import type { SocketEvent, SocketWatch } from '../../builtins/sockets/watch.ts';
import type { Machine } from '../../language/runtime/machine.ts';
import { errnoText } from '../errno.ts';
import { complain, writeError } from './screen.ts';

/** Each figure: its type and what it counts. */
const FIGURES = {
  sockets_open: ['gauge', 'Sockets of the program that are open'],
  connections_accepted_total: ['counter', 'Connections accepted'],
  connections_dialed_total: ['counter', 'Connections that the program has made'],
  bytes_received_total: ['counter', 'Bytes received by sockets'],
  bytes_sent_total: ['counter', 'Bytes sent by sockets'],
  handshakes_total: ['counter', 'TLS handshakes that succeeded'],
  threads: ['gauge', 'Threads of the program that have not ended'],
  channel_waits: ['gauge', 'Threads that wait for another thread'],
  event_loop_lag_seconds: ['gauge', 'How long an event waits at this moment'],
  heap_bytes: ['gauge', 'Bytes of the heap in use'],
} as const;
const FAILURES = 'handshake_failures_total';

type Figure = keyof typeof FIGURES;

/** The figures of one process at one moment. */
export interface Snapshot {
  readonly figures: { readonly [figure in Figure]: number };
  /** TLS handshakes that failed, by the code of the error. */
  readonly failures: { readonly [code: string]: number };
  /** The program has stopped listening. */
  readonly isDraining: boolean;
}

/** Counts what happens to the sockets of a program. */
export class SocketCounters implements SocketWatch {
  #open = 0;
  #accepted = 0;
  #dialed = 0;
  #received = 0;
  #sent = 0;
  #handshakes = 0;
  #listening = 0;
  #hasListened = false;
  readonly #failures: { [code: string]: number } = {};

  tell(event: SocketEvent): void {
    switch (event.kind) {
      case 'accept':
        this.#accepted++;
        this.#open++;
        return;
      case 'connect':
        this.#dialed++;
        this.#open++;
        return;
      case 'close':
        this.#open--;
        return;
      case 'tls':
        this.#handshakes++;
        return;
      case 'tls-failed':
        this.#failures[event.code] = (this.#failures[event.code] ?? 0) + 1;
        return;
      case 'listen':
        this.#listening++;
        this.#hasListened = true;
        return;
      case 'listen-closed':
        this.#listening--;
        return;
      case 'connect-failed':
      case 'listen-failed':
      case 'accept-failed':
      case 'broken':
        return;
    }
  }

  bytes(_id: number, direction: 'in' | 'out', count: number): void {
    if (direction === 'in') this.#received += count;
    else this.#sent += count;
  }

  /** The figures now; the delay of the event loop is measured meanwhile. */
  async snapshot(machine: Machine): Promise<Snapshot> {
    const asked = performance.now();
    await new Promise(setImmediate);
    const lagMs = performance.now() - asked;
    const { living, waiting } = machine.threadCounts();
    return {
      figures: {
        sockets_open: this.#open,
        connections_accepted_total: this.#accepted,
        connections_dialed_total: this.#dialed,
        bytes_received_total: this.#received,
        bytes_sent_total: this.#sent,
        handshakes_total: this.#handshakes,
        threads: living,
        channel_waits: waiting,
        event_loop_lag_seconds: lagMs / 1000,
        heap_bytes: process.memoryUsage().heapUsed,
      },
      failures: { ...this.#failures },
      isDraining: this.#hasListened && this.#listening === 0,
    };
  }
}

/** One watch for two. */
export function bothWatch(first: SocketWatch, second: SocketWatch | null): SocketWatch {
  if (second === null) return first;
  return {
    tell(event) {
      first.tell(event);
      second.tell(event);
    },
    bytes(id, direction, count) {
      first.bytes(id, direction, count);
      second.bytes(id, direction, count);
    },
  };
}

/** Figures in the text format; those of workers by the worker's number. */
export function metricsText(snapshots: readonly { readonly worker: number | null; readonly snapshot: Snapshot }[]): string {
  const lines: string[] = [];
  const family = (name: string, type: string, help: string): void => {
    lines.push(`# HELP magnolia_${name} ${help}`, `# TYPE magnolia_${name} ${type}`);
  };
  const labels = (worker: number | null, ...more: string[]): string => {
    const all = [...(worker === null ? [] : [`worker="${worker}"`]), ...more];
    return all.length === 0 ? '' : `{${all.join(',')}}`;
  };
  for (const [name, [type, help]] of Object.entries(FIGURES)) {
    family(name, type, help);
    for (const { worker, snapshot } of snapshots) {
      lines.push(`magnolia_${name}${labels(worker)} ${snapshot.figures[name as Figure]}`); // it is one of its names
    }
  }
  family(FAILURES, 'counter', 'TLS handshakes that failed');
  for (const { worker, snapshot } of snapshots) {
    for (const [code, count] of Object.entries(snapshot.failures)) {
      lines.push(`magnolia_${FAILURES}${labels(worker, `code="${code}"`)} ${count}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Starts the endpoint, and says on standard error where it is. False when it cannot listen there. */
export function serveMetrics(
  address: string,
  collect: () => Promise<{ readonly text: string; readonly isDraining: boolean }>,
): Promise<boolean> {
  const target = parseAddress(address);
  if (target.kind !== 'tcp') {
    complain(`--metrics: ${target.kind === 'bad' ? target.detail : `${address} is not host:port`}`);
    return Promise.resolve(false);
  }
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/\?.*$/s, '');
    const answer = (status: number, type: string, text: string): void => {
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
      response.end(request.method === 'HEAD' ? '' : text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'text/plain', 'only GET\n');
    if (path !== '/metrics' && path !== '/healthz') return answer(404, 'text/plain', 'there are /metrics and /healthz\n');
    void collect().then(
      ({ text, isDraining }) => {
        if (path === '/metrics') answer(200, 'text/plain; version=0.0.4; charset=utf-8', text);
        else answer(isDraining ? 503 : 200, 'text/plain', isDraining ? 'draining\n' : 'ok\n');
      },
      () => answer(500, 'text/plain', 'the figures could not be collected\n'),
    );
    return undefined;
  });
  server.on('connection', (socket) => socket.unref());
  server.unref();
  return new Promise((done) => {
    server.once('error', (error) => {
      complain(`--metrics: could not listen on ${address}: ${errnoText(error)}`);
      done(false);
    });
    server.listen({ host: target.host === '' ? '::' : target.host, port: target.port }, () => {
      const { address: ip, port } = server.address() as AddressInfo; // it listens on TCP
      writeError(`magnolia: metrics at http://${formatAddress(ip === '::' ? '127.0.0.1' : ip, port)}/metrics\n`);
      done(true);
    });
  });
}
