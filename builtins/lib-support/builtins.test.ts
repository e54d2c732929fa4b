import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Float, str, type Value } from '../../language/values/values.ts';
import { whole } from '../time-slices.ts';
import { base64Decode, base64Encode } from './base64.ts';
import { jsonEscape, readJsonString } from './json-text.ts';
import { sortByKeys } from './sorting.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((all) => Buffer.from(all).toString('latin1'));

describe('base64', () => {
  it('is what Node makes of it', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        expect(whole(base64Encode(text))).toBe(Buffer.from(text, 'latin1').toString('base64'));
      }),
    );
  });

  it('is read back, in both alphabets and with or without padding', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        const encoded = whole(base64Encode(text));
        expect(whole(base64Decode(encoded))).toBe(text);
        expect(whole(base64Decode(Buffer.from(text, 'latin1').toString('base64url')))).toBe(text);
      }),
    );
  });

  for (const wrong of ['A', 'AAAAA', 'A===', '!AAA', 'AA A', 'AA=A', 'AAA\n', '\xff\xff\xff\xff']) {
    it(`does not read ${JSON.stringify(wrong)}`, () => expect(whole(base64Decode(wrong))).toBeUndefined());
  }
});

/** Halves of characters become U+FFFD. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

describe('JSON strings', () => {
  it('are read as JSON.parse reads them, wherever they stand', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, rest) => {
        const json = Buffer.from(JSON.stringify(text)).toString('latin1');
        const read = readJsonString(`[${json}${rest}`, 2);
        const wanted = text.replace(/[\b]/g, 'b'); // a backslash before any other letter means that letter
        expect(Buffer.from(read?.bytes ?? '', 'latin1').toString()).toBe(wellFormed(wanted));
        expect(read?.end).toBe(json.length);
      }),
    );
  });

  it('are written so that JSON.parse reads them back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = `"${jsonEscape(Buffer.from(text).toString('latin1'))}"`;
        expect(JSON.parse(Buffer.from(json, 'latin1').toString())).toBe(wellFormed(text));
      }),
    );
  });

  it('keep all bytes, also those that are not text', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        const json = JSON.parse(`"${jsonEscape(text)}"`) as string;
        expect(json).toBe(text);
      }),
    );
  });

  for (const broken of ['', 'open', 'x\\', '\\"', '\\u12', '\\u12"', '\\ud83d\\u"', 'a\\"b\\']) {
    it(`do not end in ${JSON.stringify(broken)}`, () => expect(readJsonString(broken, 0)).toBeUndefined());
  }
});

describe('sortByKeys', () => {
  const numbers = fc.array(
    fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true }).map((n) => new Float(n)),
      fc.bigInt(2n ** 60n, 2n ** 62n),
    ),
  );
  const size = (n: Value): number => (n instanceof Float ? n.value : Number(n as number | bigint)); // only numbers are made above

  it('orders numbers of all kinds', () => {
    fc.assert(
      fc.property(numbers, (list) => {
        const sorted: Value[] = [...list];
        whole(sortByKeys(sorted, sorted.slice()));
        expect(sorted.map(size)).toEqual(list.map(size).sort((a, b) => a - b));
      }),
    );
  });

  it('orders ints that are their own keys', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger()), (list) => {
        const sorted: Value[] = [...list];
        whole(sortByKeys(sorted, sorted));
        expect(sorted).toEqual(list.sort((a, b) => a - b));
      }),
    );
  });

  it('keeps the order of items with equal keys', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 })), (keys) => {
        const items: Value[] = keys.map((_, i) => i);
        whole(sortByKeys(items, keys));
        const pairs = items.map((i) => [keys[i as number], i] as [number, number]); // the items are indexes
        expect(pairs).toEqual(pairs.slice().sort(([a, i], [b, j]) => a - b || i - j));
      }),
    );
  });

  for (const [keys, reason] of [
    [[1, str('a')], "Cannot < incompatible values 1, 'a'"],
    [[str('a'), 1], "Cannot < incompatible values 'a', 1"],
    [[true, false], 'Binary operator < is not defined for values true, false'],
    [[1, 2, null, 3], 'Cannot < incompatible values 2, ?'],
    [[[], []], 'Cannot < incompatible values [], []'],
  ] as [Value[], string][]) {
    it(`has no order for keys like those in ${reason}`, () => {
      expect(() => whole(sortByKeys(keys.slice(), keys))).toThrow(expect.objectContaining({ reason }));
    });
  }

  it('needs no key for a single item', () => {
    const items = [null];
    whole(sortByKeys(items, [null]));
    expect(items).toEqual([null]);
  });
});
