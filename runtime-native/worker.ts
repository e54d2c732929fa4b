/** Which worker of `magnolia run --workers` this process is. */

/** How the primary process says it; read once, so that neither the program nor the programs that it runs see it. */
export const WORKER_VARIABLE = 'MAGNOLIA_WORKER';

function readIdentity(): { readonly id: number; readonly count: number } | null {
  const [, id, count] = /^(\d+)\/(\d+)$/.exec(process.env[WORKER_VARIABLE] ?? '') ?? [];
  delete process.env[WORKER_VARIABLE];
  return id === undefined || process.send === undefined ? null : { id: Number(id), count: Number(count) };
}

/** Null in a process that is not a worker. */
export const workerIdentity = readIdentity();
