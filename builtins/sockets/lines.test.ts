/** `recvLine` beside a model of ten lines: every short text of letters, CRs and LFs, arriving in every two parts. */
import { expect, it } from '@jest/globals';
import { NodeHost } from '../../runtime-native/host.ts';
import { Reader, TOO_LONG } from './reader.ts';

new NodeHost(); // brings the codec

/** The lines of a text, as the contract has them. */
function model(text: string): string[] {
  const lines: string[] = [];
  let rest = text;
  for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
    lines.push(rest.slice(0, end).replace(/\r+$/, ''));
    rest = rest.slice(end + 1);
  }
  if (rest !== '') lines.push(rest.replace(/\r+$/, ''));
  return lines;
}

/** The lines of what arrives in these parts, each taken as soon as it is there. */
function read(parts: readonly string[]): string[] {
  const reader = new Reader();
  const lines: string[] = [];
  for (const part of parts) {
    if (part !== '') reader.push(Buffer.from(part, 'latin1'));
    for (let line = reader.takeLine(10_000); line !== null; line = reader.takeLine(10_000)) lines.push(String(line));
  }
  if (reader.unread > 0) lines.push(reader.takeLastLine());

  return lines;
}

it('returns the lines of the model, for all texts of up to eight characters and every cut', () => {
  let texts = [''];
  let cuts = 0;
  for (let length = 1; length <= 8; length++) {
    texts = texts.flatMap((text) => [`${text}a`, `${text}\r`, `${text}\n`]);
    for (const text of texts) {
      const wanted = model(text).join('|');
      for (let cut = 1; cut <= length; cut++) {
        cuts++;
        const found = read([text.slice(0, cut), text.slice(cut)]).join('|');
        if (found !== wanted) expect({ text, cut, found }).toEqual({ text, cut, found: wanted }); // only then: expect is slow
      }
    }
  }
  expect(cuts).toBe(73_812);
});

it('abandons a line as soon as more of it than the limit has come, of which its end is no part', () => {
  const limit = 3;
  let texts = [''];
  for (let length = 1; length <= 7; length++) {
    texts = texts.flatMap((text) => [`${text}a`, `${text}\r`, `${text}\n`]);
    for (const text of texts) {
      const end = text.indexOf('\n');
      const line = (end < 0 ? text : text.slice(0, end)).replace(/\r$/, ''); // which may still become the end
      const wanted = line.length > limit ? TOO_LONG : end < 0 ? null : line.replace(/\r+$/, '');
      for (let cut = 0; cut < length; cut++) {
        const reader = new Reader();
        if (cut > 0) reader.push(Buffer.from(text.slice(0, cut), 'latin1'));
        const early = cut > 0 ? reader.takeLine(limit) : null;
        if (early !== null) continue; // decided before the second part came
        reader.push(Buffer.from(text.slice(cut), 'latin1'));
        const found = reader.takeLine(limit);
        if (found !== wanted) expect({ text, cut, found }).toEqual({ text, cut, found: wanted });
      }
    }
  }
  expect(texts.length).toBe(2187);
});

it('returns them as well behind and before a text that does not fit the window', () => {
  const long = 'x'.repeat(3000);
  for (const text of ['a\r\n', '\r\r\n', '\n\r', 'a\rb\n\n', '\r\n\r\n', 'a']) {
    for (const whole of [`${long}${text}`, `${text}${long}`, `${long}\n${text}${long}\r\n${text}`]) {
      for (let cut = 1; cut < whole.length; cut += 7) {
        expect(read([whole.slice(0, cut), whole.slice(cut)])).toEqual(model(whole));
      }
    }
  }
});
