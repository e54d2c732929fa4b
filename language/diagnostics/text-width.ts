/**
 * How many columns of a terminal a text takes, so that a caret is below what it marks.
 *
 * Terminals know no more than this: East Asian wide characters and emoji take two columns, marks that combine with the
 * character before them take none, everything else takes one.
 */

/** First and last code point of each run of wide characters that `\p{Emoji_Presentation}` does not name. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18dff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];

/** The columns that one character (a whole code point) takes: 0, 1 or 2. */
export function columnsOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x300) return 1;
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) return 0;
  const isWide = /^\p{Emoji_Presentation}$/u.test(character) || WIDE.some(([first, last]) => first <= point && point <= last);
  return isWide ? 2 : 1;
}

/**
 * Text that came from a program or from the network, made harmless for a terminal: control characters, which could move the
 * cursor or change colours, are written as `\x1b`. Line ends and tabs stay.
 */
export function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
