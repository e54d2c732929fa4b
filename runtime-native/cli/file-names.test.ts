import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { commonFolder, nameBelow, sourceName } from './file-names.ts';

const { posix, win32 } = path;

describe('names of files in a built program', () => {
  for (const [system, files, folder, names] of [
    [posix, ['/home/me/app/main.oak', '/home/me/app/lib/geo.oak'], '/home/me/app', ['/main.oak', '/lib/geo.oak']],
    [
      posix,
      ['/home/me/app/main.oak', '/home/me/app.oak', '/opt/x.oak'],
      '/',
      ['/home/me/app/main.oak', '/home/me/app.oak', '/opt/x.oak'],
    ],
    [win32, ['C:\\me\\app\\main.oak', 'C:\\me\\lib\\geo.oak'], 'C:\\me', ['/app/main.oak', '/lib/geo.oak']],
    [win32, ['C:\\me\\main.oak', 'c:\\Me\\part.oak'], 'C:\\me', ['/main.oak', '/part.oak']],
    [win32, ['C:\\me\\main.oak', 'D:\\lib\\geo.oak'], null, ['/C/me/main.oak', '/D/lib/geo.oak']],
    [win32, ['\\\\box\\share\\app\\main.oak', '\\\\box\\share\\geo.oak'], '\\\\box\\share\\', ['/app/main.oak', '/geo.oak']],
    [win32, ['\\\\box\\share\\main.oak', '\\\\other\\share\\geo.oak'], null, ['/box/share/main.oak', '/other/share/geo.oak']],
  ] as const) {
    it(`begin at ${folder} for ${files.join(' and ')}`, () => {
      expect(commonFolder(files, system)).toBe(folder);
      expect(files.map((file) => nameBelow(folder, file, system))).toEqual(names);
    });
  }

  it('are addresses in source maps', () => {
    expect(sourceName('/out/app.mjs', '/me/a b/100%.oak', posix)).toBe('../me/a%20b/100%25.oak');
    expect(sourceName('C:\\out\\app.mjs', 'C:\\me\\x.oak', win32)).toBe('../me/x.oak');
    expect(sourceName('C:\\out\\app.mjs', 'D:\\a b\\x.oak', win32)).toBe('file:///D:/a%20b/x.oak');
    expect(sourceName('C:\\app.mjs', '\\\\box\\share\\x.oak', win32)).toBe('file://box/share/x.oak');
  });
});
