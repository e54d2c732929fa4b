/**
 * `magnolia repl`: type programs, see values.
 *
 * Each input is a program of its own in one shared scope. An input that ends too early goes on with the next line. While a
 * program runs, further lines wait; Ctrl-C stops the program and keeps the session.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Session } from '../../language/interpreter.ts';
import { ParseError } from '../../language/parse-error.ts';
import { parseProgram } from '../../language/parser.ts';
import { display } from '../../language/render.ts';
import { Source } from '../../language/source.ts';
import type { Value } from '../../language/values.ts';
import { NodeHost } from '../host.ts';
import type { Settings } from './arguments.ts';
import { complete } from './complete.ts';
import { newEngine } from './engine.ts';
import { showProblem } from './screen.ts';

const PROMPT = '> ';
const MORE = '… ';
/** How many lines are remembered from one session to the next. */
const HISTORY_LINES = 1000;

/** Reads, runs and prints until the input ends; gives the exit status. */
export function startRepl(settings: Settings): Promise<number> {
  return new Promise((done) => new Repl(settings, done).start());
}

class Repl {
  readonly #session: Session;
  readonly #host = new ReplHost();
  readonly #done: (status: number) => void;
  readonly #history = new History();
  readonly #terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  readonly #lines: string[] = [];
  #reader: Interface | null = null;
  /** The lines of an input that is not complete yet. */
  #input = '';
  #inputs = 0;
  #running = false;
  #ended = false;

  constructor(settings: Settings, done: (status: number) => void) {
    const { interpreter, finish } = newEngine(settings, [], this.#host);
    this.#session = interpreter.session(process.cwd());
    this.#done = (status) => finish(() => done(status));
  }

  start(): void {
    const reader = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: this.#terminal,
      history: this.#history.lines,
      historySize: HISTORY_LINES,
      removeHistoryDuplicates: true,
      completer: (line: string) => complete(line, this.#session),
    });
    this.#reader = reader;
    reader.on('line', (line) => {
      if (this.#terminal) this.#history.add(line);
      this.#lines.push(line);
      this.#next();
    });
    reader.on('SIGINT', () => this.#interrupt());
    reader.on('close', () => {
      this.#ended = true;
      this.#next();
    });
    if (this.#terminal) this.#print('Magnolia. Ctrl-C stops a program, Ctrl-D ends the session.\n');
    this.#prompt();
  }

  /** Runs the lines that have come, one after the other. */
  #next(): void {
    while (!this.#running) {
      const line = this.#lines.shift();
      if (line === undefined) {
        if (this.#ended) this.#end();
        else this.#prompt();
        return;
      }
      this.#input += `${line}\n`;
      if (this.#input.trim() === '') this.#input = '';
      else this.#take();
    }
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
      return;
    }
    this.#input = '';
    this.#print('\n');
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
  }

  #end(): void {
    if (this.#input !== '') this.#take(); // shows how it is incomplete
    if (this.#running) return;
    if (this.#terminal) this.#print('\n');
    this.#done(0);
  }
}

/** Knows whether the last line was ended: the prompt takes a whole line, and would overwrite one that was not. */
class ReplHost extends NodeHost {
  #lineEnded = true;

  override write(text: string): void {
    if (text !== '') this.#lineEnded = text.endsWith('\n');
    super.write(text);
  }

  startLine(): void {
    if (!this.#lineEnded) this.write('\n');
    this.flush();
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

/** The lines typed so far, newest first; kept in a file when that can be written. */
class History {
  readonly lines: string[] = [];
  #path = '';

  constructor() {
    try {
      this.#path = join(homedir(), '.magnolia_history'); // a user may have no home
      const saved = readFileSync(this.#path, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      this.lines = saved.slice(-HISTORY_LINES).reverse();
      if (saved.length > 2 * HISTORY_LINES)
        writeFileSync(this.#path, `${saved.slice(-HISTORY_LINES).join('\n')}\n`, { mode: 0o600 });
    } catch {
      // no history yet, or none that can be read
    }
  }

  add(line: string): void {
    if (line.trim() === '') return;
    try {
      appendFileSync(this.#path, `${line}\n`, { mode: 0o600 });
    } catch {
      // a home that cannot be written to is no reason to complain at each line
    }
  }
}
