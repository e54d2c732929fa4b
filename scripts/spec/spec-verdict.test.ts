import { differences, type Expected, type Outcome } from './spec-verdict.ts';

const expected = (rest: Partial<Expected>): Expected => ({
  out: Buffer.from('a\n'),
  err: undefined,
  code: 0,
  silent: false,
  ...rest,
});
const outcome = (rest: Partial<Outcome>): Outcome => ({ out: Buffer.from('a\n'), err: '', code: 0, ...rest });

describe('a spec', () => {
  for (const [what, want, got, holds] of [
    ['the same bytes', {}, {}, true],
    ['a missing line end', {}, { out: Buffer.from('a') }, false],
    ['bytes that are no UTF-8', { out: Buffer.from([0xff]) }, { out: Buffer.from([0xfe]) }, false],
    ['exit status 1 without .err', {}, { code: 1 }, false],
    ['exit status 0 with an empty .err', { err: [], code: 1 }, {}, false],
    ['a coloured line of .err', { err: ['bad [1:2]'], code: 1 }, { code: 1, err: '\x1b[31mbad\x1b[0m [1:2]\n' }, true],
    ['a line of .err that is missing', { err: ['bad', '[1:2]'], code: 1 }, { code: 1, err: 'bad' }, false],
    ['words on standard error', {}, { err: 'by the way' }, true],
    ['words on standard error where silence is asked for', { silent: true }, { err: 'by the way' }, false],
    ['a status of its own from .code', { code: 3 }, { code: 3 }, true],
  ] as [string, Partial<Expected>, Partial<Outcome>, boolean][]) {
    it(`${holds ? 'holds' : 'fails'} with ${what}`, () => {
      expect(differences(expected(want), outcome(got)).length === 0).toBe(holds);
    });
  }
});
