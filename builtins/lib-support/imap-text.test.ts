import { Str, type Value } from '../../language/values/values.ts';
import { whole } from '../time-slices.ts';
import { imapNumbers, imapValues, openLists } from './imap-text.ts';

function plain(value: Value): unknown {
  if (value instanceof Str) return value.text;
  return Array.isArray(value) ? value.map(plain) : value;
}
const read = (parts: readonly string[], most = 1000): unknown => plain(whole(imapValues(parts, most)));

describe('imapValues', () => {
  for (const [parts, values, count] of [
    [['* 3 EXISTS'], ['*', '3', 'EXISTS'], 0],
    [['(a (b NIL) "c \\"d\\" \\\\")'], [['a', ['b', null], 'c "d" \\']], 3],
    [['(A 1 B x C 2y)'], [['A', '1', 'B', 'x', 'C', '2y']], 2],
    [['(BODY[] {1}', 'x', ')'], [['BODY[]', 'x']], 1],
    [['(a 1 b 1 c 1 d 1 e 1 f 1 g 1)'], [['a', '1', 'b', '1', 'c', '1', 'd', '1', 'e', '1', 'f', '1', 'g', '1']], 1],
    [['BODY[HEADER.FIELDS (A "]")]<0> x'], ['BODY[HEADER.FIELDS (A "]")]<0>', 'x'], 0],
    [['BODY[]{4}', 'a)"b', ' y'], ['BODY[]', 'a)"b', 'y'], 0],
    [['body.peek[]"c"'], ['body.peek[]', 'c'], 0],
    [['bodystructure(a)'], ['bodystructure', ['a']], 0],
  ] as const) {
    it(`reads ${JSON.stringify(parts)}, and counts what is kept`, () => expect(read(parts)).toEqual([values, count]));
  }

  for (const malformed of ['(a', 'a)', '"a', '"a\\"', '('.repeat(200) + ')'.repeat(200)]) {
    it(`refuses ${JSON.stringify(malformed.slice(0, 10))}`, () => expect(read([malformed])).toBeNull());
  }

  it('stops at a limit', () => expect(read(['a b c'], 2)).toEqual([null, 2]));

  it('reads millions of characters in one string, atom or section without a stack for them', () => {
    for (const text of [`"${'x'.repeat(3e6)}"`, 'x'.repeat(3e6), `BODY[${'x'.repeat(3e6)}]`]) {
      expect(whole(imapValues([text], 10))).toHaveLength(2);
    }
  });
});

it('imapNumbers reads the numbers among words, up to a limit', () => {
  expect(whole(imapNumbers('* SEARCH 2 x 30', 2))).toEqual([2, 30]);
  expect(whole(imapNumbers('* SEARCH 2 3 4', 2))).toBeNull();
});

it('openLists counts lists outside of strings', () => {
  expect(openLists('* 1 FETCH (BODY[] {3}', 0)).toBe(1);
  expect(openLists('"(((" ) (', 1)).toBe(1);
  expect(openLists('"(', 1)).toBe(0);
});
