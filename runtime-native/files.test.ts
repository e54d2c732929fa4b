import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fileBuiltins } from '../builtins/files.ts';
import { Registry } from '../builtins/registry.ts';
import { type Script, TestProgram } from '../builtins/testing/test-program.ts';
import { display, toText } from '../language/runtime/render.ts';
import { atom, type Obj, type Str, str, type Value } from '../language/values/values.ts';
import { nodeFiles } from './files.ts';
import { NodeHost } from './host.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'magnolia-files-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Results of calls, one after the other in one thread. */
async function results(...calls: readonly (readonly [string, ...unknown[]])[]): Promise<string[]> {
  const shown: string[] = [];
  await run(function* (program) {
    for (const [name, ...args] of calls) shown.push(display(yield program.call(name, ...args)).replaceAll(directory, 'DIR'));
  });
  return shown;
}

async function run(...scripts: ((program: TestProgram) => Script)[]): Promise<void> {
  const program = new TestProgram(new Registry().add(fileBuiltins(nodeFiles)), new NodeHost());
  for (const script of scripts) program.start(() => script(program));
  await program.end;
  expect(program.failures).toEqual([]);
}

const at = (name: string): ReturnType<typeof str> => str(`${directory}/${name}`);

describe('open, read, write, close', () => {
  it('write at a place, at the end, and beyond it', async () => {
    const fd = 3; // the first one of a machine
    expect(
      await results(
        ['open', at('f')],
        ['write', fd, 0, str('hello')],
        ['read', fd, 0, 10],
        ['read', fd, 2, 2],
        ['read', fd, 99, 5],
        ['read', fd, 0, 0],
        ['write', fd, -1, str('!!')],
        ['write', fd, 1, str('EY')],
        ['write', fd, 9, str('\xff')],
        ['read', fd, 0, 99],
        ['read', fd, -1, 1],
        ['read', fd, 2n ** 60n, 1],
        ['write', fd, -2, str('x')],
        ['write', fd, 2n ** 60n, str('x')],
        ['close', fd],
        ['close', fd],
        ['read', fd, 0, 1],
      ),
    ).toEqual([
      '{fd: 3, type: :file}',
      '{type: :end}',
      "{data: 'hello', type: :data}",
      "{data: 'll', type: :data}",
      "{data: '', type: :data}",
      "{data: '', type: :data}",
      '{type: :end}',
      '{type: :end}',
      '{type: :end}',
      "{data: 'hEYlo!!\x00\x00\xff', type: :data}",
      "{error: 'Error reading file during seek: seek DIR/f: invalid argument', type: :error}",
      "{data: '', type: :data}",
      "{error: 'Error writing file during seek: seek DIR/f: invalid argument', type: :error}",
      "{error: 'Error writing file: write DIR/f: file too large', type: :error}",
      '{type: :end}',
      "{error: 'Unknown fd 3', type: :error}",
      "{error: 'Unknown fd 3', type: :error}",
    ]);
  });

  it('keep the flags apart', async () => {
    writeFileSync(join(directory, 'f'), 'abc');
    expect(
      await results(
        ['open', at('f'), atom('append')],
        ['write', 3, 0, str('def')],
        ['open', at('f'), atom('readonly')],
        ['read', 4, 0, 9],
        ['write', 4, 0, str('x')],
        ['open', at('f'), atom('truncate')],
        ['read', 5, 0, 9],
        ['open', at('missing'), atom('readonly')],
        ['open', at('made'), atom('readwrite'), 0o600],
        ['open', at('.')],
        ['open', at('.'), atom('readonly')],
        ['read', 7, 0, 1],
        ['open', str('')],
        ['open', str('a\0b')],
        ['close', 3],
        ['close', 4],
        ['close', 5],
        ['close', 6],
        ['close', 7],
      ),
    ).toEqual([
      '{fd: 3, type: :file}',
      '{type: :end}',
      '{fd: 4, type: :file}',
      "{data: 'abcdef', type: :data}",
      "{error: 'Error writing file: write DIR/f: bad file descriptor', type: :error}",
      '{fd: 5, type: :file}',
      "{data: '', type: :data}",
      "{error: 'Could not open file: open DIR/missing: no such file or directory', type: :error}",
      '{fd: 6, type: :file}',
      "{error: 'Could not open file: open DIR/.: is a directory', type: :error}",
      '{fd: 7, type: :file}',
      "{error: 'Error reading file: read DIR/.: is a directory', type: :error}",
      "{error: 'Could not open file: open : no such file or directory', type: :error}",
      "{error: 'Could not open file: open a\0b: invalid argument', type: :error}",
      ...Array.from({ length: 5 }, () => '{type: :end}'),
    ]);
  });

  it('read all of a large file at once, and all byte values', async () => {
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)).repeat(2000);
    await run(function* (program) {
      const { fd } = (yield program.call('open', at('large'))) as Obj;
      yield program.call('write', fd, 0, str(all));
      const read = (yield program.call('read', fd, 0, 2n ** 60n)) as Obj;
      expect((read.data as Str).text === all).toBe(true);
      yield program.call('close', fd);
    });
    expect(readFileSync(join(directory, 'large'), 'latin1') === all).toBe(true);
  });

  it('append at the end from many threads without a loss', async () => {
    await run(function* (program) {
      const { fd } = (yield program.call('open', at('log'))) as Obj;
      let left = 50;
      for (let i = 0; i < 50; i++) {
        program.start(function* () {
          yield program.call('write', fd, -1, str(`${i}\n`));
          if (--left === 0) yield program.call('close', fd);
        });
      }
    });
    const lines = readFileSync(join(directory, 'log'), 'latin1').trimEnd().split('\n').map(Number);
    expect(lines.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('close after what was begun before', async () => {
    const seen: string[] = [];
    await run(function* (program) {
      writeFileSync(join(directory, 'f'), 'abc');
      const { fd } = (yield program.call('open', at('f'))) as Obj;
      program.start(function* () {
        seen.push(display(yield program.call('read', fd, 0, 9)));
      });
      program.start(function* () {
        seen.push(display(yield program.call('close', fd)));
      });
    });
    expect(seen).toEqual(["{data: 'abc', type: :data}", '{type: :end}']);
  });
});

describe('directories', () => {
  it('are made with those above, listed in order, and removed with all in them', async () => {
    const odd = str(`${directory}/d/\xff\xfe`);
    writeFileSync(join(directory, 'file'), 'abc');
    const shown = await results(
      ['mkdir', at('d/e')],
      ['mkdir', at('d/e')],
      ['mkdir', odd],
      ['ls', at('d')],
      ['mkdir', at('file')],
      ['ls', at('none')],
      ['ls', at('file')],
      ['stat', at('file')],
      ['stat', at('d/e/')],
      ['stat', at('none')],
      ['stat', at('file/x')],
      ['rm', at('d')],
      ['rm', at('d')],
      ['rm', at('.')],
      ['ls', at('')],
    );
    expect(shown.map((line) => line.replace(/(len|mod): \d+/g, '$1: N'))).toEqual([
      '{type: :end}',
      '{type: :end}',
      '{type: :end}',
      "{data: [{dir: true, len: N, mod: N, name: 'e'}, {dir: true, len: N, mod: N, name: '\xff\xfe'}], type: :data}",
      "{error: 'Could not make a new directory DIR/file: mkdir DIR/file: not a directory', type: :error}",
      "{error: 'Could not list directory DIR/none: open DIR/none: no such file or directory', type: :error}",
      "{error: 'Could not list directory DIR/file: readdirent DIR/file: not a directory', type: :error}",
      "{data: {dir: false, len: N, mod: N, name: 'file'}, type: :data}",
      "{data: {dir: true, len: N, mod: N, name: 'e'}, type: :data}",
      '{data: ?, type: :data}',
      "{error: 'Could not stat file DIR/file/x: stat DIR/file/x: not a directory', type: :error}",
      '{type: :end}',
      '{type: :end}',
      "{error: 'Could not remove DIR/.: RemoveAll DIR/.: invalid argument', type: :error}",
      "{data: [{dir: false, len: N, mod: N, name: 'file'}], type: :data}",
    ]);
  });

  it('with many entries and a broken link are listed completely', async () => {
    const many = Array.from({ length: 300 }, (_, i) => `f${String(i).padStart(3, '0')}`);
    for (const name of many) writeFileSync(join(directory, name), name);
    symlinkSync('nowhere', join(directory, 'link'));
    await run(function* (program) {
      const found = ((yield program.call('ls', str(directory))) as Obj).data as Obj[];
      expect(found.map(({ name }) => toText(name))).toEqual([...many, 'link']);
      expect(found[0]?.len).toBe(4);
    });
  });

  it('rm does not follow a link', async () => {
    mkdirSync(join(directory, 'real'));
    writeFileSync(join(directory, 'real', 'kept'), '');
    symlinkSync('real', join(directory, 'link'));
    expect(await results(['rm', at('link')])).toEqual(['{type: :end}']);
    expect(readdirSync(join(directory, 'real'))).toEqual(['kept']);
  });
});

it('a callback gets the result, and other threads run meanwhile', async () => {
  const seen: string[] = [];
  await run(function* (program) {
    const callback = (result: Value): Value => {
      seen.push(display(result));
      return null;
    };
    seen.push(display(yield program.call('stat', at('none'), callback)));
    seen.push('goes on');
  });
  expect(seen).toEqual(['?', 'goes on', '{data: ?, type: :data}']);
});

it('without a backend every file builtin answers an error that names it', () => {
  const program = new TestProgram(new Registry().add(fileBuiltins(null)));
  for (const name of ['ls', 'stat', 'mkdir', 'rm', 'open', 'close', 'read', 'write']) {
    expect(display(program.call(name)() as Value)).toBe(`{error: '${name}() unavailable in this runtime', type: :error}`);
  }
});
