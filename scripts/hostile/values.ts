/** Arguments that cost much: long texts of what parsers stumble over, large lists, values that share parts or hold themselves. */
import { atom, Float, obj, str, type Value } from '../../language/values/values.ts';

const repeated = (unit: string, count: number) => (): Value => str(unit.repeat(count));
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Each call makes a new value: functions may change what they are given. */
export const VALUES: { readonly [name: string]: () => Value } = {
  letters: repeated('a', 1_000_000),
  lines: repeated('a\n', 500_000),
  blanks: repeated(' \t\r\n', 250_000),
  quotes: repeated('"\\', 500_000),
  brackets: repeated('[', 1_000_000),
  braces: repeated('{"a":', 200_000),
  parens: repeated('(', 1_000_000),
  words: repeated('=?a?B?x', 140_000),
  headers: repeated('A: b\r\n', 170_000),
  percents: repeated('%f', 500_000),
  dots: repeated('../a/', 200_000),
  fields: repeated('{{ 0 }}', 140_000),
  digits: repeated('9', 1_000_000),
  commas: repeated('a@b,', 250_000),
  amps: repeated('&a=', 330_000),
  high: repeated('\xff', 1_000_000),
  ints: () => numbers(300_000),
  texts: () => numbers(100_000).map(() => str('ab')),
  pairs: () => numbers(50_000).map((n) => [str('ab'), n]),
  keys: () => obj(Object.fromEntries(numbers(20_000).map((n) => [`k${n}`, n]))),
  shared: () => numbers(40).reduce<Value>((xs) => [xs, xs], [1]),
  sharedObject: () => numbers(40).reduce<Value>((x) => obj({ a: x, b: x }), 1),
  cycle: () => {
    const list: Value[] = [1, 2];
    list.push(list);
    return list;
  },
  cyclicObject: () => {
    const made = obj({ a: 1 });
    made.self = made;
    return made;
  },
  deep: () => numbers(100_000).reduce<Value>((xs) => [xs], []),
  largest: () => 9223372036854775807n,
  smallest: () => -9223372036854775808n,
  notANumber: () => new Float(Number.NaN),
  infinite: () => new Float(Number.POSITIVE_INFINITY),
  minus: () => -1,
  nothing: () => null,
  atom: () => atom('a'),
};

/** Small values that functions usually take, beside a hostile one, as program text. */
const PLAIN = ["'a'", '1', 'fn(x) x', "['a']", '{a: 1}', ':a'];

/** Lists of arguments for a function of `count` parameters, as program text. `isWanted` picks some of them. */
export function* argumentLists(count: number, isWanted: () => boolean): Generator<string> {
  const places = Math.max(1, Math.min(count, 4));
  const row = (argument: (place: number) => string): string => Array.from({ length: places }, (_, i) => argument(i)).join(', ');
  for (const name of Object.keys(VALUES)) {
    const hostile = `hostile('${name}')`;
    if (isWanted()) yield row(() => hostile);
    if (places === 1) continue;
    for (let place = 0; place < places; place++) {
      for (const plain of PLAIN) {
        if (isWanted()) yield row((i) => (i === place ? hostile : plain));
      }
    }
  }
}
