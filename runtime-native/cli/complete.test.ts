import { dirname, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Session } from '../../language/interpreter.ts';
import { Source } from '../../language/syntax/source.ts';
import { complete } from './complete.ts';
import { NO_SETTINGS } from './no-settings.ts';
import { commandWorld } from './world.ts';

const program = "std := import('std'), socket := import('socket'), object := { firstKey: 1, _second: 2, 'not a word': 3 }";
let session: Session;

beforeAll(async () => {
  const root = resolve(dirname(__filename), '../..');
  session = commandWorld(NO_SETTINGS, []).world.interpreter.session(root);
  await new Promise((done) => session.evaluate(new Source('(test)', program), done));
}, 120_000);

describe('complete', () => {
  for (const [line, words, typed] of [
    ['print(obj', ['object'], 'obj'],
    ['object.', ['_second', 'firstKey'], ''],
    ['object.fi', ['firstKey'], 'fi'],
    ['std.find', ['find'], 'find'],
    ['std._', [], '_'],
    ['std.prin', ['println'], 'prin'],
    ['std.socket', [], 'socket'],
    ['socket.recvL', ['recvLine'], 'recvL'],
    ["std := import('st", ['std', 'str'], 'st'],
    ["import('smtp", ['smtp'], 'smtp'],
    ['import("async/', ['async/event-bus'], 'async/'],
    ["import('std').findL", [], 'findL'],
    ["import('std').fin", ['find'], 'fin'],
    ['x := import("str").spl', ['split'], 'spl'],
    ["str := import('str'), str.spl", ['split'], 'spl'],
    ["socket := import('str')\nsocket.spl", ['split'], 'spl'],
    ["socket := import('nothing'), socket.spl", [], 'spl'],
    ['1 + ', [], ''],
  ] as const) {
    it(`knows what may stand behind ${line}`, () =>
      expect(complete(line.replace(/^.*\n/, ''), session, /^.*\n/.exec(line)?.[0])).toEqual([words, typed]));
  }

  it('names the functions of a module, not the builtins that can be read through it', () => {
    const [words] = complete('std.', session);
    expect(words).toEqual(expect.arrayContaining(['map', 'each', 'reduce']));
    for (const builtin of ['import', 'socket_connect', 'wait']) expect(words).not.toContain(builtin);
  });
});
