/** The figures of a program that this process runs: at an endpoint, or in a worker for the primary process. */
import type { Machine } from '../../language/runtime/machine.ts';
import type { ToPrimary, ToWorker } from '../sockets/shared-server.ts';
import { traceFrom } from '../sockets/trace.ts';
import { workerIdentity } from '../worker.ts';
import { bothWatch, metricsText, SocketCounters, serveMetrics } from './metrics.ts';

/** Counts for one program. */
export class ProgramMetrics {
  readonly #counters = new SocketCounters();
  readonly #address: string;
  /** What the world of the program needs for them. */
  readonly watch = bothWatch(this.#counters, traceFrom(process.env.MAGNOLIA_TRACE));

  constructor(address: string) {
    this.#address = address;
  }

  /** Makes the figures available. False when that is not possible at this address. */
  async start(machine: Machine): Promise<boolean> {
    if (workerIdentity !== null) {
      process.on('message', (message: ToWorker) => {
        if (message.kind === 'metrics') void this.#answer(machine, message.number);
      });
      return true;
    }
    return await serveMetrics(this.#address, async () => {
      const snapshot = await this.#counters.snapshot(machine);
      return { text: metricsText([{ worker: null, snapshot }]), isDraining: snapshot.isDraining };
    });
  }

  async #answer(machine: Machine, number: number): Promise<void> {
    const message: ToPrimary = { kind: 'metrics', number, snapshot: await this.#counters.snapshot(machine) };
    if (process.connected) process.send?.(message);
  }
}
