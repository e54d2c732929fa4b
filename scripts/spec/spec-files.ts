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
  { under: 'http/trust/', env: { SSL_CERT_FILE: '../certs/ca.pem' } }, // likewise
  { under: 'mail/', env: { SSL_CERT_FILE: 'certs/ca.pem' } }, // likewise
  { under: '' }, // working directory: the program's folder, for the files it names
];

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
/** The folder of all specs. */
export const specs = join(root, 'spec');

/** The command for Node, or the bundle for browsers. */
export type Runtime = 'native' | 'js';

/** The names of all specs for a runtime, paths under spec/ without ending, that contain one of the filters. */
export function findSpecs(filters: readonly string[], runtime: Runtime = 'native'): string[] {
  const files = readdirSync(specs, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
  const names = files.filter((file) => /(?<!\.js)\.(out|err)$/.test(file)).map((file) => file.slice(0, -4));
  const wanted = names.filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)));
  const sensible = wanted.filter(
    (name) => runtime === 'native' || !/^(socket|mail|process|dns|bus|http)\//.test(name) || differs(name),
  );
  return [...new Set(sensible)].sort();
}

/** Whether the bundle for browsers has to do something else than the command. */
function differs(name: string): boolean {
  return ['.out', '.err', '.code'].some((ending) => existsSync(join(specs, `${name}.js${ending}`)));
}

/** All Magnolia sources under spec/ by path, as text of one character for each byte. */
export function sources(): { [path: string]: string } {
  const files = readdirSync(specs, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(oak|ok|mag|mg)$/.test(file));
  return Object.fromEntries(files.map((file) => [join(specs, file), readFileSync(join(specs, file), 'latin1')]));
}

/** What a spec needs beyond the common rules. */
export function rulesFor(name: string): Rules {
  return folders.find(({ under }) => name.startsWith(under)) ?? { under: '' };
}

/** What a program must do in a runtime. */
export function expectedOf(name: string, runtime: Runtime): Expected {
  const path = join(specs, runtime === 'js' && differs(name) ? `${name}.js` : name);
  const read = (ending: string) => (existsSync(path + ending) ? readFileSync(path + ending) : undefined);

  const err = read('.err')
    ?.toString()
    .split('\n')
    .filter((line) => line !== '');
  const code = Number(read('.code')?.toString() ?? (err === undefined ? 0 : 1));
  return { out: read('.out') ?? Buffer.alloc(0), err, code, silent: rulesFor(name).silent ?? false };
}
