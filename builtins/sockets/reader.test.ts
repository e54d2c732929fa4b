import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Str } from '../../language/values/values.ts';
import { Reader, TOO_LONG } from './reader.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Every complete line of what the chunks bring, read as soon as it is there, then what is left. */
function lines(chunks: readonly string[]): string[] {
  const reader = new Reader();
  const found: string[] = [];
  for (const chunk of chunks) {
    reader.push(bytes(chunk));
    for (let line = reader.takeLine(1e9); typeof line === 'string'; line = reader.takeLine(1e9)) found.push(line);
  }
  if (reader.unread > 0) found.push(`rest: ${reader.takeLastLine()}`);
  return found;
}

/** What lines are, in the fewest words. */
function model(text: string): string[] {
  const parts = text.split('\n').map((line) => line.replace(/\r+$/, ''));
  const complete = parts.slice(0, -1);
  return text.endsWith('\n') || text === '' ? complete : [...complete, `rest: ${parts.at(-1)}`];
}

describe('takeLine', () => {
  for (const [sent, expected] of [
    ['crlf\r\n', ['crlf']],
    ['bare\rcr\n', ['bare\rcr']],
    ['many\r\r\r\n', ['many']],
    ['\r\n\n', ['', '']],
    ['not yet', ['rest: not yet']],
    ['\0\xff \n', ['\0\xff ']],
  ] as const) {
    it(`finds ${expected.length} line(s) in ${JSON.stringify(sent)}`, () => expect(lines([sent])).toEqual(expected));
  }

  it('agrees with the model on every short text, however it is cut in two', () => {
    const texts = [''];
    for (const text of texts) if (text.length < 6) for (const char of 'a\r\n') texts.push(text + char);
    for (const text of texts) {
      for (let cut = 0; cut <= text.length; cut++) {
        expect(lines([text.slice(0, cut), text.slice(cut)])).toEqual(model(text));
      }
    }
  });

  it('returns the same lines however the network cuts the bytes', () => {
    const piece = fc.oneof(
      fc.constantFrom('\n', '\r\n', 'x', '\r'),
      fc.integer({ min: 0, max: 5000 }).map((size) => 'y'.repeat(size)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 3000 })), (pieces, cuts) => {
        const text = pieces.join('');
        const chunks: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(text.slice(at, at + cut));
          at += cut;
        }
        chunks.push(text.slice(at));
        expect(lines(chunks)).toEqual(model(text));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses a line above the limit and leaves it readable', () => {
    for (const [text, limit] of [
      ['abcdef\n', 5],
      ['abcdef', 5],
      [`${'x'.repeat(5000)}\n`, 4999],
      ['x'.repeat(5000), 4999],
    ] as const) {
      const reader = new Reader();
      reader.push(bytes(text));
      expect(reader.takeLine(limit)).toBe(TOO_LONG);
      expect(reader.takeLine(limit)).toBe(TOO_LONG);
      expect(reader.takeAll()).toBe(text);
    }
  });

  it('allows a line of exactly the limit', () => {
    const reader = new Reader();
    reader.push(bytes('abcde'));
    expect(reader.takeLine(5)).toBeNull();
    reader.push(bytes('\nrest'));
    expect(reader.takeLine(5)).toBe('abcde');
  });
});

describe('a mixture of reads', () => {
  it('returns the stream, whole and in order', () => {
    const read = fc.oneof(
      fc.record({ kind: fc.constant('some' as const), size: fc.integer({ min: 1, max: 3000 }) }),
      fc.record({ kind: fc.constant('whole' as const), size: fc.integer({ min: 1, max: 100_000 }) }),
      fc.record({ kind: fc.constant('exact' as const), size: fc.integer({ min: 0, max: 3000 }) }),
      fc.record({ kind: fc.constant('line' as const), size: fc.constant(0) }),
      fc.record({ kind: fc.constant('until' as const), size: fc.constant(0) }),
      fc.record({ kind: fc.constant('push' as const), size: fc.integer({ min: 1, max: 70_000 }) }),
      fc.record({ kind: fc.constant('tiny' as const), size: fc.integer({ min: 1, max: 40 }) }),
    );
    fc.assert(
      fc.property(fc.array(read, { maxLength: 60 }), fc.integer({ min: 1, max: 60 }), (steps, every) => {
        const reader = new Reader();
        let counter = 0;
        let model = '';
        for (const { kind, size } of steps) {
          if (kind === 'push' || kind === 'tiny') {
            let text = '';
            while (text.length < size) text += ++counter % every === 0 ? '\n' : ++counter % every === 3 ? 'end;' : `${counter} `;
            model += text;
            reader.push(bytes(text), 0, kind === 'push'); // a large one that comes alone stays as it is
            continue;
          }
          let got: string | null | symbol = null;
          let gone = 0;
          if (kind === 'some') got = reader.takeSome(size);
          if (kind === 'whole') {
            const chunks = reader.takeChunks(size);
            if (chunks === null) continue;
            got = Str.ofChunks(chunks).text;
            expect(got.length).toBe(Math.min(size, model.length));
          }
          if (kind === 'exact') got = reader.takeExact(size);
          if (kind === 'line') {
            got = reader.takeLine(1e9);
            gone = 1;
          }
          if (kind === 'until') {
            got = reader.takeUntil('end;', 1e9);
            gone = 4;
          }
          if (typeof got === 'string') {
            expect(got).toBe(model.slice(0, got.length));
            model = model.slice(got.length + gone);
          } else {
            if (kind === 'some') expect(model).toBe('');
            if (kind === 'exact') expect(model.length).toBeLessThan(size);
            if (kind === 'line') expect(model).not.toContain('\n');
            if (kind === 'until') expect(model).not.toContain('end;');
          }
          expect(reader.unread).toBe(model.length);
        }
        expect(reader.takeAll()).toBe(model);
        expect(reader.takeSome(1)).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it('hands back what was not read as bytes', () => {
    const reader = new Reader();
    reader.push(bytes('a line\nand more'));
    reader.takeLine(100);
    expect(reader.takeBytes()).toEqual(bytes('and more'));
    expect(reader.unread).toBe(0);
  });
});

describe('a long read', () => {
  const stream = (size: number): string => Array.from({ length: size }, (_, i) => String.fromCharCode(i % 251)).join('');

  it('gets its bytes in order, in whatever chunks they come, and leaves the rest', () => {
    const size = fc.integer({ min: 1, max: 200_000 });
    const chunk = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 10_000, max: 70_000 }));
    fc.assert(
      fc.property(
        fc.array(size, { maxLength: 6 }),
        fc.array(chunk, { maxLength: 30 }),
        fc.boolean(),
        (sizes, chunks, isGiven) => {
          const sent = stream(chunks.reduce((sum, one) => sum + one, 0));
          const reader = new Reader();
          const wanted = sizes.values();
          let now = wanted.next();
          let [pushed, taken] = [0, 0];
          for (const length of chunks) {
            reader.push(bytes(sent.slice(pushed, pushed + length)), now.done ? 0 : now.value, isGiven);
            pushed += length;
            while (!now.done) {
              const whole = now.value <= reader.unread ? reader.takeChunks(now.value) : null;
              const got = whole === null ? reader.takeExact(now.value) : Str.ofChunks(whole).text;
              if (got === null) break;
              expect(got === sent.slice(taken, taken + now.value)).toBe(true); // too long to be shown
              taken += now.value;
              now = wanted.next();
            }
            expect(reader.unread).toBe(pushed - taken);
          }
          expect(reader.takeAll()).toBe(sent.slice(taken));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('copies nothing of large chunks that it is given, however they lie', () => {
    const reader = new Reader();
    const all = bytes(stream(6 * 65_536));
    reader.push(bytes('go\n'));
    expect(reader.takeLine(10)).toBe('go');
    reader.push(all.subarray(0, 40_000), 65_536, true);
    for (let at = 40_000; at < 4 * 65_536; at += 65_536) {
      reader.push(all.subarray(at, at + 65_536), 65_536, true);
      const taken = reader.takeChunks(65_536) ?? [];
      expect(taken.map(({ length }) => length)).toEqual([40_000, 65_536 - 40_000]);
      expect(taken.every(({ buffer }) => buffer === all.buffer)).toBe(true);
    }
  });

  for (const step of [1, 1000, 65_536]) {
    it(`of 3 MB gets them from chunks of ${step}`, () => {
      const sent = stream(3_000_000);
      const all = bytes(sent);
      const reader = new Reader();
      for (let at = 0; at < all.length; at += step) reader.push(all.subarray(at, at + step), all.length);
      expect(reader.takeExact(3_000_000) === sent).toBe(true); // too long to be shown
      expect(reader.unread).toBe(0);
    });
  }

  it('that is given up leaves everything to be read in other ways', () => {
    const line = `${'x'.repeat(98)}\r\n`;
    for (const chunk of [30_000, 100]) {
      for (const first of ['some', 'line', 'until', 'exact', 'bytes'] as const) {
        const reader = new Reader();
        const all = bytes(line.repeat(15_000));
        for (let at = 0; at < all.length; at += chunk) reader.push(all.subarray(at, at + chunk), 2_000_000);
        reader.putBack();
        if (first === 'some') expect(reader.takeSome(100)).toBe(line);
        if (first === 'line') expect(reader.takeLine(1000)).toBe('x'.repeat(98));
        if (first === 'until') expect(reader.takeUntil('\r\n', 1000)).toBe('x'.repeat(98));
        if (first === 'exact') expect(reader.takeExact(100)).toBe(line);
        const rest = first === 'bytes' ? Buffer.from(reader.takeBytes()).toString('latin1') : reader.takeAll();
        expect(rest === line.repeat(first === 'bytes' ? 15_000 : 14_999)).toBe(true); // too long to be shown
      }
    }
  });
});

describe('takeUntil', () => {
  it('finds a delimiter that a false start runs into', () => {
    const reader = new Reader();
    reader.push(bytes('aab'));
    expect(reader.takeUntil('ab', 10)).toBe('a');
    reader.push(bytes('x--'));
    expect(reader.takeUntil('--\n', 10)).toBeNull();
    reader.push(bytes('\ny'));
    expect(reader.takeUntil('--\n', 10)).toBe('x');
    expect(reader.takeUntil('--\n', 0)).toBeNull();
    expect(reader.takeAll()).toBe('y');
  });
});

describe('a long line in pieces of one byte', () => {
  it('is searched once', () => {
    const reader = new Reader();
    const one = bytes('x');
    let early = 0;
    for (let i = 0; i < 1_000_000; i++) {
      reader.push(one);
      if (reader.takeLine(1e9) !== null) early++;
    }
    reader.push(bytes('\r\n'));
    expect(early).toBe(0);
    expect(reader.takeLine(1e9)).toBe('x'.repeat(1_000_000));
  });
});
