/** The output pane. What a program prints comes as text, with the colours of terminals; it is never markup. */

/** So much is shown at a time at most, and less where that takes long, so that the page keeps answering while a lot arrives. */
const AT_ONCE = 8_192;
const PIECE = 1_024;
/** How long it may take to show it. */
const SHOWN_MS = 8;
/** Text is gathered in blocks of about this size; the browser lays out those that are seen. */
const BLOCK = 4_096;
/** How near to the end a reader has to be for the pane to follow. */
const NEAR_PX = 40;
/** Scrolling is the reader's for so long after a touch, a key or the wheel. */
const READER_MS = 1000;
const SETTLE_FRAMES = 5;
/** That of style.css: 13.5 px, 1.5 times. */
const LINE_PX = 20.25;

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are meant
const ESCAPE = /\x1b\[([0-9;:?]*)([@-~])|\x1b[^[]?|\x1b\[[0-9;:?]*$/g;

export class Output {
  readonly #pane: HTMLElement;
  #waiting: (string | HTMLElement)[] = [];
  #scheduled = false;
  #atOnce = AT_ONCE;
  #block: HTMLElement | null = null;
  #blockSize = 0;
  #classes: string[] = [];
  #empty = true;
  /** Whether the end is to be seen: until the reader scrolls away from it. */
  #follow = true;
  #touched = Number.NEGATIVE_INFINITY;

  constructor(pane: HTMLElement) {
    this.#pane = pane;
    for (const event of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
      pane.addEventListener(
        event,
        ({ timeStamp }) => {
          this.#touched = timeStamp;
        },
        { passive: true },
      );
    }
    pane.addEventListener('scroll', ({ timeStamp }) => {
      if (timeStamp - this.#touched > READER_MS) return; // we have scrolled, or the text has grown
      const { scrollHeight, scrollTop, clientHeight } = pane;
      this.#follow = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    });
  }

  clear(): void {
    this.#pane.replaceChildren();
    this.#waiting = [];
    this.#block = null;
    this.#classes = [];
    this.#empty = true;
    this.#follow = true;
  }

  /** Whether nothing was shown since `clear`. */
  get empty(): boolean {
    return this.#empty;
  }

  print(text: string): void {
    for (let at = 0; at < text.length; at += PIECE) this.#waiting.push(text.slice(at, at + PIECE));
    this.#schedule();
  }

  /** An error as the command line prints it. */
  problem(report: string): void {
    this.#waiting.push(problemElement(report));
    this.#schedule();
  }

  /** A sentence of the page itself. */
  note(text: string): void {
    const element = document.createElement('div');
    element.className = 'end';
    element.textContent = text;
    this.#waiting.push(element);
    this.#schedule();
  }

  #schedule(): void {
    this.#empty = false;
    if (this.#scheduled) return;
    this.#scheduled = true;
    const later = (): void => {
      this.#scheduled = false;
      this.#show();
    };
    if (document.hidden) setTimeout(later, 100);
    else requestAnimationFrame(later);
  }

  #show(): void {
    const started = performance.now();
    let size = 0;
    let problem: HTMLElement | null = null;
    while (this.#waiting.length > 0 && size < this.#atOnce) {
      const next = this.#waiting.shift();
      if (typeof next === 'string') {
        this.#text(next);
        size += next.length;
      } else if (next !== undefined) {
        this.#pane.append(next);
        this.#block = null;
        if (next.classList.contains('problem')) problem ??= next;
      }
    }
    if (problem !== null) {
      this.#toEnd();
      this.#showStart(problem);
      this.#follow = false;
    } else if (this.#follow) {
      this.#settle(SETTLE_FRAMES);
    }
    const took = performance.now() - started; // with the layout, for which scrolling has asked
    this.#atOnce = took > SHOWN_MS ? Math.max(PIECE, this.#atOnce / 2) : Math.min(AT_ONCE, this.#atOnce + PIECE);
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** Goes to the end, and again while the browser finds out how large the blocks there really are. */
  #settle(frames: number): void {
    if (!this.#follow) return;
    this.#toEnd();
    if (frames > 0 && this.#waiting.length === 0) requestAnimationFrame(() => this.#settle(frames - 1));
  }

  #toEnd(): void {
    this.#pane.scrollTop = this.#pane.scrollHeight;
  }

  /** What went wrong is said first: that line is to be seen. */
  #showStart(problem: HTMLElement): void {
    const above = this.#pane.getBoundingClientRect().top - problem.getBoundingClientRect().top;
    if (above > 0) this.#pane.scrollTop -= above;
  }

  #text(text: string): void {
    let at = 0;
    for (const match of text.matchAll(ESCAPE)) {
      this.#plain(text.slice(at, match.index));
      if (match[2] === 'm') this.#colour(match[1] ?? '');
      at = match.index + match[0].length;
    }
    this.#plain(text.slice(at));
  }

  /** Blocks end where a line does, as each begins on its own line; lines that are too long are cut. */
  #plain(text: string): void {
    let left = text;
    while (left !== '') {
      this.#block ??= this.#open();
      const longest = Math.max(0, 2 * BLOCK - this.#blockSize);
      const newline = left.indexOf('\n', Math.max(0, BLOCK - this.#blockSize));
      const whole = newline >= 0 && newline <= longest;
      if (!whole && left.length <= longest) {
        this.#append(this.#block, left);
        return;
      }
      this.#append(this.#block, left.slice(0, whole ? newline : longest));
      left = left.slice(whole ? newline + 1 : longest);
      guessSize(this.#block);
      this.#block = null;
    }
  }

  #open(): HTMLElement {
    const block = document.createElement('div');
    block.className = 'block';
    this.#blockSize = 0;
    this.#pane.append(block);
    return block;
  }

  #append(block: HTMLElement, text: string): void {
    this.#blockSize += text.length;
    if (this.#classes.length === 0) {
      block.append(text);
      return;
    }
    const span = document.createElement('span');
    span.className = this.#classes.join(' ');
    span.textContent = text;
    block.append(span);
  }

  /** Colours 0 to 7, also bright ones, and what is bold, dim, italic or underlined. Others are passed over. */
  #colour(codes: string): void {
    for (const part of codes.split(/[;:]/)) {
      const code = Number(part);
      if (code === 0) this.#classes = [];
      else if (code === 39) this.#without(/^c\d$/);
      else if (code === 22) this.#without(/^(bold|dim)$/);
      else if (code === 23) this.#without(/^italic$/);
      else if (code === 24) this.#without(/^underline$/);
      else if (code >= 30 && code <= 37) this.#with(/^c\d$/, `c${code - 30}`);
      else if (code >= 90 && code <= 97) this.#with(/^c\d$/, `c${code - 90}`);
      else if (STYLES[code] !== undefined) this.#with(new RegExp(`^${STYLES[code]}$`), STYLES[code]);
    }
  }

  #without(pattern: RegExp): void {
    this.#classes = this.#classes.filter((name) => !pattern.test(name));
  }

  #with(pattern: RegExp, name: string): void {
    this.#without(pattern);
    this.#classes.push(name);
  }
}

/** Tells the browser how large a block about is, for as long as it was not laid out. */
function guessSize(block: HTMLElement): void {
  const lines = (block.textContent ?? '').split('\n').length;
  block.style.containIntrinsicSize = `auto 100px auto ${Math.round(lines * LINE_PX)}px`;
}

const STYLES: { readonly [code: number]: string } = { 1: 'bold', 2: 'dim', 3: 'italic', 4: 'underline' };

/** Which part of an error report a line is. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^(Parse|Runtime) Error/, 'reason'],
  [/^ {2}(File|Position|Imported at|Stack Trace):/, 'label'],
  [/^Hint:/, 'hint'],
  [/^ +│ [\s~^]*$/, 'mark'],
  [/^ {4}in /, 'label'],
];

function problemElement(report: string): HTMLElement {
  const box = document.createElement('div');
  box.className = 'problem';
  box.tabIndex = 0; // it scrolls sideways, also by keyboard
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', 'Error');
  for (const [i, line] of report.trimEnd().split('\n').entries()) {
    const part = PARTS.find(([pattern]) => pattern.test(line))?.[1];
    const span = document.createElement('span');
    if (part !== undefined) span.className = part;
    span.textContent = line;
    if (i > 0) box.append('\n');
    box.append(span);
  }
  return box;
}
