/** The command `magnolia gateway` as a process: how it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { PROTOCOL, TOKEN_PREFIX } from '../../builtins/sockets/tunnel/frames.ts';

const cli = join(resolve(dirname(__filename), '../..'), 'dist/cli.cjs');

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('magnolia gateway', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'tells its pages when %s ends it',
    async (signal) => {
      const child = spawn(process.execPath, [cli, 'gateway', '--listen', '127.0.0.1:0', '--allow-net', 'localhost'], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      children.push(child);
      const ended = once(child, 'close');
      let said = '';
      const link = await new Promise<RegExpExecArray>((done) => {
        child.stderr.on('data', (text) => {
          said += text;
          const found = /(ws:\S+)#(\S+)/.exec(said);
          if (found !== null) done(found);
        });
      });
      const [, url = '', token = ''] = link;
      const page = new WebSocket(url, [PROTOCOL, TOKEN_PREFIX + token]);
      await once(page, 'open');
      child.kill(signal);
      const [code] = await once(page, 'close');
      expect([code, await ended]).toEqual([1001, [0, null]]);
    },
    30_000,
  );
});
