/** What the system is told about each connection: no waiting for more to send, and probes of a peer that is silent. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-wire-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const works = (...command: string[]): boolean => spawnSync(command[0] ?? '', command.slice(1)).status === 0;

/** A connection with both ends in one program, made and closed. */
const program = (options: string): string => `
  socket := import('socket')
  accepted := make_chan(1)
  options := ${options}
  server := socket.serve('127.0.0.1:0', fn(event) chan_send(accepted, event.socket), options)
  client := socket.connect(server.local, options).socket
  served := chan_recv(accepted).data
  print(server.local + ' ' + socket.info(client).local)
  wait(0.3)
  socket.close(served)
  socket.close(client)
  server.close()`;

/** Runs it under the command that is given; `print`ed text is handed over when it comes. */
function run(text: string, before: readonly string[], printed: (line: string) => void): Promise<void> {
  const node = ['--import', './scripts/typescript.mjs', 'scripts/from-sources.ts', '--lib', join(root, 'lib'), '-'];
  const [file = '', ...args] = [...before, process.execPath, ...node];
  const child = spawn(file, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.on('data', (chunk: Buffer) => printed(chunk.toString()));
  child.stdin.end(text);
  return new Promise((done) => child.on('close', () => done()));
}

/** The calls of `setsockopt` that matter, as `NAME value`, in alphabetical order. */
async function settings(options: string): Promise<string[]> {
  const log = join(folder, 'trace');
  await run(program(options), ['strace', '-f', '-e', 'trace=setsockopt', '-o', log], () => {});
  const calls = readFileSync(log, 'latin1').matchAll(/(TCP_NODELAY|SO_KEEPALIVE|TCP_KEEPIDLE), \[(\d+)\]/g);
  return [...calls].map(([, name, value]) => `${name} ${value}`).sort();
}

// In a container that allows no tracing, strace is there and does not work.
const canTrace = works('strace', '-o', '/dev/null', 'true');
if (!canTrace) console.warn('SKIPPED: noDelay and keepAlive are not watched on their way to the system (apt-get install strace)');
const traced = canTrace ? it : it.skip;

traced('by default both ends send at once and probe after 15 s', async () => {
  const both = (setting: string): string[] => [setting, setting];
  expect(await settings('?')).toEqual([...both('SO_KEEPALIVE 1'), ...both('TCP_KEEPIDLE 15'), ...both('TCP_NODELAY 1')]);
});

traced('noDelay: false and keepAlive: false leave the system to itself', async () => {
  expect(await settings('{ noDelay: false, keepAlive: false }')).toEqual([]);
});

traced('keepAlive is a number of seconds', async () => {
  expect(await settings('{ noDelay: false, keepAlive: 7 }')).toEqual([
    'SO_KEEPALIVE 1',
    'SO_KEEPALIVE 1',
    'TCP_KEEPIDLE 7',
    'TCP_KEEPIDLE 7',
  ]);
});

/** The timers of the connection's two ends as the system shows them: `00` for none, `02` for probes to come. */
async function timers(options: string): Promise<string[]> {
  let found: string[] = [];
  await run(program(options), [], (printed) => {
    const ports = printed.split(' ').map((address) => Number(address.split(':')[1]).toString(16).toUpperCase().padStart(4, '0'));
    const [served, client] = ports.map((port) => `0100007F:${port}`);
    const rows = readFileSync('/proc/net/tcp', 'latin1')
      .split('\n')
      .map((row) => row.trim().split(/\s+/));
    const isEnd = ([, local, remote]: string[]): boolean =>
      (local === served && remote === client) || (local === client && remote === served);
    found = rows.filter(isEnd).map(([, , , , , timer = '']) => timer.slice(0, 2));
  });
  return found;
}

const onLinux = process.platform === 'linux' ? it : it.skip;

onLinux('the system has a timer for probes at both ends, unless it is not to probe', async () => {
  expect(await timers('?')).toEqual(['02', '02']);
  expect(await timers('{ keepAlive: false }')).toEqual(['00', '00']);
});
