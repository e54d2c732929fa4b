import { expect, it } from '@jest/globals';
import { mailBuiltins } from '../builtins/lib-support/mail-builtins.ts';
import { mailOnCall } from './loaded-on-call.ts';

it('stands for each builtin of the mail libraries', () => {
  expect(mailOnCall().map(({ name }) => name)).toEqual(mailBuiltins.map(({ name }) => name));
});
