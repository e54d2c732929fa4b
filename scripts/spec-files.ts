/** Where the specs are, and what is written beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Expected } from './spec-verdict.ts';

/** What a folder of specs needs beyond the common rules. */
interface Rules {
  readonly under: string;
  readonly scratch?: boolean;
  readonly silent?: boolean;
  readonly env?: Record<string, string>;
}

/** The first entry that a path starts with counts. */
const folders: Rules[] = [
  { under: 'stdlib/', scratch: true, silent: true }, // they create files; standard error stays empty unless they fail
  { under: 'socket/trust/', env: { SSL_CERT_FILE: '../certs/ca.pem' } }, // a trusted root of our own
  { under: 'mail/', env: { SSL_CERT_FILE: 'certs/ca.pem' } }, // likewise
  { under: '' }, // working directory: the program's folder, for the files it names
];

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** The folder of all specs. */
export const specs = join(root, 'spec');

/** The names of all specs, paths under spec/ without ending, that contain one of the filters. */
export function findSpecs(filters: readonly string[]): string[] {
  const files = readdirSync(specs, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
  const names = files.filter((file) => /(?<!\.js)\.(out|err)$/.test(file)).map((file) => file.slice(0, -4));
  const wanted = names.filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)));
  return [...new Set(wanted)].sort();
}

/** What a spec needs beyond the common rules. */
export function rulesFor(name: string): Rules {
  return folders.find(({ under }) => name.startsWith(under)) ?? { under: '' };
}

/** What a program must do in a runtime (`native` or `js`). */
export function expectedOf(name: string, runtime: string): Expected {
  const other = join(specs, `${name}.${runtime}`);
  const path = ['.out', '.err', '.code'].some((ending) => existsSync(other + ending)) ? other : join(specs, name);
  const read = (ending: string) => (existsSync(path + ending) ? readFileSync(path + ending) : undefined);

  const err = read('.err')
    ?.toString()
    .split('\n')
    .filter((line) => line !== '');
  const code = Number(read('.code')?.toString() ?? (err === undefined ? 0 : 1));
  return { out: read('.out') ?? Buffer.alloc(0), err, code, silent: rulesFor(name).silent ?? false };
}
