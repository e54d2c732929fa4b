/** Which lines of programs the tests reached: `magnolia test --coverage` and `--lcov FILE`. */
import { relative } from 'node:path';
import type { FoundModule, ModuleFinder } from '../../../language/modules.ts';
import { type Compiled, compile } from '../../../language/runtime/compile.ts';
import { timesReached } from '../../../language/runtime/coverage.ts';
import { ParseError } from '../../../language/syntax/parse-error.ts';
import type { Source } from '../../../language/syntax/source.ts';

/** One file and its lines with statements. */
export interface FileCoverage {
  readonly file: string;
  /** How often each line was reached, in order: of a line with several statements, the one that was reached least. */
  readonly lines: readonly { readonly line: number; readonly count: number }[];
}

/** Compiles what tests import so that it counts its statements. Each test file compiles a module anew; the counts add up. */
export class Coverage {
  /** For each file the lines of its statements and how to find how often each was reached, by position in the file. */
  readonly #files = new Map<string, Map<number, { readonly line: number; readonly places: number[] }>>();

  /** The same modules, except that those which are files count. */
  modules(finder: ModuleFinder): ModuleFinder {
    return {
      find: (path, directory, fromLibrary) => {
        const found = finder.find(path, directory, fromLibrary);
        return found === null ? null : { ...found, load: () => this.#load(found) };
      },
    };
  }

  #load(found: FoundModule): Source | Compiled {
    const loaded = found.load();
    if ('factory' in loaded) return loaded;
    const starts: number[] = [];
    let compiled: Compiled;
    try {
      compiled = compile(loaded, false, { onStatement: (at) => starts.push(at) });
    } catch (error) {
      if (error instanceof ParseError) return loaded; // reported where it is imported
      throw error;
    }
    const name = relative('', found.key);
    const statements = this.#files.get(name) ?? new Map<number, { readonly line: number; readonly places: number[] }>();
    this.#files.set(name, statements);
    for (const at of starts) {
      const statement = statements.get(at) ?? { line: loaded.lineAndColumn(at).line, places: [] };
      statement.places.push(compiled.unit.base + at);
      statements.set(at, statement);
    }
    return compiled;
  }

  /** What was reached up to now, by file. */
  files(): FileCoverage[] {
    return [...this.#files]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, statements]) => {
        const counts = new Map<number, number>();
        for (const { line, places } of statements.values()) {
          const count = places.reduce((sum, place) => sum + timesReached(place), 0);
          counts.set(line, Math.min(count, counts.get(line) ?? count));
        }
        const lines = [...counts].sort(([a], [b]) => a - b).map(([line, count]) => ({ line, count }));
        return { file, lines };
      });
  }
}

/** For people: each file with its percentage and the lines that no test reached. */
export function coverageText(files: readonly FileCoverage[]): string {
  if (files.length === 0) return 'Coverage: the tests imported no file\n';
  const width = Math.max(...files.map(({ file }) => file.length), 'all'.length);
  const row = (name: string, lines: FileCoverage['lines'], missing: string): string =>
    `  ${name.padEnd(width)}  ${percentage(lines).padStart(6)}${missing === '' ? '' : `  not reached: ${missing}`}\n`;
  const rows = files.map(({ file, lines }) => row(file, lines, unreached(lines)));
  if (files.length > 1)
    rows.push(
      row(
        'all',
        files.flatMap(({ lines }) => lines),
        '',
      ),
    );
  return `Lines reached by the tests:\n${rows.join('')}`;
}

function percentage(lines: FileCoverage['lines']): string {
  const reached = lines.filter(({ count }) => count > 0).length;
  if (reached === lines.length) return '100 %';
  return `${Math.min(99.9, (100 * reached) / lines.length).toFixed(1)} %`;
}

/** `4-6, 12`: lines without statements between two that were not reached join them. */
function unreached(lines: FileCoverage['lines']): string {
  const ranges: [number, number][] = [];
  let open: [number, number] | null = null;
  for (const { line, count } of lines) {
    if (count > 0) {
      open = null;
    } else if (open === null) {
      open = [line, line];
      ranges.push(open);
    } else {
      open[1] = line;
    }
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

/** The tracefile of lcov (man geninfo), which editors and services read. */
export function coverageLcov(files: readonly FileCoverage[]): string {
  return files
    .map(({ file, lines }) => {
      const reached = lines.filter(({ count }) => count > 0).length;
      const data = lines.map(({ line, count }) => `DA:${line},${count}\n`).join('');
      return `TN:\nSF:${file}\n${data}LF:${lines.length}\nLH:${reached}\nend_of_record\n`;
    })
    .join('');
}
