/**
 * `npm run bench [-- ROW...]`: Magnolia beside the same work written by hand for Node, and beside Lua, Python, Go and another runtime of
 * the language where they are installed.
 *
 * Runs alternate (Magnolia, Node, Lua, Magnolia, Node, Lua ...) because machines drift; what counts is the ratio of the medians to
 * Node. Of `start`, `cpu-` and `std-` it is time, so below 1 means faster than Node; of `sock-` and `tls-` it is the rate, so above 1
 * does. A row whose answers differ does not count and says so.
 *
 * Without ROW everything is measured (about a quarter of an hour), and docs/benchmarks.md is written with its picture. ROW is a part
 * of the name of a row: `cpu`, `fib`, `lists-push`, `tls-echo`. Then it is Magnolia and Node only.
 *
 *     --check           compares with the page instead of writing it: names what lost more than a tenth, exit status 1
 *     -n N              rounds (5)                      --cli FILE         another build of Magnolia
 *     --peers           all peers with ROW, too         --reference FILE   another runtime of the language
 *     --pairs           sockets: client and server in two processes, on one processor, also mixed
 *     --json            figures for programs
 *
 * The programs are in scripts/bench, those of the peers in scripts/bench/peers.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfStale } from '../build/build.ts';
import { measure, type Row, root } from './measure.ts';
import { lostRows, ratioText, writeReport } from './report.ts';
import { isWanted, makeTasks, type Plan } from './tasks.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', short: 'n', default: '5' },
    check: { type: 'boolean', default: false },
    cli: { type: 'string' },
    reference: { type: 'string' },
    peers: { type: 'boolean', default: false },
    pairs: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

function print({ row, contender, medianSeconds, medianRate, ratio, problem }: Row): void {
  const cells = [
    row.padEnd(24),
    contender.padEnd(20),
    medianSeconds.toFixed(4).padStart(9),
    Math.round(medianRate).toLocaleString('en').padStart(14),
    ratioText(ratio).padStart(7),
  ];
  console.log(`${cells.join(' ')}  ${problem}`.trimEnd());
}

const full = positionals.length === 0;
const scratch = mkdtempSync(join(tmpdir(), 'magnolia-bench-'));
const plan: Plan = {
  magnolia: [process.execPath, resolve(options.cli ?? join(root, 'dist', 'cli.cjs'))],
  reference: options.reference === undefined ? null : [resolve(options.reference)],
  rounds: Number(options.rounds),
  named: positionals,
  peers: options.peers || (full && !options.check),
  pairs: options.pairs,
  scratch,
};

try {
  if (options.cli === undefined) await buildIfStale();
  const tasks = makeTasks(plan);
  if (tasks.length === 0) console.error(`bench: no row is called ${positionals.join(' or ')}`);
  const rows: Row[] = [];
  if (!options.json) console.log(`${'row'.padEnd(24)} ${'program'.padEnd(20)}   seconds   per second   ratio`);
  for (const task of tasks) {
    const measured = await measure(task, (row) => isWanted(plan, row));
    rows.push(...measured);
    if (!options.json) measured.forEach(print);
  }
  if (options.json) console.log(JSON.stringify(rows, null, 2));
  const lost = options.check ? lostRows(rows) : [];
  if (options.check)
    console.log(lost.length === 0 ? 'no row lost more than a tenth' : `lost more than a tenth:\n${lost.join('\n')}`);
  else if (full && !options.pairs) writeReport(rows, plan.rounds);
  if (tasks.length === 0 || lost.length > 0 || rows.some((row) => row.problem !== '')) process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
