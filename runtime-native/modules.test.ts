import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { utf8Encode } from '../language/values/bytes.ts';
import { nativeLibrary } from './modules.ts';

const folder = mkdtempSync(join(tmpdir(), 'magnolia-lib-'));
for (const file of [
  'Linux.oak',
  'image-bmp.oak',
  'Both.oak',
  'both.oak',
  'async/event-bus.oak',
  'net/chat.oak',
  'net/chat/parts.oak',
  'old.mag',
  'größe #1.oak',
]) {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), `name := '${file}'\n`);
}
afterAll(() => rmSync(folder, { recursive: true }));

describe('a folder of library modules', () => {
  const library = nativeLibrary(folder);
  const facts: [name: string, file: string | undefined, fromLibrary?: boolean][] = [
    ['Linux', 'Linux.oak'],
    ['linux', 'Linux.oak'],
    [utf8Encode('größe #1'), 'größe #1.oak'],
    ['bmp', 'image-bmp.oak'],
    ['BMP', 'image-bmp.oak'],
    ['both', 'both.oak'],
    ['Both', 'Both.oak'],
    ['async/event-bus', 'async/event-bus.oak'],
    ['event-bus', 'async/event-bus.oak'],
    ['chat', 'net/chat.oak'],
    ['net/chat/parts', undefined],
    ['net/chat/parts', 'net/chat/parts.oak', true],
    ['parts', undefined, true],
    ['old', 'old.mag'],
    ['../x', undefined],
    ['no-such-module', undefined],
  ];
  for (const [name, file, fromLibrary = false] of facts) {
    it(`${fromLibrary ? 'for the library, ' : ''}${name} is ${file ?? 'not there'}`, () => {
      expect(library.find(name, fromLibrary)?.key).toBe(file === undefined ? undefined : join(folder, file));
    });
  }

  it('comes before the library that was built in, which has the rest', () => {
    expect(library.find('std')?.key).toBe('lib:std');
  });
});
