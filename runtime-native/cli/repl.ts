/**
 * `magnolia repl`: type programs, see values.
 *
 * Each input is a program of its own in one shared scope. An input that ends too early goes on with the next line. While a
 * program runs, further lines are what it reads, or wait; Ctrl-C stops the program and keeps the session.
 */
import { createInterface, type Interface } from 'node:readline';
import { describe } from '../../builtins/registry.ts';
import type { Session } from '../../language/interpreter.ts';
import { display } from '../../language/runtime/render.ts';
import { ParseError } from '../../language/syntax/parse-error.ts';
import { parseProgram } from '../../language/syntax/parser.ts';
import { Source } from '../../language/syntax/source.ts';
import { utf8Decode } from '../../language/values/bytes.ts';
import type { Value } from '../../language/values/values.ts';
import type { Settings } from './arguments.ts';
import { complete } from './complete.ts';
import { help } from './help.ts';
import { HISTORY_LINES, History } from './history.ts';
import { PromptHost } from './prompt-host.ts';
import { showProblem } from './screen.ts';
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
    const reader = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: this.#terminal,
      history: this.#history.lines,
      historySize: HISTORY_LINES,
      removeHistoryDuplicates: true,
      completer: (line: string) => (this.#reads ? [[], ''] : complete(line, this.#session)),
    });
    this.#reader = reader;
    reader.on('line', (line) => this.#typed(line));
    reader.on('history', (lines) => {
      if (this.#reads) lines.shift(); // what a program reads is not input of the session
    });
    reader.on('SIGINT', () => this.#interrupt());
    reader.on('close', () => {
      this.#ended = true;
      this.#host.prompt = null;
      this.#lines.end();
      this.#next();
    });
    if (this.#terminal) this.#endInputByKey(reader);
    if (this.#terminal) this.#print('Magnolia. Ctrl-C stops a program, Ctrl-D ends the session.\n');
    this.#prompt();
  }

  /** Ctrl-D closes the reader and with it the session, except where a program reads: there it ends what that program reads. */
  #endInputByKey(reader: Interface): void {
    const close = reader.close.bind(reader);
    reader.close = () => {
      if (this.#reads) this.#lines.answer('EOF');
      else close();
    };
    process.stdin.once('end', close); // the terminal is gone
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
    if (this.#terminal) this.#history.add(line);
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
      if (this.#input.trim() === '' || this.#isWord(this.#input.trim())) this.#input = '';
      else this.#take();
    }
  }

  /** Answers `help`, `help NAME`, `exit` and `quit`, unless a variable is called so; tells whether it was one of them. */
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
      if ('value' in result) this.#show(result.value);
      else if (result.problem.reason === 'Interrupted') this.#print('Interrupted\n');
      else showProblem(result.problem);
      if (returned) this.#next(); // else the loop there goes on by itself
    });
    returned = true;
  }

  #show(value: Value): void {
    this.#session.define('__', value);
    if (value !== null) this.#host.write(`${display(value)}\n`);
    this.#host.flush();
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
