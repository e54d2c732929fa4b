/**
 * Programs that nobody would write: the specs, with tokens lost, doubled, exchanged, or grafted from each other.
 *
 * Whatever comes out is compiled, and run if it compiles, without a world and with a limit of steps. Only the language's own errors
 * may come of it. `MAGNOLIA_FUZZ=100000 npx jest language/fuzz` tries more programs, MAGNOLIA_FUZZ_SEED others.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runProgram } from '../../builtins/testing/test-run.ts';
import { type Compiled, compile } from '../runtime/compile.ts';
import { ParseError } from '../syntax/parse-error.ts';
import { Source } from '../syntax/source.ts';
import { Random } from './random-program.ts';

const root = join(__dirname, '../..');
const ROUNDS = Number(process.env.MAGNOLIA_FUZZ ?? 1000);
const SEED = Number(process.env.MAGNOLIA_FUZZ_SEED ?? 1);

function programsIn(folder: string): string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.oak')).map((file) => readFileSync(join(root, folder, file), 'utf8'));
}

/** What a program can import. The rest of the library needs a world, or says so. */
function library(): { [name: string]: Compiled } {
  const names = [
    'std',
    'str',
    'json',
    'sort',
    'fmt',
    'math',
    'math-base',
    'math-geo',
    'math-stats',
    'thread',
    'test',
    'debug',
    'path',
  ];
  return Object.fromEntries(
    names.map((name) => [name, compile(new Source(name, readFileSync(join(root, `lib/${name}.oak`), 'utf8')))]),
  );
}

const TOKEN =
  /\/\/[^\n]*|'(?:[^'\\]|\\.)*'?|[\p{L}_][\p{L}\d_?!]*|\d+(?:\.\d+)?|:=|<-|->|\|>|<<|>>|\.\.\.|\*\*|==|!=|<=|>=|\n|[ \t]+|./gsu;
const ODD = [
  '(',
  ')',
  '{',
  '}',
  '[',
  ']',
  ',',
  '.',
  ':',
  '?',
  '_',
  '...',
  ':=',
  '<-',
  '->',
  '|>',
  '<<',
  '=',
  '==',
  '!',
  '-',
  '~',
  '*',
  '**',
  '\n',
  "'",
  '\\',
  'if',
  'fn',
  'with',
  'cs',
  'true',
  '0',
  '1',
  '-1',
  '9223372036854775807',
  '1e999',
  '0x',
  '1.5',
  "''",
  '{}',
  '[]',
  'self',
  'import',
  '\0',
  '\ufeff',
  '😀',
];

function mutated(random: Random, programs: readonly string[]): string {
  let tokens: string[] = random.pick(programs).match(TOKEN) ?? [];
  for (let n = random.below(4); n >= 0; n--) {
    const at = random.below(tokens.length + 1);
    const to = Math.min(tokens.length, at + 1 + (random.chance(0.3) ? random.below(12) : 0));
    switch (random.below(9)) {
      case 0:
        tokens.splice(at, to - at);
        break;
      case 1:
        tokens.splice(at, 0, ...tokens.slice(at, to));
        break;
      case 2: {
        const other = random.below(tokens.length + 1);
        [tokens[at], tokens[other]] = [tokens[other] ?? '', tokens[at] ?? ''];
        break;
      }
      case 3:
        tokens[at] = random.pick(ODD);
        break;
      case 4:
        tokens.splice(at, 0, random.pick(ODD));
        break;
      case 5: {
        const text = tokens[at] ?? '';
        const i = random.below(text.length + 1);
        tokens[at] = text.slice(0, i) + random.pick(ODD) + text.slice(i + random.below(2));
        break;
      }
      case 6: {
        const donor = random.pick(programs).match(TOKEN) ?? [];
        tokens = [...tokens.slice(0, at), ...donor.slice(random.below(donor.length))];
        break;
      }
      case 7: {
        const donor = random.pick(programs).match(TOKEN) ?? [];
        const from = random.below(donor.length);
        tokens.splice(at, to - at, ...donor.slice(from, from + random.below(20)));
        break;
      }
      default: {
        const name = tokens.filter((token) => /^[a-z]\w*$/i.test(token));
        if (name.length > 0) tokens[at] = random.pick(name);
      }
    }
  }
  return tokens.join('');
}

/** What is wrong with how a program was treated; null if nothing is. */
function complaint(text: string, modules: { [name: string]: Compiled }, fuel: number): string | null {
  try {
    const started = Date.now();
    try {
      compile(new Source('fuzz', text));
    } catch (error) {
      if (!(error instanceof ParseError) || error.reason.startsWith('Too large')) throw error;
      return Date.now() - started > 1000 ? 'took a second to refuse' : null;
    }
    if (Date.now() - started > 1000) return 'took a second to compile';
    runProgram(text, { modules, fuel, looks: 2000 / fuel + 50 });
    return null;
  } catch (error) {
    return String((error as Error).stack);
  }
}

describe('a program with mistakes', () => {
  const programs = [...programsIn('spec/language'), ...programsIn('spec/stdlib'), ...programsIn('lib')];
  const modules = library();

  it(`is refused, or runs as far as it can (${ROUNDS} of them)`, () => {
    for (let i = 0; i < ROUNDS; i++) {
      const text = mutated(new Random(SEED * 1_000_003 + i), programs);
      if (process.env.MAGNOLIA_FUZZ_FILE !== undefined) writeFileSync(process.env.MAGNOLIA_FUZZ_FILE, text); // what hangs can be seen
      const found = complaint(text, modules, [1, 3, 200][i % 3] as number);
      expect(found === null ? null : { program: text, found }).toBeNull();
    }
  }, 3_600_000);
});
