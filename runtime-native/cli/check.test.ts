/** The engine of tools/check/ with all that the command knows: no false alarm on what we have, and options as the builtins read them. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Source } from '../../language/syntax/source.ts';
import { Checker } from '../../tools/check/check.ts';
import { libraryManifest } from '../library.ts';
import { nativeCheckWorld } from './check.ts';
import { NO_SETTINGS } from './no-settings.ts';
import { programFiles } from './program-files.ts';

const root = resolve(__dirname, '../..');
const world = nativeCheckWorld(NO_SETTINGS);

/** Pages with snippets that do not stand alone, and programs that are about names that nothing defines. */
const NOT_ALONE = new Set(['docs/stdlib.md']);
const UNDEFINED_ON_PURPOSE = new Set(['docs/language.md']);

function found(source: Source): string[] {
  return new Checker(world).check(source).map(({ code, start, message }) => {
    const { line, column } = source.lineAndColumn(start);
    return `${relative(root, source.file)}:${line}:${column} ${code}: ${message}`;
  });
}

describe('magnolia check has no false alarm', () => {
  for (const folder of ['lib', 'examples', 'spec']) {
    it(`on ${folder}`, () => {
      const files = programFiles([join(root, folder)]).filter((file) => !existsSync(file.replace(/\.oak$/, '.err')));
      const programs = files.filter((file) => !file.endsWith('broken_parse.oak'));
      expect(programs.length).toBeGreaterThan(5);
      expect(programs.flatMap((file) => found(new Source(file, readFileSync(file, 'utf8'))))).toEqual([]);
    });
  }

  it('on the programs of the documentation', () => {
    const pages = ['README.md', ...programFiles([join(root, 'docs')], /\.md$/).map((file) => relative(root, file))];
    const wrong = pages
      .filter((page) => !NOT_ALONE.has(page))
      .flatMap((page) => {
        const programs = readFileSync(join(root, page), 'utf8').matchAll(/^```oak\n(.*?)^```/gms);
        const all = [...programs].flatMap(([, text = ''], i) => found(new Source(join(root, `${page}-${i}.oak`), text)));
        return UNDEFINED_ON_PURPOSE.has(page) ? all.filter((one) => !one.includes(' undefined-name: ')) : all;
      });
    expect(wrong).toEqual([]);
  });
});

/** Read by all that has to do with TLS, and of use on one side only. */
const ONE_SIDE = ['server', 'serverName', 'insecureSkipVerify'];

describe('the options of functions of the socket library', () => {
  const socket = libraryManifest().modules.find(({ names }) => names.includes('socket'));
  const builtinOf = (name: string): string =>
    `socket_${name.replace(/TLS$/, 'tls').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
  for (const { name, options } of socket?.members ?? []) {
    if (options.length === 0) continue;
    it(`${name}: the builtin reads each of them`, () => {
      const read = world.builtins.get(builtinOf(name))?.options?.names ?? world.builtins.get('socket_send')?.options?.names ?? [];
      if (name !== 'selfSigned' && name !== 'pipe') expect(options.filter((option) => !read.includes(option))).toEqual([]);
    });
  }

  for (const name of ['connect', 'listen', 'serve'] as const) {
    it(`${name}: the library documents all that the builtin reads`, () => {
      const documented = socket?.members.find((one) => one.name === name)?.options ?? [];
      const read = world.builtins.get(builtinOf(name))?.options?.names ?? [];
      expect(read.filter((option) => !documented.includes(option) && !ONE_SIDE.includes(option))).toEqual([]);
    });
  }
});
