import { describe, expect, it } from '@jest/globals';
import type { Compiled } from '../language/runtime/compile.ts';
import { Source } from '../language/syntax/source.ts';
import { utf8Encode } from '../language/values/bytes.ts';
import { LoadedPrograms } from './loaded-programs.ts';
import { MemoryFiles } from './memory-files.ts';
import { absolutePath, directoryOf, libraryFirst, memoryModules } from './modules.ts';

function found(path: string, directory = '/'): string | null {
  const files = new MemoryFiles();
  for (const name of ['/a.oak', '/b.mg', '/b.ok', '/lib/c.oak', '/lib/a.mag', '/ü.oak', '/lib/UP.OAK', '/x.conf', '/x.conf.oak'])
    files.put(name, name);
  return memoryModules(files).find(utf8Encode(path), directory)?.key ?? null;
}

describe('modules in memory', () => {
  for (const [path, directory, file] of [
    ['a', '/', '/a.oak'],
    ['a.oak', '/', '/a.oak'],
    ['b', '/', '/b.ok'],
    ['./a', '/lib', '/lib/a.mag'],
    ['../a', '/lib', '/a.oak'],
    ['/a', '/lib', '/a.oak'],
    ['lib/c', '/', '/lib/c.oak'],
    ['lib/../lib/./c', '/', '/lib/c.oak'],
    ['ü', '/', '/ü.oak'],
    ['UP.OAK', '/lib', '/lib/UP.OAK'],
    ['x.conf', '/', '/x.conf.oak'],
    ['a.mg', '/', null],
    ['lib', '/', null],
    ['nope', '/', null],
  ] as const) {
    it(`returns ${file ?? 'nothing'} for ${path} in ${directory}`, () => {
      expect(found(path, directory)).toBe(file);
    });
  }

  it('are read when they are imported, with their own directory', () => {
    const files = new MemoryFiles();
    files.put('/lib/m.oak', "x := 'é'");
    const module = memoryModules(files).find('lib/m', '/');
    expect(module).toMatchObject({ key: '/lib/m.oak', directory: '/lib', library: false });
    expect(module?.load()).toEqual(new Source('/lib/m.oak', "x := 'é'"));
  });

  it('come after the library', () => {
    const files = new MemoryFiles();
    files.put('/std.oak', '1');
    files.put('/mine.oak', '2');
    const std = { key: 'lib:std', directory: '/', library: true, load: () => new Source('std', '3') };
    const finder = libraryFirst(
      { names: () => ['std'], find: (name) => (name === 'std' ? std : null) } as Parameters<typeof libraryFirst>[0],
      memoryModules(files),
    );
    expect([finder.find('std', '/')?.key, finder.find('./std', '/')?.key, finder.find('mine', '/')?.key]).toEqual([
      'lib:std',
      '/std.oak',
      '/mine.oak',
    ]);
  });
});

describe('paths', () => {
  it('start at the root', () => {
    expect([absolutePath('a', '/'), absolutePath('../../a', '/b'), absolutePath('/a/./b', '/c')]).toEqual(['/a', '/a', '/a/b']);
    expect([directoryOf('/a/b.oak'), directoryOf('/b.oak')]).toEqual(['/a', '/']);
  });
});

describe('LoadedPrograms', () => {
  it('returns each program once, and asks another finder for all else', () => {
    const programs = new LoadedPrograms({
      find: (path) => ({ key: path, directory: '/', library: false, load: () => new Source(path, '') }),
    });
    const compiled = {} as Compiled; // nothing looks into it
    const path = programs.add(compiled, '/here');
    expect(programs.add(compiled, '/there')).not.toBe(path);
    const program = programs.find(path, '/');
    expect([program?.directory, program?.load()]).toEqual(['/here', compiled]);
    expect(programs.find('other', '/')?.key).toBe('other');
  });
});
