/**
 * The compiled language and the naive evaluator, on some random programs of each kind. `npm run differential` runs as many as are wanted.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { difference, PROGRAM_KINDS, randomProgram } from './differential.ts';

const ROUNDS = 150;

describe('a compiled program does what the naive evaluator does', () => {
  it.each(PROGRAM_KINDS)(
    'when it is one of %s',
    async (kind) => {
      for (let seed = 1; seed <= ROUNDS; seed++) {
        expect(difference(kind, randomProgram(kind, seed))).toBeNull();
        await turn(); // else all units that were compiled stay in memory
      }
    },
    120_000,
  );
});
