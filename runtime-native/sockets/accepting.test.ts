/** Too many clients at once: for the program, and for the system. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { traceFrom } from './trace.ts';

const root = resolve(__dirname, '../..');
const cli = join(root, 'scripts/from-sources.ts');

/** A server that echoes a line and tells the errors of its listener; it ends when a client says so. */
const ECHO = `
socket := import('socket')
server := socket.serve('127.0.0.1:0', fn(event) if event.type {
	:error -> print(event.error + '\\n')
	_ -> {
		line := socket.recvLine(event.socket)
		socket.sendLine(event.socket, 'echo ' + string(line.data))
		socket.close(event.socket)
		if line.data { 'end' -> exit(0) }
	}
})
print('at ' + server.local + '\\n')
`;

/** Runs a program with few descriptors. */
function run(program: string, descriptors: number) {
  const folder = mkdtempSync(join(tmpdir(), 'magnolia-accept-'));
  writeFileSync(join(folder, 'server.oak'), program);
  const node = [process.execPath, '--import', join(root, 'scripts/typescript.mjs'), cli, '--lib', join(root, 'lib')].join(' ');
  const child = spawn('sh', ['-c', `ulimit -n ${descriptors}; exec ${node} ${join(folder, 'server.oak')}`], { cwd: root });
  let out = '';
  let tell = (): void => {};
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
    tell();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    out += chunk;
    tell();
  });
  const printed = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((done) => {
      tell = () => {
        const found = pattern.exec(out);
        if (found !== null) done(found);
      };
      tell();
    });
  const ended = new Promise<number | null>((done) => child.on('close', done));
  void ended.then(() => rmSync(folder, { recursive: true }));
  return { printed, ended, output: () => out, stop: () => child.kill() };
}

const streams: Socket[] = [];
afterEach(async () => {
  for (const stream of streams.splice(0)) {
    if (stream.closed) continue;
    const closed = new Promise((done) => stream.once('close', done));
    stream.destroy();
    await closed;
  }
});

function dial(port: number): Socket {
  const stream = connect(port, '127.0.0.1').on('error', () => {});
  streams.push(stream);
  return stream;
}

function ask(port: number, line: string): Promise<string> {
  return new Promise((done) => {
    let answer = '';
    const stream = dial(port);
    stream.on('data', (chunk) => {
      answer += chunk;
    });
    stream.on('close', () => done(answer));
    stream.write(`${line}\n`);
  });
}

it('survives more clients than there are descriptors, tells its handler, and serves again afterwards', async () => {
  const server = run(ECHO, 64);
  const [, port] = await server.printed(/at 127\.0\.0\.1:(\d+)/);
  const crowd = Array.from({ length: 200 }, () => dial(Number(port)));
  await server.printed(/Temporary socket accept error: accept tcp 127\.0\.0\.1:\d+: accept4: too many open files\n/);
  for (const stream of crowd) stream.destroy();
  let answer = '';
  while (answer === '') answer = await ask(Number(port), 'hello');
  expect(answer).toBe('echo hello\r\n');
  await ask(Number(port), 'end');
  expect(await server.ended).toBe(0);
  expect(server.output().match(/Temporary/g)?.length).toBeLessThan(10);
}, 30_000);

it('has clients above maxConnections wait, and drops them when it stops', async () => {
  const server = run(ECHO.replace('\n})\nprint', '\n}, { maxConnections: 1 })\nprint'), 256);
  const [, port] = await server.printed(/at 127\.0\.0\.1:(\d+)/);
  const first = dial(Number(port));
  await new Promise((done) => first.once('connect', done));
  const answers = [ask(Number(port), 'one'), ask(Number(port), 'two')];
  const gone = dial(Number(port)); // goes away while it waits
  gone.once('connect', () => gone.destroy());
  first.write('first\n');
  expect(await Promise.all(answers)).toEqual(['echo one\r\n', 'echo two\r\n']);
  server.stop();
  await server.ended;
}, 30_000);

it('writes a line for each event to standard error when asked, and no control characters of others', () => {
  let lines = '';
  const write = (line: string): void => {
    lines += line;
  };
  expect(traceFrom(undefined, write)).toBeNull();
  expect(traceFrom('ticks', write)).toBeNull();
  const watch = traceFrom('net', write);
  watch?.tell({ kind: 'connect-failed', address: 'a\n#1 b:1', code: 'dns', reason: 'no such host' });
  watch?.tell({ kind: 'tls', id: 3, protocol: 'TLSv1.3', cipher: 'C', verified: true, resumed: false });
  watch?.bytes(3, 'out', 12);
  watch?.tell({ kind: 'close', id: 3, bytesIn: 1, bytesOut: 12 });
  expect(lines).toBe(
    [
      'net - connect to a?#1 b:1 failed (dns): no such host',
      'net #3 tls TLSv1.3 C, verified',
      'net #3 out 12 bytes',
      'net #3 close, 1 bytes in, 12 bytes out\n',
    ].join('\n'),
  );
});
