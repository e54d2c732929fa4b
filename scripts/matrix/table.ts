/** The table of docs/runtimes.md, from a run of all specs. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './kit.ts';
import { type Counted, NOT_OURS } from './runtimes.ts';

const page = join(root, 'docs/runtimes.md');
const TABLE = /(?<=<!-- specs -->\n).*?(?=<!-- end -->)/s;

/** Writes what was counted; runtimes that were not tried keep their rows. */
export async function writeTable(counted: readonly Counted[]): Promise<void> {
  const text = await readFile(page, 'utf8');
  const [old = ''] = TABLE.exec(text) ?? [];
  const rows = new Map([...old.matchAll(/^\| ((?:Node|Bun|Deno)[^|]*?) \|.*$/gm)].map(([row, name = '']) => [name, row]));
  for (const { name, version, passed, failed } of counted) {
    rows.set(name, `| ${name} | ${version} | ${passed} of ${passed + failed.length} | ${reasons(name, failed)} |`);
  }
  const table = ['| runtime | version | specs | those that fail |', '|---|---|---|---|', ...rows.values(), ''].join('\n');
  await writeFile(
    page,
    text.replace(TABLE, () => table),
  );
}

/** The failures by their reasons. */
function reasons(engine: string, failed: readonly string[]): string {
  const byReason = new Map<string, string[]>();
  for (const spec of failed) {
    const reason = NOT_OURS[engine]?.[spec] ?? 'not explained yet';
    byReason.set(reason, [...(byReason.get(reason) ?? []), `\`${spec}\``]);
  }
  return [...byReason].map(([reason, specs]) => `${specs.join(', ')}: ${reason}`).join('; ');
}
