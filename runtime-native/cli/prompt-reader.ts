/**
 * The line editor of the prompt: readline, with a history of whole inputs and a search in it.
 *
 * readline gets the keys from a stream of ours, so that Ctrl-R and, while a program reads, Ctrl-D are seen before it sees them.
 */
import { createInterface, type Interface } from 'node:readline';
import { Readable } from 'node:stream';

const CTRL_C = '\x03';
const CTRL_D = '\x04';
const CTRL_G = '\x07';
const CTRL_R = '\x12';
const BACKSPACE = /^[\b\x7f]$/;

export interface PromptListener {
  line(text: string): void;
  /** Ctrl-C. */
  interrupted(): void;
  /** The input has ended. */
  ended(): void;
  /** Ctrl-D on an empty line: true if a program has taken it as the end of what it reads. */
  endOfInput(): boolean;
  /** Completions at the end of a line, and the part of it that they replace. */
  complete(line: string): [string[], string];
}

/** Starts reading; `history` has the inputs typed before, newest first, and gets those that are typed. */
export function readPrompt(terminal: boolean, history: string[], listener: PromptListener): Interface {
  const keyboard = terminal ? new Keyboard((keys, pass) => search.take(keys, pass)) : null;
  const reader = createInterface({
    input: keyboard ?? process.stdin,
    output: process.stdout,
    terminal,
    history,
    historySize: 0, // readline would add line by line
    completer: (line: string) => listener.complete(line),
  });
  const search = new Search(reader, history, (key) => key === CTRL_D && reader.line === '' && listener.endOfInput());
  reader.on('line', (line) => {
    Object.assign(reader, { historyIndex: -1 }); // with its own history, readline would reset it
    listener.line(line);
  });
  reader.on('SIGINT', () => listener.interrupted());
  reader.on('close', () => listener.ended());
  return reader;
}

/** The keys of the terminal, without those that `take` keeps. */
class Keyboard extends Readable {
  constructor(take: (keys: string, pass: (keys: string) => void) => void) {
    super({ encoding: 'utf8' });
    process.stdin.setEncoding('utf8');
    process.stdin.on('data', (keys: string) => take(keys, (rest) => this.push(rest)));
    process.stdin.on('end', () => this.push(null));
  }

  override _read(): void {}

  /** readline asks for this. */
  setRawMode(isRaw: boolean): void {
    process.stdin.setRawMode(isRaw);
  }
}

/** Ctrl-R: the newest input that has the typed text in it; Ctrl-R again: the one before. Ctrl-G and Ctrl-C leave the line as it was. */
class Search {
  readonly #reader: Interface;
  readonly #history: readonly string[];
  readonly #takes: (key: string) => boolean;
  /** Null outside of a search. */
  #wanted: string | null = null;
  #at = 0;
  #before = { line: '', prompt: '' };

  constructor(reader: Interface, history: readonly string[], takes: (key: string) => boolean) {
    this.#reader = reader;
    this.#history = history;
    this.#takes = takes;
  }

  /** Passes on the keys that are not for the search, those before a key that is looked at first. */
  take(keys: string, pass: (keys: string) => void): void {
    let rest = '';
    const passed = (): void => {
      if (rest !== '') pass(rest);
      rest = '';
    };
    for (const key of keys) {
      if (this.#wanted === null) {
        if (key === CTRL_R || key === CTRL_D) passed();
        if (key === CTRL_R) this.#begin();
        else if (!this.#takes(key)) rest += key;
      } else if (key === CTRL_R) {
        this.#find(this.#wanted, this.#at + 1);
      } else if (BACKSPACE.test(key)) {
        this.#find(this.#wanted.slice(0, -1), 0);
      } else if (key >= ' ') {
        this.#find(this.#wanted + key, this.#at);
      } else {
        this.#end(key === CTRL_G || key === CTRL_C);
        if (key !== CTRL_G && key !== CTRL_C) rest += key;
      }
    }
    passed();
  }

  #begin(): void {
    this.#before = { line: this.#reader.line, prompt: this.#reader.getPrompt() };
    this.#find('', 0);
  }

  #find(wanted: string, from: number): void {
    this.#wanted = wanted;
    const found = wanted === '' ? -1 : this.#history.findIndex((input, i) => i >= from && input.includes(wanted));
    if (found >= 0) this.#at = found;
    const isMissing = wanted !== '' && found < 0;
    this.#show(`${isMissing ? 'nothing more with' : 'search'} '${wanted}': `, found >= 0 ? this.#history[found] : undefined);
  }

  #end(isCancelled: boolean): void {
    this.#wanted = null;
    this.#at = 0;
    this.#show(this.#before.prompt, isCancelled ? this.#before.line : undefined);
  }

  /** Draws the line anew, with another text if there is one. */
  #show(prompt: string, text: string | undefined): void {
    if (text !== undefined) Object.assign(this.#reader, { line: text, cursor: text.length }); // `write` would run a text of several lines
    this.#reader.setPrompt(prompt);
    this.#reader.prompt(true);
  }
}
