/**
 * Programs that were run before start without being parsed and compiled: their JavaScript is kept, and the code that V8 made of it.
 *
 * An entry has the name of the program's file and holds the text that was compiled, so that it is of use as long as the text is the same.
 * The launcher (scripts/build/launcher.cjs) says where entries are: in the folder of the package itself, where nobody can write
 * who cannot change the package. An entry is:
 *
 *     base and lengths of what follows, as one line
 *     the text of the program, its JavaScript, its calls (Unit.calls) as JSON, V8's code
 */
import { Script } from 'node:vm';
import type { ModuleFinder } from '../../language/modules.ts';
import { type Compiled, type Factory, translateHere } from '../../language/runtime/compile.ts';
import { nextPosition, registerUnit, reservePositions, scriptName, type Unit } from '../../language/runtime/units.ts';
import { ParseError } from '../../language/syntax/parse-error.ts';
import { Source } from '../../language/syntax/source.ts';

/** Where entries are. */
export interface Keeper {
  read(name: string): Buffer | undefined;
  /** Writes an entry when the program has begun, or has ended before. */
  keep(name: string, contents: () => Uint8Array): void;
}

const FOLDER = 'programs';
/** Longer names are no names of files. */
const LONGEST_NAME = 200;
/** What takes longer to read than to make, and fills the disk. */
const LARGEST_TEXT = 2 ** 21;
const LINE_END = 10;

interface Entry {
  readonly text: string;
  calls(): readonly number[];
  /** Undefined if it was not made yet. */
  readonly code: Buffer | undefined;
}

/** Programs in files, as they were compiled before. */
export class KeptPrograms {
  readonly #keeper: Keeper;

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
  }

  /** The compiled form of a program, or its source if it has to be compiled in the usual way. */
  program(source: Source): Source | Compiled {
    const name = encodeURIComponent(source.file);
    if (name.length > LONGEST_NAME) return source;
    const base = nextPosition();
    const entry = this.#read(name, source, base) ?? made(source, base);
    if (entry === null) return source;

    const { text, calls, code } = entry;
    const unit: Unit = { base, length: source.text.length, script: scriptName(base), source: () => source, calls };
    const script = new Script(text, { filename: unit.script, cachedData: code });
    const factory = script.runInThisContext() as Factory;
    reservePositions(unit.length);
    registerUnit(unit);
    if (code === undefined || script.cachedDataRejected === true)
      this.#keeper.keep(`${FOLDER}/${name}`, () => written(base, source.text, entry, script.createCachedData()));
    return { factory, unit };
  }

  /** Modules that are found by `finder`. */
  modules(finder: ModuleFinder): ModuleFinder {
    return {
      find: (path, directory, fromLibrary) => {
        const found = finder.find(path, directory, fromLibrary);
        if (found === null) return null;
        return {
          ...found,
          load: () => {
            const loaded = found.load();
            return loaded instanceof Source ? this.program(loaded) : loaded;
          },
        };
      },
    };
  }

  #read(name: string, source: Source, base: number): Entry | null {
    const bytes = this.#keeper.read(`${FOLDER}/${name}`);
    const head = bytes?.indexOf(LINE_END) ?? -1;
    if (bytes === undefined || head < 0) return null;
    const numbers = bytes.toString('latin1', 0, head).split(' ').map(Number);
    const [itsBase, sourceBytes = 0, textBytes = 0, callsBytes = 0] = numbers;
    const text = head + 1 + sourceBytes;
    const calls = text + textBytes;
    const code = calls + callsBytes;
    if (itsBase !== base || bytes.toString('utf8', head + 1, text) !== source.text) return null;
    return {
      text: bytes.toString('utf8', text, calls),
      calls: () => JSON.parse(bytes.toString('latin1', calls, code)) as number[],
      code: bytes.subarray(code),
    };
  }
}

/** Compiles a program; null if it is none, or is too large to be kept. */
function made(source: Source, base: number): Entry | null {
  try {
    const { text, calls, parts } = translateHere(source, { base });
    const isKept = parts.length === 0 && text.length <= LARGEST_TEXT && isText(text) && isText(source.text);
    return isKept ? { text, calls: () => calls, code: undefined } : null;
  } catch (error) {
    if (error instanceof ParseError) return null; // the usual way reports it
    throw error;
  }
}

/** Whether a string is the same when it was written and read as UTF-8. */
function isText(text: string): boolean {
  return !/\p{Cs}/u.test(text); // a half of a surrogate pair
}

function written(base: number, source: string, { text, calls }: Entry, code: Buffer): Buffer {
  const pieces = [source, text, JSON.stringify(calls())].map((piece) => Buffer.from(piece));
  const head = `${[base, ...pieces.map(({ length }) => length)].join(' ')}\n`;
  return Buffer.concat([Buffer.from(head), ...pieces, code]);
}
