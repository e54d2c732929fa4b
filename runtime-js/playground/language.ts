/** The page's end of the worker that knows the language, which is loaded with the first question. */
import type { Answers, FromLanguage, Question, ToLanguage } from './language-messages.ts';

export class Language {
  readonly #url: string;
  #worker: Worker | null = null;
  #asked = 0;
  readonly #waiting = new Map<number, (answer: unknown) => void>();

  constructor(url: string) {
    this.#url = url;
  }

  /** Asks about a text. Never settles when the worker cannot be loaded. */
  ask<K extends Question['kind']>(text: string, question: Question & { readonly kind: K }): Promise<Answers[K]> {
    const worker = this.#open();
    const number = ++this.#asked;
    worker.postMessage({ number, text, question } satisfies ToLanguage);
    return new Promise((done) => this.#waiting.set(number, done as (answer: unknown) => void)); // the answer is to this question
  }

  #open(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(this.#url, { type: 'module' });
    worker.onmessage = ({ data: { number, answer } }: MessageEvent<FromLanguage>) => {
      this.#waiting.get(number)?.(answer);
      this.#waiting.delete(number);
    };
    worker.onerror = () => {
      worker.terminate();
      this.#worker = null; // the next question tries again
      this.#waiting.clear();
    };
    this.#worker = worker;
    return worker;
  }
}
