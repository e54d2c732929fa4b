/** The tour: prose beside the program, Back and Next. Changes of a step are kept while another one is shown. */
import type { Example } from './examples.ts';
import { prose } from './prose.ts';
import { kept } from './storage.ts';

export interface TourParts {
  readonly pane: HTMLElement;
  readonly title: HTMLElement;
  readonly text: HTMLElement;
  readonly back: HTMLButtonElement;
  readonly next: HTMLButtonElement;
  /** Brings the step's own program back. */
  readonly reset: HTMLButtonElement;
}

export class Tour {
  readonly #steps: readonly Example[];
  readonly #parts: TourParts;
  /** The step that is shown; -1 for none. */
  #at = -1;

  /** `open` is called with the step to go to and the program to show. */
  constructor(examples: readonly Example[], parts: TourParts, open: (step: Example, text: string) => void) {
    this.#steps = examples.filter((example) => example.prose !== null);
    this.#parts = parts;
    const go = (to: number): void => {
      const step = this.#steps[to];
      if (step !== undefined) open(step, kept.tour[step.id] ?? step.text);
    };
    parts.back.addEventListener('click', () => go(this.#at - 1));
    parts.next.addEventListener('click', () => go(this.#at + 1));
    parts.reset.addEventListener('click', () => {
      const step = this.#steps[this.#at];
      if (step !== undefined) open(step, step.text);
    });
  }

  /** Shows the prose of an example; hides the tour if that is not a step of it. */
  show(id: string): void {
    const { pane, title, text, back, next } = this.#parts;
    this.#at = this.#steps.findIndex((step) => step.id === id);
    const step = this.#steps[this.#at];
    pane.hidden = step === undefined;
    if (step === undefined) return;
    title.textContent = `Tour, ${this.#at + 1} of ${this.#steps.length}`;
    text.replaceChildren(prose(step.prose ?? ''));
    text.scrollTop = 0;
    back.disabled = this.#at === 0;
    next.disabled = this.#at === this.#steps.length - 1;
  }

  /** The program of the step that is shown is this one now. */
  changed(text: string): void {
    const step = this.#steps[this.#at];
    if (step === undefined) return;
    const { [step.id]: _old, ...others } = kept.tour;
    const isOwn = text === step.text;
    this.#parts.reset.hidden = isOwn;
    kept.tour = isOwn ? others : { ...others, [step.id]: text };
  }
}
