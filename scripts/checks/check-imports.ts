/**
 * Holds the shape of the house: imports point one way only.
 *
 *     language  <-  builtins  <-  embedding  <-  runtime-native, runtime-js  <-  runtime-native/cli, runtime-js/playground
 *
 * `language` and `builtins` import nothing from outside the house (that their code uses no global of Node or the DOM either
 * is checked by tsconfig.core.json), `runtime-js` nothing of Node; the playground's page has an editor, CodeMirror. Only the
 * package's public entries may be files that just pass on what others export. Tests may import anything. Circles are Biome's
 * business (noImportCycles).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

type Room = { folder: string; mayImport: string[]; fromOutside: 'nothing' | 'node' | 'editor' };

/** Most specific folder first: a file lives in the first room whose folder it is under. */
const rooms: Room[] = [
  {
    folder: 'runtime-native/cli',
    mayImport: ['language', 'builtins', 'embedding', 'runtime-native', 'runtime-native/cli'],
    fromOutside: 'node',
  },
  {
    folder: 'runtime-js/playground',
    mayImport: ['language', 'builtins', 'embedding', 'runtime-js', 'runtime-js/playground'],
    fromOutside: 'editor',
  },
  { folder: 'runtime-native', mayImport: ['language', 'builtins', 'embedding', 'runtime-native'], fromOutside: 'node' },
  { folder: 'runtime-js', mayImport: ['language', 'builtins', 'embedding', 'runtime-js'], fromOutside: 'nothing' },
  { folder: 'embedding', mayImport: ['language', 'builtins', 'embedding'], fromOutside: 'nothing' },
  { folder: 'builtins', mayImport: ['language', 'builtins'], fromOutside: 'nothing' },
  { folder: 'language', mayImport: ['language'], fromOutside: 'nothing' },
];

const publicEntries = ['runtime-native/index.ts', 'runtime-js/index.ts'];

const roomOf = (path: string): Room | undefined => rooms.find(({ folder }) => path.startsWith(`${folder}/`));

/** What `source`, standing at `path` (from the top of the repository), does against the rules. */
export function violations(path: string, source: string): string[] {
  const room = roomOf(path);
  if (room === undefined || path.endsWith('.test.ts')) return [];

  const { code, imports } = skeleton(source);
  const wrong = imports.flatMap((target) => wrongImport(path, room, target));
  if (onlyReexports(code) && !publicEntries.includes(path)) wrong.push('only passes on exports; import from where things are');
  return wrong.map((what) => `${path}: ${what}`);
}

function wrongImport(path: string, room: Room, target: string): string[] {
  if (target.startsWith('node:') && room.fromOutside === 'node') return [];
  if (target.startsWith('@codemirror/') && room.fromOutside === 'editor') return [];
  if (!target.startsWith('.')) return [`imports '${target}', but ${room.folder} takes nothing from there`];

  const place = roomOf(posix.join(posix.dirname(path), target))?.folder ?? 'no source folder';
  return room.mayImport.includes(place) ? [] : [`imports '${target}' (${place}), but ${room.folder} must not know it`];
}

const importStatement = /\b(?:import|export)\b[\w\s{},*$]*?\bfrom\s*"(\d+)"|\bimport\s*\(?\s*"(\d+)"/g;
const reexport = /\bexport\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*"\d+";?/g;

function onlyReexports(code: string): boolean {
  const rest = code.replace(reexport, '');
  return rest !== code && rest.trim() === '';
}

/**
 * The code without comments and with "0", "1" ... in place of its strings, so that no text looks like a statement; and what
 * the imported strings are. Regular expressions are found by what stands before them, which is good enough here.
 */
function skeleton(source: string): { code: string; imports: string[] } {
  const strings: string[] = [];
  const comment = /\/\/.*|\/\*[\s\S]*?\*\//;
  const string = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|\$\{(?:[^{}`]|`(?:\\[\s\S]|[^`\\])*`)*\}|[^`\\])*`/;
  const regex = /(?<=[=(,:[!&|?{};]\s*|\breturn\s+)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//;
  const pieces = new RegExp(`${comment.source}|(${string.source})|${regex.source}`, 'g');

  const code = source.replace(pieces, (_, text: string | undefined) => (text ? `"${strings.push(text.slice(1, -1)) - 1}"` : ''));
  return { code, imports: [...code.matchAll(importStatement)].map((match) => strings[Number(match[1] ?? match[2])] ?? '') };
}

function checkHouse(root: string): string[] {
  const top = rooms.map(({ folder }) => folder).filter((folder) => !folder.includes('/'));
  return top
    .flatMap((folder) => sourcesUnder(join(root, folder)))
    .flatMap((file) => {
      return violations(relative(root, file).split(sep).join('/'), readFileSync(file, 'utf8'));
    });
}

function sourcesUnder(folder: string): string[] {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
  } catch {
    return []; // not built yet
  }
}

const here = fileURLToPath(import.meta.url);
if (process.argv[1] !== undefined && resolve(process.argv[1]) === here) {
  const wrong = checkHouse(resolve(dirname(here), '../..'));
  for (const line of wrong) console.error(line);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
