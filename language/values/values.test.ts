import { describe, expect, it } from '@jest/globals';
import { asBytes } from './bytes.ts';
import { Str } from './values.ts';

describe('a string of an array of bytes', () => {
  const made = (): Str => Str.ofBytes(Uint8Array.from([0, 97, 255, 98]));

  it('is the string of the same text', () => {
    const string = made();
    expect([string.length, string.codeAt(2), string.text, string.length]).toEqual([4, 255, '\0a\xffb', 4]);
    expect(Str.ofBytes(new Uint8Array(0)).text).toBe('');
  });

  it('can be changed in place, whether its text was asked for or not', () => {
    for (const looks of [false, true]) {
      const string = made();
      if (looks) expect(string.text).toHaveLength(4);
      string.append(asBytes('cd'));
      string.write(1, asBytes('X'));
      string.write(5, asBytes('YZ'));
      string.append(asBytes('e'.repeat(100)));
      expect(string.text).toBe(`\0X\xffbcYZ${'e'.repeat(100)}`);
    }
  });

  it('never changes what it has shared', () => {
    const string = made();
    const shared = string.shareBytes();
    string.append(asBytes('more'));
    string.write(0, asBytes('X'));
    string.write(1, asBytes('Y'));
    expect([...shared]).toEqual([0, 97, 255, 98]);
    expect(string.text).toBe('XY\xffbmore');
  });

  it('is made of text, too', () => {
    const string = new Str(asBytes('abc\xff'));
    expect([...string.shareBytes(), string.text]).toEqual([97, 98, 99, 255, 'abc\xff']);
    string.append(asBytes('d'));
    expect([...string.shareBytes(), string.text]).toEqual([97, 98, 99, 255, 100, 'abc\xffd']);
  });
});
