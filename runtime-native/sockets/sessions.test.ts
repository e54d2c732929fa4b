/** TLS sessions that are taken up again: faster, and not less careful. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Driver, plain } from '../../builtins/sockets/testing/testing.ts';
import type { SocketEvent } from '../../builtins/sockets/watch.ts';
import { atom, type Obj, obj, str, type Value } from '../../language/values/values.ts';
import { nodeFiles } from '../files.ts';
import { NodeHost } from '../host.ts';
import { nativeSockets } from './backend.ts';
import { testCertificates } from './test-authority.ts';

const certs = testCertificates();
const pem = (name: string): Buffer => readFileSync(join(certs, `${name}.pem`));
const path = (name: string): Value => str(join(certs, `${name}.pem`));
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function makeDriver(told: SocketEvent[] = []): Driver {
  const backend = nativeSockets();
  const host = new NodeHost();
  closers.push(() => backend.drainAll(() => {}));
  const loop = { now: () => host.now(), defer: (run: () => void) => host.defer(run), timer: host.timer.bind(host) };
  return new Driver(backend, loop, {}, { tell: (event) => told.push(event), bytes() {} }, nodeFiles);
}

const ticketKeys = Buffer.alloc(48, 7);

/** A server that says hello to each client. Servers with the same ticket keys take up each other's sessions. */
function serve(name: string, port: number, version: 'TLSv1.2' | 'TLSv1.3'): Promise<{ server: Server; port: number }> {
  return new Promise((resolve) => {
    const server = createServer({ cert: pem(name), key: pem(`${name}-key`), ticketKeys, maxVersion: version }, (stream) => {
      stream.on('error', () => {});
      stream.end('hello');
    });
    closers.push(() => server.close());
    server.listen(port, '127.0.0.1', () => resolve({ server, port: (server.address() as { port: number }).port }));
  });
}

/** Connects, reads to the end, closes; the result of `connect`. */
async function visit(driver: Driver, port: number, options: Obj): Promise<unknown> {
  const connected = (await driver.call('connect', str(`127.0.0.1:${port}`), options)) as Obj;
  if (connected.socket === undefined) return plain(connected);
  await driver.call('recv_all', connected.socket);
  await driver.call('close', connected.socket);
  return plain(connected);
}

const resumed = (told: SocketEvent[]): boolean[] => told.flatMap((one) => (one.kind === 'tls' ? [one.resumed] : []));

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  describe(`a second ${version} connection to a server`, () => {
    const trusting = (): Obj => obj({ tls: true, caFile: path('ca') });

    it('takes up the session of the first', async () => {
      const told: SocketEvent[] = [];
      const driver = makeDriver(told);
      const { port } = await serve('localhost', 0, version);
      for (let i = 0; i < 3; i++) expect(await visit(driver, port, trusting())).toMatchObject({ type: 'ok' });
      expect(resumed(told)).toEqual([false, true, true]);
    });

    it('takes up nothing of another program', async () => {
      const told: SocketEvent[] = [];
      const { port } = await serve('localhost', 0, version);
      const unchecked = obj({ tls: true, insecureSkipVerify: true }); // without certificates of their own, programs share a context
      for (let i = 0; i < 2; i++) await visit(makeDriver(), port, unchecked);
      for (let i = 0; i < 2; i++) await visit(makeDriver(told), port, unchecked);
      expect(resumed(told)).toEqual([false, false]);
    });

    it('still knows the server', async () => {
      const driver = makeDriver();
      const { port } = await serve('localhost', 0, version);
      for (let i = 0; i < 2; i++) {
        const connected = (await driver.call('connect', str(`127.0.0.1:${port}`), trusting())) as Obj;
        await driver.call('recv_all', connected.socket as Value);
        const { verified, peer } = plain(await driver.call('info', connected.socket as Value)) as {
          verified: boolean;
          peer: Obj;
        };
        expect([verified, peer !== null]).toEqual([true, true]);
      }
    });

    it('takes up nothing when it trusts others, wants another name or verifies for the first time', async () => {
      const told: SocketEvent[] = [];
      const driver = makeDriver(told);
      const { port } = await serve('localhost', 0, version);
      await visit(driver, port, obj({ tls: true, insecureSkipVerify: true }));
      await visit(driver, port, trusting());
      expect(await visit(driver, port, obj({ tls: true, caFile: path('selfsigned') }))).toMatchObject({ code: 'cert' });
      expect(await visit(driver, port, obj({ tls: true, caFile: path('ca'), serverName: str('other.example') }))).toMatchObject({
        code: 'cert',
      });
      await visit(driver, port, obj({ tls: true, caFile: path('ca'), serverName: str('localhost') }));
      expect(resumed(told)).toEqual([false, false, false]);
    });
  });
}

describe('a listener that wants certificates', () => {
  it('takes up sessions, too', async () => {
    const told: SocketEvent[] = [];
    const driver = makeDriver(told);
    const identity = (name: string) => ({ certFile: path(name), keyFile: path(`${name}-key`) });
    const options = obj({ tls: true, ...identity('localhost'), clientAuth: atom('require'), caFile: path('ca') });
    const accepted = (await driver.call('serve', str('127.0.0.1:0'), () => null, options)) as Obj;
    const { local } = plain(accepted) as { local: string };
    closers.push(() => void (accepted.close as () => void)());
    for (let i = 0; i < 2; i++) {
      const connected = (await driver.call(
        'connect',
        str(local),
        obj({ tls: true, caFile: path('ca'), ...identity('localhost') }),
      )) as Obj;
      await driver.call('recv', connected.socket as Value, 1, obj({ timeout: 1 }));
      await driver.call('close', connected.socket as Value);
    }
    expect(told.filter(({ kind }) => kind === 'tls-failed')).toEqual([]);
    expect(resumed(told).sort()).toEqual([false, false, true, true]);
  });
});
