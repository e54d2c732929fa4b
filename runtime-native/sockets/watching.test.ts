/** Looking on at sockets: events for JavaScript programs, lines for people; and the rules on the command line. */
import { spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from '@jest/globals';
import { createRuntime, networkPolicy } from '../index.ts';

const root = resolve(__dirname, '../..');

interface Result {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program with the command line, in the folder of the repository. */
function magnolia(flags: readonly string[], program: string, env: NodeJS.ProcessEnv = {}): Promise<Result> {
  const node = ['--import', './scripts/typescript.mjs', 'scripts/from-sources.ts', '--lib', join(root, 'lib'), ...flags, '-'];
  const child = spawn(process.execPath, node, { cwd: root, env: { ...process.env, ...env } });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk;
  });
  child.stdin.end(program);
  return new Promise((done) => {
    child.on('close', (status) => done({ status, out, err: stripVTControlCharacters(err) }));
  });
}

const CONVERSATION = `
socket := import('socket')
made := socket.selfSigned(['localhost', '127.0.0.1'])
server := socket.serve('127.0.0.1:0', fn(event) {
	socket.recvLine(event.socket)
	socket.close(event.socket)
}, { tls: true, cert: made.cert, key: made.key })
conn := socket.connect(server.local, { tls: true, ca: made.ca }).socket
socket.sendLine(conn, 'a secret')
socket.recv(conn, 1)
socket.close(conn)
server.close()
`;

it('MAGNOLIA_TRACE=net tells everything but data', async () => {
  const { status, out, err } = await magnolia([], CONVERSATION, { MAGNOLIA_TRACE: 'net' });
  expect([status, out]).toEqual([0, '']);
  const lines = err
    .trimEnd()
    .replaceAll(/:\d{4,5}\b/g, ':PORT')
    .split('\n');
  expect(lines.map((line) => line.replace(/TLS_\w+/, 'CIPHER'))).toEqual(
    expect.arrayContaining([
      'net - listen on 127.0.0.1:PORT',
      'net #0 accept from 127.0.0.1:PORT on 127.0.0.1:PORT (TLS)',
      'net #1 connect to 127.0.0.1:PORT from 127.0.0.1:PORT (TLS)',
      'net #1 tls TLSv1.3 CIPHER, verified',
      'net #1 out 10 bytes',
      'net #0 in 10 bytes',
      'net #0 close, 10 bytes in, 0 bytes out',
      'net #1 close, 0 bytes in, 10 bytes out',
      'net - stop listening on 127.0.0.1:PORT',
    ]),
  );
  expect(lines.every((line) => line.startsWith('net '))).toBe(true);
  expect(err).not.toContain('secret');
}, 20_000);

it('without it nothing is reported', async () => {
  expect(await magnolia([], CONVERSATION)).toEqual({ status: 0, out: '', err: '' });
}, 20_000);

for (const [flags, expected] of [
  [['--deny-net=127.0.0.0/8,::1'], [':permission', ':permission', ':permission', ':permission']],
  [
    ['--deny-net', 'localhost:1'],
    [':permission', ':permission', ':ok', ':ok'],
  ],
  [['--allow-net=127.0.0.1:1'], [':refused', ':permission', ':permission', ':permission']],
  [['--allow-net=127.0.0.1'], [':refused', ':permission', ':ok', ':permission']],
  [['--allow-net=localhost:1,127.0.0.1:0'], [':refused', ':refused', ':ok', ':permission']],
  [
    ['--allow-net=localhost', '--deny-net=127.0.0.1:1'],
    [':permission', ':permission', ':ok', ':ok'],
  ],
] as const) {
  it(`magnolia ${flags.join(' ')} keeps to the rules`, async () => {
    const program = `
socket := import('socket')
fn serves(address) { server := socket.serve(address, fn(event) ?), if server.type { :ok -> :ok, _ -> server.code } }
print(string([socket.connect('127.0.0.1:1').code, socket.connect('localhost:1').code, serves('127.0.0.1:0'), serves('localhost:0')]))
exit(0)
`;
    expect(await magnolia(flags, program)).toEqual({ status: 0, out: `[${expected.join(', ')}]`, err: '' });
  }, 20_000);
}

it('magnolia --allow-net with nonsense is wrong usage', async () => {
  const { status, err } = await magnolia(['--allow-net=a b'], '');
  expect([status, err]).toEqual([2, expect.stringContaining('a b is no host, host:port, :port, address/bits or *')]);
}, 20_000);

it('embedders can subscribe to what happens', async () => {
  const told: unknown[] = [];
  const listener = (message: unknown): void => void told.push(message);
  const kinds = ['connect', 'connect-failed', 'listen', 'close', 'bytes'].map((kind) => `magnolia:socket:${kind}`);
  for (const kind of kinds) subscribe(kind, listener);
  const policy = networkPolicy(null, ':1');
  await createRuntime({ network: { backend: 'system', ...policy } }).run(`
    socket := import('socket')
    server := socket.serve('127.0.0.1:0', fn(event) socket.close(event.socket))
    conn := socket.connect(server.local).socket
    socket.send(conn, 'a secret')
    socket.recv(conn, 1)
    socket.close(conn)
    server.close()
    socket.connect('127.0.0.1:1')
  `);
  for (const kind of kinds) unsubscribe(kind, listener);
  expect(told).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'listen' }),
      expect.objectContaining({ kind: 'connect', id: expect.any(Number), tls: false }),
      { id: expect.any(Number), direction: 'out', count: 8 },
      expect.objectContaining({ kind: 'close', bytesOut: 8 }),
      expect.objectContaining({ kind: 'connect-failed', code: 'permission' }),
    ]),
  );
  expect(JSON.stringify(told)).not.toContain('secret');
});
