/**
 * `magnolia repl`: type programs, see values.
 *
 * Each input is a program in one shared scope. An incomplete input continues on the next line. While a
 * program runs, further lines are what it reads, or wait; Ctrl-C stops the program and keeps the session.
 */
import type { Interface } from 'node:readline';
import { describe } from '../../builtins/registry.ts';
import { VERSION } from '../../embedding/version.ts';
import { resolve } from '../../language/compiler/resolver.ts';
import { nearest } from '../../language/diagnostics/nearest.ts';
import type { Session } from '../../language/interpreter.ts';
import { withinNativeStack } from '../../language/syntax/nesting.ts';
import { ParseError } from '../../language/syntax/parse-error.ts';
import { parseProgram } from '../../language/syntax/parser.ts';
import { Source } from '../../language/syntax/source.ts';
import { utf8Decode, utf8Encode } from '../../language/values/bytes.ts';
import type { Value } from '../../language/values/values.ts';
import type { Settings } from './arguments.ts';
import { complete } from './complete.ts';
import { help } from './help.ts';
import { History } from './history.ts';
import { literal } from './literal.ts';
import { PromptHost } from './prompt-host.ts';
import { readPrompt } from './prompt-reader.ts';
import { showProblem, wantsColour, writeError } from './screen.ts';
import { TypedLines } from './typed-lines.ts';
import { commandWorld } from './world.ts';

const PROMPT = '> ';
const MORE = '… ';
/** What people type who want to know, or to go. */
const WORDS: { readonly [word: string]: string } = {
  help: 'An expression shows its value, and __ is the last one. `help NAME` explains a builtin or the library: help print, help std.map.\n',
  exit: 'exit(0) or Ctrl-D ends the session.\n',
  quit: 'exit(0) or Ctrl-D ends the session.\n',
};

/** Reads, runs and prints until the input ends; returns the exit status. */
export function startRepl(settings: Settings): Promise<number> {
  return new Promise((done) => new Repl(settings, done).start());
}

class Repl {
  readonly #session: Session;
  readonly #host = new PromptHost();
  readonly #settings: Settings;
  readonly #done: (status: number) => void;
  readonly #history = new History();
  readonly #terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  readonly #lines = new TypedLines(() => this.#awaitLine());
  #reader: Interface | null = null;
  /** The lines of an input that is not complete yet. */
  #input = '';
  #inputs = 0;
  #running = false;
  #ended = false;

  constructor(settings: Settings, done: (status: number) => void) {
    this.#settings = settings;
    const { world } = commandWorld(settings, [], {
      host: this.#host,
      input: this.#lines,
      show: (problem) => this.#host.beside(() => showProblem(problem)),
    });
    this.#session = world.interpreter.session(process.cwd());
    this.#done = (status) => world.finish(() => done(status));
  }

  start(): void {
    this.#reader = readPrompt(this.#terminal, this.#history.inputs, {
      line: (line) => this.#typed(line),
      interrupted: () => this.#interrupt(),
      endOfInput: () => {
        const isTaken = this.#reads;
        if (isTaken) this.#lines.answer('EOF');
        return isTaken;
      },
      ended: () => {
        this.#ended = true;
        this.#host.prompt = null;
        this.#lines.end();
        this.#next();
      },
      complete: (line) => (this.#reads ? [[], ''] : complete(line, this.#session, this.#input)),
    });
    if (this.#terminal) this.#print(`Magnolia ${VERSION}. help explains; Ctrl-C stops a program, Ctrl-D ends the session.\n`);
    this.#prompt();
  }

  /** Whether the next line is for the program that runs. Threads that read meanwhile do not take the prompt's lines from it. */
  get #reads(): boolean {
    return this.#running && this.#lines.awaited;
  }

  #typed(line: string): void {
    if (this.#terminal) this.#host.lineTyped();
    if (this.#reads) {
      this.#lines.give(line);
      return;
    }
    this.#lines.add(line);
    this.#next();
  }

  /** Runs the lines that have come, one after the other. */
  #next(): void {
    while (!this.#running) {
      const line = this.#lines.next();
      if (line === undefined) {
        if (this.#ended) this.#end();
        else this.#prompt();
        return;
      }
      this.#input += `${line}\n`;
      const word = this.#input.trim();
      if (word !== '' && !this.#isWord(word)) {
        this.#take();
      } else {
        if (this.#terminal) this.#history.add(word);
        this.#input = '';
      }
    }
  }

  /** Answers `help`, `help NAME`, `exit` and `quit`, unless a variable has that name. Returns whether it was one of them. */
  #isWord(input: string): boolean {
    const [, topic] = /^help +(\S+)$/.exec(input) ?? [];
    const word = topic === undefined ? input : 'help';
    if (!Object.hasOwn(WORDS, word)) return false;
    const value = this.#session.lookup(word);
    if (value !== null && describe(value) === undefined) return false;
    if (topic === undefined) this.#print(WORDS[word] ?? '');
    else help(topic, this.#settings);
    return true;
  }

  /** Runs the input if it is a whole program. */
  #take(): void {
    const source = new Source(`(input ${this.#inputs + 1})`, this.#input);
    if (!this.#ended && isUnfinished(source)) return;
    if (this.#terminal) this.#history.add(this.#input.trimEnd());
    this.#input = '';
    this.#inputs++;
    this.#running = true;
    let returned = false;
    this.#session.evaluate(source, (result) => {
      this.#host.startLine();
      if ('exit' in result) {
        this.#done(result.exit); // nothing runs any more: the lines that are left are never looked at
        return;
      }
      this.#running = false;
      if ('value' in result) this.#show(result.value, source);
      else if (result.problem.reason === 'Interrupted') this.#print('Interrupted\n');
      else showProblem(result.problem);
      if (returned) this.#next(); // else the loop there goes on by itself
    });
    returned = true;
  }

  #show(value: Value, source: Source): void {
    this.#session.define('__', value);
    const unknown = this.#unknownIn(source);
    if (value !== null)
      this.#host.write(utf8Encode(`${literal(value, wantsColour(process.stdout.isTTY === true, process.env))}\n`));
    this.#host.flush();
    for (const name of unknown) {
      const meant = nearest(name, this.#session.names().map(utf8Decode));
      writeError(`There is no ${name}; it is ? here${meant === null ? '' : `. Did you mean ${meant}?`}\n`);
    }
  }

  /** The names in an input that nothing defines, not even the input itself. */
  #unknownIn(source: Source): string[] {
    const known = new Set(this.#session.names());
    const program = parseProgram(source);
    const { moduleVariables } = withinNativeStack(program, () => resolve(program));
    return [...moduleVariables].flatMap(([name, { bindings }]) => (bindings > 0 || known.has(name) ? [] : [utf8Decode(name)]));
  }

  #interrupt(): void {
    if (this.#running) {
      this.#session.interrupt();
      this.#lines.answer('Interrupted');
      return;
    }
    this.#input = '';
    this.#reader?.write(null, { ctrl: true, name: 'e' });
    this.#reader?.write(null, { ctrl: true, name: 'u' });
    this.#host.prompt = null;
    this.#print('^C\n');
    this.#prompt();
  }

  #print(text: string): void {
    this.#host.write(text);
    this.#host.flush();
  }

  #prompt(): void {
    if (!this.#terminal || this.#running) return;
    this.#reader?.setPrompt(this.#input === '' ? PROMPT : MORE);
    this.#reader?.prompt();
    this.#host.prompt = this.#reader;
  }

  /** A program reads a line: where the reader draws that anew, it has to draw what the program has printed before it. */
  #awaitLine(): void {
    if (!this.#running) return;
    this.#host.flush();
    const begun = utf8Decode(this.#host.begun);
    this.#reader?.setPrompt(begun.length < (process.stdout.columns || 80) ? begun : '');
  }

  #end(): void {
    if (this.#input !== '') this.#take(); // shows how it is incomplete
    if (this.#running) return;
    if (this.#terminal) this.#print('\n');
    this.#done(0);
  }
}

/** Whether more lines may make this a program. */
function isUnfinished(source: Source): boolean {
  try {
    parseProgram(source);
    return false;
  } catch (error) {
    if (!(error instanceof ParseError)) return false;
    return (
      error.at === null || error.reason.startsWith('Unexpected end of input') || error.at >= [...source.text.trimEnd()].length
    );
  }
}
