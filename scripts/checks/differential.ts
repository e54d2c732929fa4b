/**
 * `npm run differential [-- COUNT] [--kind KIND] [--seed SEED]`: random programs, run by the compiled language and by the naive evaluator.
 *
 * COUNT programs (20,000) of a kind (`numbers`; `scopes`, `operators` and `session` are the others), numbered from SEED (1) on. Prints
 * each program that the two disagree about; status 1 if there is one.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { difference, PROGRAM_KINDS, randomProgram } from '../../language/testing/differential.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kind: { type: 'string', default: 'numbers' }, seed: { type: 'string', default: '1' } },
});
const kind = PROGRAM_KINDS.find((one) => one === values.kind);
if (kind === undefined) throw new Error(`There are no programs of the kind ${values.kind}: ${PROGRAM_KINDS.join(', ')}`);
const count = Number(positionals[0] ?? 20_000);
const first = Number(values.seed);

let found = 0;
const started = performance.now();
for (let seed = first; seed < first + count; seed++) {
  const one = difference(kind, randomProgram(kind, seed));
  if (one !== null) {
    found++;
    console.log(`--- ${kind} ${seed}, ${one.run}`);
    console.log(one.program);
    console.log('compiled: ', one.compiled);
    console.log('evaluated:', one.evaluated);
  }
  await turn(); // else all units that were compiled stay in memory
}
const seconds = (performance.now() - started) / 1000;
console.log(`${count} programs of ${kind}, ${found} differ (${seconds.toFixed(1)} s)`);
process.exitCode = found > 0 ? 1 : 0;
