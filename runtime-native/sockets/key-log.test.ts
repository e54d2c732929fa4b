/** `SSLKEYLOGFILE` of a real process. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-keys-'));
const program = join(folder, 'program.oak');
writeFileSync(
  program,
  `
  socket := import('socket')
  made := socket.selfSigned(['localhost'])
  server := socket.serve('127.0.0.1:0', fn(e) {
    socket.sendLine(e.socket, 'over TLS')
    socket.close(e.socket)
  }, {tls: true, cert: made.cert, key: made.key})
  conn := socket.connect(server.local, {tls: true, ca: made.ca, serverName: 'localhost'})
  print(socket.recvLine(conn.socket).data)
  socket.close(conn.socket)
  server.drain(5)
`,
);
afterAll(() => rmSync(folder, { recursive: true }));
function run(file: string): { out: string; err: string } {
  const env = { ...process.env, SSLKEYLOGFILE: file };
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli.cjs'), program], { env, encoding: 'utf8' });
  return { out: stdout, err: stderr };
}

it('appends the keys of both ends, for the owner only, and says so once', () => {
  const file = join(folder, 'keys.log');
  const warning = `magnolia: TLS keys are written to ${file} (SSLKEYLOGFILE): whoever reads it can read the connections\n`;
  expect([run(file), run(file)]).toEqual([
    { out: 'over TLS', err: warning },
    { out: 'over TLS', err: warning },
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const lines = readFileSync(file, 'latin1').trimEnd().split('\n');
  const randoms = new Map<string, number>();
  for (const line of lines) {
    const [, random = ''] = /^[A-Z_0-9]+ ([0-9a-f]{64}) [0-9a-f]+$/.exec(line) ?? [];
    randoms.set(random, (randoms.get(random) ?? 0) + 1);
  }
  // Each end of a connection writes the same secrets for the same client random.
  expect([...randoms.values()].map((count) => count % 2)).toEqual([0, 0]);
  expect(new Set(lines).size).toBe(lines.length / 2);
});

it('reports once that the file cannot be written, and the program goes on', () => {
  const { out, err } = run(join(folder, 'missing/keys.log'));
  expect(out).toBe('over TLS');
  expect(err.match(/Could not write TLS keys to .*: no such file or directory/g)).toHaveLength(1);
});
