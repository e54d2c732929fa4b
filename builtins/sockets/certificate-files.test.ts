import { expect, it } from '@jest/globals';
import type { Machine } from '../../language/runtime/machine.ts';
import type { FileBackend } from '../files.ts';
import { withFiles, withKnownFiles } from './certificate-files.ts';
import type { TlsChoices } from './options.ts';

const NOW_SECONDS = 1_800_000_000;

/** One file, whose reads are counted. */
class OneFile {
  content = 'first';
  modified = NOW_SECONDS - 100;
  looks = 0;
  reads = 0;

  readonly backend = {
    stat: (name, done) => {
      this.looks++;
      done({ kind: 'done', value: { name, bytes: this.content.length, directory: false, modified: this.modified } });
    },
    open: (_path, _mode, _permissions, done) => {
      this.reads++;
      const read = (offset: number, length: number, then: (outcome: unknown) => void) =>
        then({ kind: 'done', value: this.content.slice(offset, offset + length) });
      done({ kind: 'done', value: { read, close: (then: () => void) => then() } as never }); // all that is used of it
    },
  } as FileBackend; // all that is used of it
}

/** A machine whose only thread goes on at once. */
function fakeMachine() {
  let goOn: () => unknown = () => null;
  const clock = { now: 0 };
  const machine = {
    host: { wallTime: () => NOW_SECONDS * 1000, now: () => clock.now },
    block: () => ({}),
    wake() {},
    save: (resume: () => unknown) => {
      goOn = resume;
    },
  };
  return { machine: machine as unknown as Machine, clock, goOn: () => goOn() };
}

/** A program that reads the file as its CA file. */
function reader(file = new OneFile(), withSome = withFiles) {
  const { machine, clock, goOn } = fakeMachine();
  const read = (): unknown => {
    let ca: unknown = null;
    withSome(machine, file.backend, { caFile: 'ca.pem', certFile: null, keyFile: null } as TlsChoices, (choices) => {
      ca = choices.ca;
      return null;
    });
    if (ca === null) goOn();
    return ca;
  };
  return { file, clock, read };
}

it('reads a file once while its size and time stay', () => {
  const { file, read } = reader();
  expect([read(), read(), read()]).toEqual(['first', 'first', 'first']);
  expect(file.reads).toBe(1);
});

it('reads a file again when its size or its time has changed', () => {
  const { file, read } = reader();
  read();
  file.content = 'longer than before';
  expect(read()).toBe('longer than before');
  file.content = 'as long but new...';
  file.modified++;
  expect(read()).toBe('as long but new...');
  expect(file.reads).toBe(3);
});

it('reads a file each time that has just been changed: it may change again within the same second', () => {
  const { file, read } = reader();
  file.modified = NOW_SECONDS - 1;
  read();
  file.content = 'other';
  expect(read()).toBe('other');
});

it('keeps files for one program', () => {
  const { file, read } = reader();
  read();
  reader(file).read();
  expect(file.reads).toBe(2);
});

it('looks at a file once in 100 ms for clients', () => {
  const { file, clock, read } = reader(new OneFile(), withKnownFiles);
  expect([read(), read()]).toEqual(['first', 'first']);
  clock.now = 100;
  expect(read()).toBe('first');
  expect(file.looks).toBe(1);
  file.content = 'changed';
  clock.now = 101;
  expect([read(), read()]).toEqual(['changed', 'changed']);
  expect([file.looks, file.reads]).toEqual([2, 2]);
});
