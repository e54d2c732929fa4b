/** What tests of the native network share: machines, listeners, pairs, and a count of what is open. */
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { Driver, type Pair } from '../../builtins/sockets/testing/testing.ts';
import { Float, type Obj, obj, type Str, str, type Value } from '../../language/values/values.ts';
import { nodeFiles } from '../files.ts';
import { NodeHost } from '../host.ts';
import { nativeSockets } from './backend.ts';

const closers: (() => Promise<void> | void)[] = [];

/** Has `close` called by the next `closeAll`. */
export function later(close: () => Promise<void> | void): void {
  closers.push(close);
}

/** For `afterEach` or `afterAll`: ends what the test has begun, last things first. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

/** A machine on the network of this process, and the end of its program. */
export function makeProgram(): { readonly driver: Driver; end(): Promise<void> } {
  const backend = nativeSockets();
  const host = new NodeHost();
  const loop = {
    now: () => host.now(),
    defer: (run: () => void) => host.defer(run),
    timer: (ms: number, run: () => void) => host.timer(ms, run),
  };
  const driver = new Driver(backend, loop, undefined, undefined, nodeFiles);
  return { driver, end: () => new Promise((resolve) => backend.drainAll(resolve)) };
}

/** A machine whose program `closeAll` ends. */
export function makeDriver(): Driver {
  const { driver, end } = makeProgram();
  later(end);
  return driver;
}

export const seconds = (value: number): Float => new Float(value);
export const socketOf = (result: Value): Value => (result as Obj).socket as Value;

/** A listener on a port of the system's choice (or a path); accepted events are given out in order. */
export interface Listening {
  readonly address: string;
  readonly port: number;
  next(): Promise<Obj>;
  close(): void;
}

export async function serve(driver: Driver, options: Value = null, address = '127.0.0.1:0'): Promise<Listening> {
  const events: Obj[] = [];
  const waiting: ((event: Obj) => void)[] = [];
  const handler = (event: Obj): null => {
    const one = waiting.shift();
    if (one === undefined) events.push(event);
    else one(event);
    return null;
  };
  const { local, close } = (await driver.call('serve', str(address), handler, options)) as Obj;
  const text = (local as Str).text;
  return {
    address: text,
    port: Number(/\d*$/.exec(text)?.[0]),
    next: () =>
      new Promise((resolve) => {
        const event = events.shift();
        if (event === undefined) waiting.push(resolve);
        else resolve(event);
      }),
    close: () => (close as () => void)(),
  };
}

/** Both ends of a new connection to `address`, on which `listening` is reached. */
export async function pairOver(driver: Driver, listening: Listening, address: string, options: Value = null): Promise<Pair> {
  const [connected, event] = await Promise.all([driver.call('connect', str(address), options), listening.next()]);
  return { driver, a: socketOf(connected), b: socketOf(event) };
}

/** Has both ends upgrade to TLS with this certificate. Returns the line that asked for it and the two results. */
export async function upgradeBoth({ driver, a, b }: Pair, identity: { cert: string; key: string }): Promise<[Value, Value[]]> {
  await driver.call('send', a, str('STARTTLS\r\n'));
  const asked = await driver.call('recv_line', b);
  const results = await Promise.all([
    driver.call('starttls', b, obj({ server: true, cert: str(identity.cert), key: str(identity.key) })),
    driver.call('starttls', a, obj({ ca: str(identity.cert), serverName: str('localhost') })),
  ]);
  return [asked, results];
}

/** How many sockets this process has open, by the system's count where available, else by Node's. */
export function openSockets(): number {
  if (!existsSync('/proc/self/fd')) return process.getActiveResourcesInfo().filter((kind) => /^(TCP|Pipe)/.test(kind)).length;
  let count = 0;
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${name}`).startsWith('socket:')) count++;
    } catch {
      // the descriptor that the folder itself was read with
    }
  }
  return count;
}

/** A peer made by hand: each accepted stream is given to `handle`. */
export function peer(handle: (stream: Socket) => void): Promise<number> {
  return new Promise((resolve) => {
    const open = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (stream) => {
      open.add(stream);
      stream.on('error', () => {});
      handle(stream);
    });
    later(() => {
      server.close();
      for (const stream of open) stream.destroy();
    });
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}

/** Waits until no more than `most` sockets are open; returns what is left when that does not happen in time. */
export async function settled(most: number, patienceMs = 3000): Promise<number> {
  const deadline = Date.now() + patienceMs;
  while (openSockets() > most && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  return openSockets();
}

/** The next that many bytes of a stream made by hand, or all until its end. */
export function collect(stream: Socket): {
  readonly bytes: () => Buffer;
  readonly until: (done: (all: Buffer) => boolean) => Promise<Buffer>;
} {
  const chunks: Buffer[] = [];
  const checks = new Set<() => void>();
  const bytes = (): Buffer => Buffer.concat(chunks);
  const look = (): void => {
    for (const check of [...checks]) check();
  };
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    look();
  });
  stream.on('close', look);
  return {
    bytes,
    until: (done) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!done(bytes()) && !stream.destroyed) return;
          checks.delete(check);
          resolve(bytes());
        };
        checks.add(check);
        check();
      }),
  };
}
