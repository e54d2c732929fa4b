import { describe, expect, it } from '@jest/globals';
import type { OpenFile, OpenMode, Outcome } from '../builtins/files.ts';
import { MemoryFiles } from './memory-files.ts';

/** What a method that answers at once has answered: its value, or the cause of its failure. */
function answer<T>(ask: (done: (outcome: { kind: string; value?: T; cause?: string }) => void) => void): T | string | undefined {
  let given: T | string | undefined;
  ask((outcome) => {
    given = outcome.kind === 'done' ? outcome.value : outcome.cause;
  });
  return given;
}

function opened(files: MemoryFiles, path: string, mode: OpenMode): OpenFile {
  let file: OpenFile | undefined;
  files.open(path, mode, 0o644, (outcome: Outcome<OpenFile>) => {
    if (outcome.kind === 'done') file = outcome.value;
  });
  if (file === undefined) throw new Error(`could not open ${path}`);
  return file;
}

const someFiles = () => new MemoryFiles({ 'a.txt': 'abc', '/data/b/c.txt': 'c', '/data/é': new Uint8Array([255]) });

describe('files in memory', () => {
  it('are found by every spelling of their path', () => {
    const files = new MemoryFiles({ 'x/y': '1', '/z': '2' }, '/home/ann');
    for (const path of ['x/y', './x/./y', '/home/ann/x/y', '../ann//x/y', '/../home/ann/x/y']) expect(files.text(path)).toBe('1');
    expect([files.text('../../z'), files.text('z'), files.paths()]).toEqual(['2', null, ['/home/ann/x/y', '/z']]);
  });

  it('are listed by name', () => {
    const files = someFiles();
    const names = (path: string) => answer((done) => files.list(path, done));
    expect(names('/')).toMatchObject([
      { name: 'a.txt', bytes: 3, directory: false },
      { name: 'data', directory: true },
    ]);
    expect(names('/data')).toMatchObject([{ name: 'b' }, { name: '\xc3\xa9', bytes: 1 }]);
    expect([names('nowhere'), names('a.txt')]).toEqual([
      'open nowhere: no such file or directory',
      'readdirent a.txt: not a directory',
    ]);
  });

  it('can be renamed, replaced and synced', () => {
    const files = someFiles();
    const rename = (from: string, to: string) => answer((done) => files.rename(from, to, done));
    expect(rename('a.txt', '/data/a.txt')).toBe(null);
    expect(rename('/data/a.txt', '/data/b/c.txt')).toBe(null);
    expect(rename('/data/b', '/other')).toBe(null);
    expect([files.paths(), files.text('/other/c.txt')]).toEqual([['/data/é', '/other/c.txt'], 'abc']);
    for (const [from, to, why] of [
      ['none', 'x', 'no such file or directory'],
      ['/other/c.txt', '/none/x', 'no such file or directory'],
      ['/other/c.txt', '/data', 'file exists'],
      ['/other', '/other/inner', 'invalid argument'],
      ['/other', '/data', 'directory not empty'],
      ['/other', '/data/\xc3\xa9/x', 'not a directory'],
      ['/', '/x', 'device or resource busy'],
      ['/other/c.txt', '', 'no such file or directory'],
      ['/other/c.txt', 'a\0b', 'invalid argument'],
    ] as const) {
      expect(rename(from, to)).toBe(`rename ${from} ${to}: ${why}`);
    }
    expect(answer((done) => files.replace('/other/c.txt', 'new', done))).toBe(null);
    expect(answer((done) => files.replace('/data', 'new', done))).toBe('open /data: is a directory');
    expect([files.text('/other/c.txt'), answer((done) => files.sync('/other', done))]).toEqual(['new', null]);
    expect(answer((done) => files.sync('none', done))).toBe('fsync none: no such file or directory');
  });

  for (const [path, mode, cause] of [
    ['nowhere', 'readonly', 'open nowhere: no such file or directory'],
    ['no/file', 'readwrite', 'open no/file: no such file or directory'],
    ['a.txt/b', 'readwrite', 'open a.txt/b: not a directory'],
    ['a.txt/', 'readonly', 'open a.txt/: not a directory'],
    ['data', 'append', 'open data: is a directory'],
    ['new/', 'readwrite', 'open new/: no such file or directory'],
    ['', 'readwrite', 'open : no such file or directory'],
    ['a\0b', 'readwrite', 'open a\0b: invalid argument'],
  ] as const) {
    it(`cannot be opened as ${JSON.stringify(path)}, ${mode}`, () => {
      expect(answer((done) => someFiles().open(path, mode, 0, done))).toBe(cause);
    });
  }

  it('are read and written at any place', () => {
    const files = someFiles();
    const file = opened(files, 'a.txt', 'readwrite');
    expect(answer((done) => file.read(1, 9, done))).toBe('bc');
    expect(answer((done) => file.read(3, 9, done))).toBe('');
    expect(answer((done) => file.write(5, 'f', done))).toBe(null);
    expect(answer((done) => file.write('end', 'g', done))).toBe(null);
    expect(answer((done) => file.write(0, 'A', done))).toBe(null);
    expect(files.text('a.txt')).toBe('Abc\0\0fg');
    answer((done) => opened(files, 'a.txt', 'append').write(0, '!', done));
    expect(files.text('a.txt')).toBe('Abc\0\0fg!');
    opened(files, 'a.txt', 'truncate');
    expect(files.text('a.txt')).toBe('');
    expect(answer((done) => opened(files, 'a.txt', 'readonly').write(0, 'x', done))).toBe('write a.txt: bad file descriptor');
    expect(answer((done) => opened(files, 'data', 'readonly').read(0, 1, done))).toBe('read data: is a directory');
  });

  it('stand in directories that are made and removed with all that is in them', () => {
    const files = someFiles();
    expect(answer((done) => files.makeDirectory('x/y/z', done))).toBe(null);
    expect(answer((done) => files.makeDirectory('x', done))).toBe(null);
    expect(answer((done) => files.makeDirectory('a.txt/x', done))).toBe('mkdir a.txt/x: not a directory');
    expect(answer((done) => files.stat('x/y', done))).toMatchObject({ name: 'y', directory: true });
    for (const path of ['x', 'data', 'nowhere', '']) expect(answer((done) => files.remove(path, done))).toBe(null);
    expect(answer((done) => files.stat('x/y', done))).toBe(null);
    expect(answer((done) => files.remove('.', done))).toBe('RemoveAll .: invalid argument');
    expect(files.paths()).toEqual(['/a.txt']);
  });

  it('cannot be put where a directory is, nor below a file', () => {
    const files = someFiles();
    for (const path of ['/', 'data', 'a.txt/b']) expect(() => files.put(path, '')).toThrow('There cannot be a file at');
  });
});
