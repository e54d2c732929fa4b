/** The figures of a program that this process runs: at an endpoint, or in a worker for the primary process. */
import type { Machine } from '../../language/runtime/machine.ts';
import type { ToPrimary, ToWorker } from '../sockets/shared-server.ts';
import { traceFrom } from '../sockets/trace.ts';
import { workerIdentity } from '../worker.ts';
import { bothWatch, metricsText, SocketCounters, serveMetrics } from './metrics.ts';

const counters = new SocketCounters();

/** What the world of the program needs for them. */
export const watched = { watch: bothWatch(counters, traceFrom(process.env.MAGNOLIA_TRACE)) };

/** Makes the figures available. False when that is not possible at this address. */
export async function startMetrics(address: string, machine: Machine): Promise<boolean> {
  if (workerIdentity !== null) {
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'metrics') void answer(machine, message.number);
    });
    return true;
  }
  return await serveMetrics(address, async () => {
    const snapshot = await counters.snapshot(machine);
    return { text: metricsText([{ worker: null, snapshot }]), isDraining: snapshot.isDraining };
  });
}

async function answer(machine: Machine, number: number): Promise<void> {
  const message: ToPrimary = { kind: 'metrics', number, snapshot: await counters.snapshot(machine) };
  if (process.connected) process.send?.(message);
}
