/** What this browser keeps for the next visit. Where storage is forbidden, nothing is kept, and nothing fails. */

export interface KeptProgram {
  readonly text: string;
  readonly network: boolean;
  /** The example that the program began as, or ''. */
  readonly example: string;
}

const PROGRAM_KEY = 'magnolia-program';
const THEME_KEY = 'magnolia-theme';
const TOUR_KEY = 'magnolia-tour';

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // full or forbidden: the page works without
  }
}

export const kept = {
  get program(): KeptProgram | null {
    try {
      const found: unknown = JSON.parse(read(PROGRAM_KEY) ?? 'null');
      if (typeof found !== 'object' || found === null) return null;
      const { text, network, example }: { text?: unknown; network?: unknown; example?: unknown } = found;
      if (typeof text !== 'string') return null;
      return { text, network: network === true, example: typeof example === 'string' ? example : '' };
    } catch {
      return null;
    }
  },
  set program(program: KeptProgram | null) {
    write(PROGRAM_KEY, JSON.stringify(program));
  },
  /** The steps of the tour that were changed: their texts, by the name of the example. */
  get tour(): { readonly [id: string]: string } {
    try {
      const found: unknown = JSON.parse(read(TOUR_KEY) ?? '{}');
      return Object.fromEntries(Object.entries(found ?? {}).filter(([, text]) => typeof text === 'string'));
    } catch {
      return {};
    }
  },
  set tour(texts: { readonly [id: string]: string }) {
    write(TOUR_KEY, JSON.stringify(texts));
  },
  get theme(): string | null {
    return read(THEME_KEY);
  },
  set theme(theme: string | null) {
    write(THEME_KEY, theme ?? '');
  },
};
