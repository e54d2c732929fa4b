/**
 * Which network programs get: none, one in memory, or the sockets of a gateway. The link of a gateway is in its field and nowhere else,
 * so it is forgotten with the tab; a program that comes with a link or from the menu never finds a gateway chosen.
 */
import type { Network } from './messages.ts';

/** What `magnolia gateway` prints. */
const LINK = /^wss?:\/\/[^\s#]+#[\w-]{16,256}$/;

export class NetworkChoice {
  readonly #menu: HTMLSelectElement;
  readonly #bar: HTMLElement;
  readonly #link: HTMLInputElement;
  #shown: () => void = () => {};

  constructor(parts: { menu: HTMLSelectElement; bar: HTMLElement; link: HTMLInputElement }) {
    this.#menu = parts.menu;
    this.#bar = parts.bar;
    this.#link = parts.link;
    this.#menu.addEventListener('change', () => {
      this.#show();
      if (this.isThere) this.#link.focus();
    });
    this.#show(); // a browser may bring back what was chosen before a reload
  }

  /** `changed` is called when the visitor chooses, `shown` also when the page does. */
  onChange(changed: () => void, shown: () => void): void {
    this.#menu.addEventListener('change', changed);
    this.#shown = shown;
  }

  /** Whether it is that of a gateway. */
  get isThere(): boolean {
    return this.#menu.value === 'gateway';
  }

  /** The network that is kept and shared: the one in memory, or none. */
  get inMemory(): boolean {
    return this.#menu.value === 'memory';
  }
  set inMemory(inMemory: boolean) {
    this.#menu.value = inMemory ? 'memory' : 'none';
    this.#show();
  }

  /** What a program gets; a text is what is wrong with the choice. */
  get chosen(): Network | string {
    if (!this.isThere) return this.inMemory ? 'memory' : 'none';
    const link = this.#link.value.trim();
    if (LINK.test(link) && URL.canParse(link)) return { gateway: link };
    this.#link.focus();
    return 'The link of a gateway begins with ws:// or wss:// and has its token behind #, as magnolia gateway prints it.';
  }

  #show(): void {
    this.#bar.hidden = !this.isThere;
    this.#shown();
  }
}
