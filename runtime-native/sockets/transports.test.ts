/** The same checks over everything that a connection can run over, directly and through a proxy that cuts the bytes at random. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Connection, ConnectionEvents, SocketBackend } from '../../builtins/sockets/backend.ts';
import { memoryNetwork } from '../../builtins/sockets/memory-network.ts';
import { checkConnection, Driver, type Pair, plain } from '../../builtins/sockets/testing/testing.ts';
import { obj, str, type Value } from '../../language/values/values.ts';
import { startProxy } from '../../scripts/proxy.ts';
import { NodeHost } from '../host.ts';
import { makeCertificate } from '../make-certificate.ts';
import { closeAll, later, makeDriver, pairOver, serve, upgradeBoth } from './test-kit.ts';

afterEach(closeAll);

const identity = makeCertificate({ commonName: 'localhost', names: ['dns:localhost', 'ip:127.0.0.1'] });
const framework = { it, equal: (actual: unknown, expected: unknown) => expect(actual).toEqual(expected) };
/** Small pieces come more often than large ones. */
const slices = { most: 6000, pauseMs: 0 };
let seed = 1;

/** A pair over a listener at `host`, the bytes cut on their way if `sliced`. */
async function pairAt(host: string, sliced: boolean, server: Value = null, client: Value = null): Promise<Pair> {
  const driver = makeDriver();
  const listening = await serve(driver, server, `${host}:0`);
  if (!sliced) return finish(await pairOver(driver, listening, listening.address, client), listening);
  const proxy = await startProxy({ host: host.replace(/[[\]]/g, ''), port: listening.port });
  later(() => proxy.close());
  for (const way of [proxy.up, proxy.down]) way.slices = { ...slices, seed: seed++ };
  return finish(await pairOver(driver, listening, `127.0.0.1:${proxy.port}`, client), listening);
}

function finish(pair: Pair, listening: { close(): void }): Pair {
  listening.close();
  return pair;
}

async function pairOnPath(sliced: boolean): Promise<Pair> {
  const folder = mkdtempSync(join(tmpdir(), 'magnolia-'));
  later(() => rmSync(folder, { recursive: true, force: true }));
  const driver = makeDriver();
  const listening = await serve(driver, null, `unix:${folder}/server`);
  if (!sliced) return finish(await pairOver(driver, listening, listening.address), listening);
  const proxy = await startProxy({ path: `${folder}/server` }, `${folder}/proxy`);
  later(() => proxy.close());
  for (const way of [proxy.up, proxy.down]) way.slices = { ...slices, seed: seed++ };
  return finish(await pairOver(driver, listening, `unix:${folder}/proxy`), listening);
}

async function encryptedPair(version: string, sliced: boolean): Promise<Pair> {
  tls.DEFAULT_MAX_VERSION = version as tls.SecureVersion; // the options only know the oldest one
  const own = (text: string): Value => str(`${text}\n${version}`); // contexts are kept, by what they were made from
  const server = obj({ tls: true, cert: own(identity.cert), key: str(identity.key) });
  const client = obj({ tls: true, ca: own(identity.cert), serverName: str('localhost') });
  const pair = await pairAt('127.0.0.1', sliced, server, client);
  expect(plain(await pair.driver.call('info', pair.a))).toMatchObject({ protocol: version, verified: true });
  tls.DEFAULT_MAX_VERSION = 'TLSv1.3';
  return pair;
}

async function upgradedPair(sliced: boolean): Promise<Pair> {
  const pair = await pairAt('127.0.0.1', sliced);
  const [asked, results] = await upgradeBoth(pair, identity);
  expect(plain(asked)).toMatchObject({ data: 'STARTTLS' });
  expect(results.map(plain)).toMatchObject([{ tls: true }, { tls: true }]);
  return pair;
}

/** A memory network whose bytes arrive in other pieces than they were sent in. */
function slicedMemory(): SocketBackend {
  const network = memoryNetwork();
  const cut = (connection: Connection): Connection => {
    const attach = connection.attach.bind(connection);
    connection.attach = (events: ConnectionEvents) =>
      attach({
        data: (bytes) => {
          for (let at = 0; at < bytes.length; ) {
            const size = 1 + Math.floor(Math.sin(seed++) ** 4 * slices.most);
            events.data(bytes.subarray(at, at + size));
            at += size;
          }
        },
        ended: () => events.ended(),
        drained: () => events.drained(),
        failed: (breakdown) => events.failed(breakdown),
      });
    return connection;
  };
  return {
    ...network,
    connect: (target, options, done) =>
      network.connect(target, options, (outcome) => done('attach' in outcome ? cut(outcome) : outcome)),
    listen: (target, options, events, done) =>
      network.listen(
        target,
        options,
        { connection: (one) => events.connection(cut(one)), failed: (failure, temporary) => events.failed(failure, temporary) },
        done,
      ),
  };
}

async function memoryPair(sliced: boolean): Promise<Pair> {
  const host = new NodeHost();
  const loop = {
    now: () => host.now(),
    defer: (run: () => void) => host.defer(run),
    timer: (ms: number, run: () => void) => host.timer(ms, run),
  };
  const driver = new Driver(sliced ? slicedMemory() : memoryNetwork(), loop);
  const listening = await serve(driver, null, 'localhost:0');
  return finish(await pairOver(driver, listening, listening.address), listening);
}

const swapped = ({ driver, a, b }: Pair): Pair => ({ driver, a: b, b: a });

const transports: { readonly [name: string]: (sliced: boolean) => Promise<Pair> } = {
  memory: memoryPair,
  'TCP over IPv4': (sliced) => pairAt('127.0.0.1', sliced),
  'TCP over IPv6': (sliced) => pairAt('[::1]', sliced),
  'a Unix socket': pairOnPath,
  'TLS 1.2': (sliced) => encryptedPair('TLSv1.2', sliced),
  'TLS 1.3': (sliced) => encryptedPair('TLSv1.3', sliced),
  'an upgraded connection, from the client': upgradedPair,
  'an upgraded connection, from the server': async (sliced) => swapped(await upgradedPair(sliced)),
};

for (const [name, makePair] of Object.entries(transports)) {
  const canReset = makePair !== pairOnPath;
  describe(`a connection over ${name}`, () => checkConnection(framework, () => makePair(false), canReset));
  describe(`a connection over ${name}, cut at random`, () => checkConnection(framework, () => makePair(true), canReset));
}
