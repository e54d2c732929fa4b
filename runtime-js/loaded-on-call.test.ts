import { expect, it } from '@jest/globals';
import { mailBuiltins } from '../builtins/lib-support/mail-builtins.ts';
import type { Builtin } from '../builtins/registry.ts';
import { digestsOnCall, mailOnCall } from './loaded-on-call.ts';
import { builtins } from './written-digests.ts';

it('stands for each builtin of digests and of the mail libraries', () => {
  const names = (builtins: readonly Builtin[]): string[] => builtins.map(({ name }) => name);
  expect(names(digestsOnCall())).toEqual(names(builtins));
  expect(names(mailOnCall())).toEqual(names(mailBuiltins));
});
