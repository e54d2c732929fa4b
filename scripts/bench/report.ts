/** docs/benchmarks.md and docs/benchmarks.svg: written after a full run, and compared with by `--check`. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, type } from 'node:os';
import { join } from 'node:path';
import { type Row, root } from './measure.ts';

const page = join(root, 'docs/benchmarks.md');
const picture = join(root, 'docs/benchmarks.svg');

/** A row that lost more than this part is named. */
const TOLERANCE = 0.1;

/** A ratio as the tables show it. */
export function ratioText(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toFixed(ratio < 10 ? 2 : 0) : '-';
}

/** Rows of Magnolia that lost more than a tenth since the page was written, and what they had. */
export function lostRows(rows: readonly Row[], written = existsSync(page) ? readFileSync(page, 'utf8') : ''): string[] {
  const before = ratiosIn(written);
  return rows.flatMap(({ row, contender, ratio, byRate }) => {
    const then = contender === 'magnolia' ? before.get(row) : undefined;
    if (then === undefined) return [];
    const lost = byRate ? then / ratio : ratio / then;
    return lost > 1 + TOLERANCE ? [`${row}: ${ratioText(ratio)}, was ${ratioText(then)}`] : [];
  });
}

/** The ratios of Magnolia in the page: row -> ratio. */
function ratiosIn(text: string): Map<string, number> {
  const cells = text.matchAll(/^\| `(?<row>[^`]+)` \| (?<ratio>[\d.]+) \|/gm);
  return new Map([...cells].map(({ groups }) => [groups?.row ?? '', Number(groups?.ratio)]));
}

const NAMES: Readonly<Record<string, string>> = {
  magnolia: 'Magnolia',
  lua: 'Lua',
  python: 'Python',
  go: 'Go',
  reference: 'the reference',
};

function versionOf(program: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? (stdout + stderr).trim().replace(/ {2}.*/s, '') : '';
}

/** Writes the page and its picture. */
export function writeReport(rows: readonly Row[], rounds: number): void {
  writeFileSync(page, pageOf(rows, rounds));
  writeFileSync(picture, bars(rows));
}

/** The page. */
export function pageOf(rows: readonly Row[], rounds: number): string {
  const versions = [`Node ${process.version}`, versionOf('lua', '-v'), versionOf('python3', '-V'), versionOf('go', 'version')];
  return [
    '# Benchmarks',
    '',
    '`npm run bench` writes this page and its picture. Every figure is relative to a program written by hand for Node that does the same work,',
    `as the median of ${rounds} runs of each, which took turns. \`npm run bench -- --check\` names the rows that lost more than a tenth.`,
    '',
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} processors, ${type()} ${release()}.`,
    `${versions.filter((one) => one !== '').join(', ')}.`,
    ...busyNote(),
    '',
    '![Time of Magnolia and others, relative to Node](benchmarks.svg)',
    '',
    '## Time, less is better',
    '',
    ...table(rows.filter(({ byRate }) => !byRate)),
    '',
    'The other languages use what they have: loops instead of tail calls, their own sort, lists that are joined at the end.',
    'Lua reports processor time, all others the time that passed.',
    '',
    '## Rate of sockets, more is better',
    '',
    ...table(rows.filter(({ byRate }) => byRate)),
    '',
    '`sock-` is TCP, `tls-` TLS. Both ends are in one process, except for Go: it has a process for each, on one processor.',
    '',
  ].join('\n');
}

/** A warning when the machine had more to do than this: a run by itself keeps about one processor busy. */
function busyNote(): string[] {
  const [load = 0] = loadavg();
  if (load < cpus().length + 1) return [];
  return ['', `**The machine was busy with other work (load ${load.toFixed(0)}): these figures are rough.**`];
}

function table(rows: readonly Row[]): string[] {
  const contenders = [...new Set(rows.map(({ contender }) => contender))].filter((one) => one !== 'node');
  const lines = [
    `| row | ${contenders.map((one) => NAMES[one] ?? one).join(' | ')} |`,
    `|---|${contenders.map(() => '---').join('|')}|`,
  ];
  for (const row of new Set(rows.map((one) => one.row))) {
    const cells = contenders.map((contender) => {
      const found = rows.find((one) => one.row === row && one.contender === contender);
      return found === undefined ? '' : ratioText(found.ratio);
    });
    lines.push(`| \`${row}\` | ${cells.join(' | ')} |`);
  }
  return lines;
}

// ---- the picture ----

const COLOURS: Readonly<Record<string, string>> = { magnolia: '#a3319f', lua: '#7d8bb5', python: '#c9b458' };
const [BAR, GAP, LEFT, WIDTH] = [7, 10, 160, 480];
/** The scale is logarithmic between these ratios. */
const [LEAST, MOST] = [0.25, 64];

function across(ratio: number): number {
  const inside = Math.min(MOST, Math.max(LEAST, ratio));
  return LEFT + (WIDTH * Math.log(inside / LEAST)) / Math.log(MOST / LEAST);
}

/** Bars of the processor rows: how many times the time of Node each contender takes. */
function bars(rows: readonly Row[]): string {
  const shown = rows.filter(({ row, contender }) => row.startsWith('cpu-') && contender in COLOURS);
  const out: string[] = [];
  let y = 34;
  for (const row of new Set(shown.map((one) => one.row))) {
    const group = shown.filter((one) => one.row === row);
    out.push(
      `<text x="${LEFT - 8}" y="${y + (group.length * BAR) / 2 + 4}" text-anchor="end">${row.slice('cpu-'.length)}</text>`,
    );
    for (const { contender, ratio } of group) {
      const width = (across(ratio) - LEFT).toFixed(1);
      out.push(`<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR - 1}" fill="${COLOURS[contender]}"/>`);
      y += BAR;
    }
    y += GAP;
  }
  const lines = [0.25, 1, 4, 16, 64].map((ratio) => {
    const x = across(ratio).toFixed(1);
    const stroke = ratio === 1 ? '#555' : '#ddd';
    return `<line x1="${x}" x2="${x}" y1="28" y2="${y}" stroke="${stroke}"/><text x="${x}" y="${y + 14}" text-anchor="middle">${ratio}</text>`;
  });
  const legend = Object.entries(COLOURS).map(
    ([name, colour], i) =>
      `<rect x="${LEFT + i * 90}" y="10" width="10" height="10" fill="${colour}"/><text x="${LEFT + 14 + i * 90}" y="19">${NAMES[name]}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 30}" height="${y + 36}" font-family="sans-serif" font-size="11" fill="#333">`,
    '<title>Time of Magnolia, Lua and Python relative to Node</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...legend,
    ...lines,
    ...out,
    `<text x="${LEFT}" y="${y + 30}">time relative to hand-written Node (1); less is better</text>`,
    '</svg>',
    '',
  ].join('\n');
}
