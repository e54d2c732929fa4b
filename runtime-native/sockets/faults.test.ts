/**
 * Every operation meets every fault, at both ends, in the clear and encrypted: 192 cells.
 *
 * Both ends are ours and a proxy between them spoils the bytes of one direction. A cell ends in a result that the contract
 * knows, within two seconds, whatever happens; and when all cells of an operation are done, nothing is open that was not before.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Driver } from '../../builtins/sockets/testing/testing.ts';
import { plain } from '../../builtins/sockets/testing/testing.ts';
import { type Obj, obj, str, type Value } from '../../language/values/values.ts';
import { type SpoiltRoute, startProxy, type Toxics } from '../../scripts/proxy.ts';
import { makeCertificate } from '../make-certificate.ts';
import { closeAll, later, makeDriver, openSockets, pairOver, seconds, serve, settled, socketOf } from './test-kit.ts';

const LINE = 'the first half|and the other half\r\n'.padStart(40);
const HALF = LINE.length / 2;
/** More than the system keeps for a peer that does not read. */
const FLOOD = 'x'.repeat(16 << 20);
/** The time that every call is given. */
const TIME_S = 1;
const timeout = obj({ timeout: seconds(TIME_S) });

const identity = makeCertificate({ commonName: 'localhost', names: ['dns:localhost', 'ip:127.0.0.1'] });
const certificate = { cert: str(identity.cert), key: str(identity.key) };
/** The limits of the handshakes are short where they are what is looked at. */
const asClient = (tls: boolean, limit: number): Obj => obj({ tls, insecureSkipVerify: true, timeout: seconds(limit) });
const asServer = (tls: boolean, limit: number): Obj => obj({ tls, ...certificate, handshakeTimeout: seconds(limit) });

type Role = 'client' | 'server';

interface Cell {
  readonly fault: Fault;
  /** Whose result is looked at. */
  readonly role: Role;
  readonly tls: boolean;
}

type Fault = 'reset' | 'clean close' | 'silence' | 'one byte' | 'slow close' | 'cut half way';

const faults: { readonly [F in Fault]: (half: number) => Toxics } = {
  reset: () => ({ resetMs: 0 }),
  'clean close': () => ({ limitBytes: 0 }),
  silence: () => ({ timeoutMs: 0 }),
  'one byte': () => ({ limitBytes: 1, atLimit: 'silent' }),
  'slow close': () => ({ slowCloseMs: 100 }),
  'cut half way': (half) => ({ limitBytes: half }),
};

const cells: readonly Cell[] = (Object.keys(faults) as Fault[]).flatMap((fault) =>
  (['client', 'server'] as const).flatMap((role) => [false, true].map((tls) => ({ fault, role, tls }))),
);
const nameOf = ({ fault, role, tls }: Cell): string => `${fault}, ${role}, ${tls ? 'TLS' : 'plain'}`;

const prefixes: { readonly [operation: string]: string } = {
  connect: 'Could not connect socket: ',
  send: 'Could not write socket data: ',
  recv: 'Could not read socket data: ',
  recv_exact: 'Could not read exact socket data: ',
  recv_line: 'Could not read socket line: ',
  starttls: 'Could not upgrade socket to TLS: ',
};

/** A result in few words; anything but a result of the contract is an exception. */
function words(operation: string, result: Value): string {
  const { type, error, code, data, ...rest } = plain(result) as { [field: string]: unknown };
  switch (type) {
    case 'error':
      expect(error).toEqual(expect.stringMatching(new RegExp(`^${prefixes[operation]}.{3,}`)));
      expect(String(error)).not.toMatch(/undefined|null|\[object|0x[0-9a-f]{6}|node:/);
      expect(code).toMatch(/^(timeout|reset|closed|eof|tls)$/);
      return `error ${code}${data === undefined ? '' : ` with ${String(data).length}`}`;
    case 'data':
      expect({ type, data, rest, error }).toEqual({ type, data: expect.any(String), rest: {} });
      return `data ${String(data).length}`;
    case 'sent':
      expect(rest).toEqual({ bytes: expect.any(Number) });
      return 'sent';
    case 'ok':
    case 'connect':
      expect(Object.keys(rest).sort()).toEqual(['local', 'remote', 'socket', 'tls']);
      return 'ok';
    default:
      expect(plain(result)).toEqual({ type: 'closed' });
      return 'closed';
  }
}

/** What a cell gives, as a pattern. Where two ends close at the same time either may be the first to notice. */
function expected(operation: string, { fault, role, tls }: Cell): string {
  const half = HALF;
  const whole = LINE.length - 2;
  switch (operation) {
    case 'send': // how much goes out before the fault is noticed is the system's affair
      return fault === 'silence' || fault === 'one byte' ? 'error timeout' : 'sent|error (?:reset|closed|timeout)';
    case 'recv': {
      const got = { 'one byte': tls ? 'error timeout' : 'data 1', 'cut half way': tls ? 'error eof' : `data ${half}` };
      return { ...atOnce('closed'), ...got }[fault];
    }
    case 'recv_exact': {
      const got = { 'one byte': 'error timeout', 'cut half way': tls ? 'error eof' : `error eof with ${half}` };
      return { ...atOnce('error eof'), ...got }[fault];
    }
    case 'recv_line': {
      const got = { 'one byte': 'error timeout', 'cut half way': tls ? 'error eof' : `data ${half}` };
      return { ...atOnce('closed'), ...got }[fault];
    }
    case 'starttls':
      if (tls) return 'error tls'; // it is encrypted already
      return { ...atOnce('error eof'), 'one byte': 'error timeout', 'cut half way': 'error eof' }[fault];
    case 'close':
      return 'closed';
    default: {
      const isVictim = (role === 'client') === (operation === 'connect');
      if (fault === 'slow close') return `ok, data ${whole}|ok, closed`;
      if (!isVictim) return tls ? '(?:ok, )?error (?:eof|reset|timeout|tls)' : `ok, (?:data ${whole}|closed|error reset)`;
      const met = {
        ...atOnce(tls ? 'error eof' : 'closed'),
        'one byte': 'error timeout',
        'cut half way': tls ? 'error eof' : `data ${half}`,
      };
      return tls && role === 'client' ? met[fault] : `ok, (?:${met[fault]})`;
    }
  }
}

/** What faults do to whoever waits for the first byte. */
function atOnce(end: string) {
  return { reset: 'error reset', 'clean close': end, silence: 'error timeout', 'slow close': end };
}

/** Sets the fault on what flows to this end. */
function arm(proxy: SpoiltRoute, towards: Role, toxics: Toxics): void {
  Object.assign(towards === 'client' ? proxy.down : proxy.up, toxics);
}

const other = (role: Role): Role => (role === 'client' ? 'server' : 'client');

/** One cell: the results of the operation in few words. */
async function cell(driver: Driver, operation: string, { fault, role, tls }: Cell): Promise<string> {
  const isConnecting = operation === 'connect' || operation === 'accept';
  const limit = isConnecting ? TIME_S : 10;
  const listening = await serve(driver, asServer(tls, limit));
  const proxy = await startProxy({ host: '127.0.0.1', port: listening.port });
  later(() => proxy.close());
  const address = `127.0.0.1:${proxy.port}`;
  const spoil = faults[fault];
  const isSlow = fault === 'slow close';
  try {
    if (isConnecting) {
      arm(proxy, operation === 'connect' ? 'client' : 'server', spoil(tls ? 150 : HALF));
      return await whileConnecting(driver, address, listening, role, tls, isSlow);
    }
    const { a, b } = await pairOver(driver, listening, address, asClient(tls, limit));
    const [mine, partner] = role === 'client' ? [a, b] : [b, a];
    const partners = await withFault(
      driver,
      operation,
      mine,
      partner,
      () => {
        const victim = operation === 'send' && !isSlow ? other(role) : role;
        arm(proxy, victim, spoil(operation === 'send' ? FLOOD.length / 2 : operation === 'starttls' ? 150 : HALF));
      },
      isSlow,
      role,
    );
    await driver.call('close', mine);
    await driver.call('close', partner);
    return partners;
  } finally {
    listening.close();
  }
}

/** What both ends find when the connection is spoilt from its beginning; the result is that of one of them. */
async function whileConnecting(
  driver: Driver,
  address: string,
  listening: { next(): Promise<Obj> },
  role: Role,
  tls: boolean,
  isSlow: boolean,
): Promise<string> {
  const talk = async (socket: Value, ends: boolean): Promise<string> => {
    const sent = await driver.call('send', socket, str(LINE), timeout);
    words('send', sent);
    const read = ends ? null : words('recv_line', await driver.call('recv_line', socket, timeout));
    await driver.call('close', socket);
    return read ?? 'closed';
  };
  const client = async (): Promise<string> => {
    const result = await driver.call('connect', str(address), asClient(tls, TIME_S));
    const text = words('connect', result);
    return text === 'ok' ? `ok, ${await talk(socketOf(result), isSlow && role === 'server')}` : text;
  };
  const server = async (): Promise<string> => {
    const event = await listening.next();
    return `${words('accept', event)}, ${await talk(socketOf(event), isSlow && role === 'client')}`;
  };
  const [atClient, atServer] = await Promise.all([client(), server()]);
  return role === 'client' ? atClient : atServer;
}

async function withFault(
  driver: Driver,
  operation: string,
  mine: Value,
  partner: Value,
  armNow: () => void,
  isSlow: boolean,
  role: Role,
): Promise<string> {
  // A TLS 1.3 handshake ends with tickets, which must not be what the fault meets.
  await driver.call('send', partner, str('!'));
  await driver.call('recv_exact', mine, 1, timeout);
  await driver.call('send', mine, str('!'));
  await driver.call('recv_exact', partner, 1, timeout);
  armNow();
  if (isSlow) await driver.call('close', partner);
  else if (operation !== 'send' && operation !== 'starttls') await driver.call('send', partner, str(LINE));
  switch (operation) {
    case 'send': {
      const reading = isSlow ? null : driver.call('recv_all', partner, timeout);
      const result = words('send', await driver.call('send', mine, str(FLOOD), timeout));
      await reading;
      return result;
    }
    case 'recv_exact':
      return words(operation, await driver.call(operation, mine, LINE.length, timeout));
    case 'recv':
      return words(operation, await driver.call(operation, mine, 1000, timeout));
    case 'recv_line':
      return words(operation, await driver.call(operation, mine, timeout));
    case 'close':
      return words(operation, await driver.call('close', mine));
    default: {
      const [client, server] = role === 'client' ? [mine, partner] : [partner, mine];
      const results = await Promise.all([
        driver.call('starttls', client, obj({ insecureSkipVerify: true, timeout: seconds(TIME_S) })),
        driver.call('starttls', server, obj({ server: true, timeout: seconds(TIME_S), ...certificate })),
      ]);
      const [atClient, atServer] = results.map((result) => words('starttls', result));
      return String(role === 'client' ? atClient : atServer);
    }
  }
}

const operations = ['connect', 'send', 'recv', 'recv_exact', 'recv_line', 'starttls', 'close', 'accept'];

/** Before all of them: what one leaves is closed while the next one runs. */
const before = openSockets();

for (const operation of operations) {
  describe(operation, () => {
    const outcomes = new Map<string, string>();
    let after = 0;
    let errors: unknown[] = [];
    const crashes: unknown[] = [];
    const onCrash = (error: unknown): void => {
      crashes.push(error);
    };

    beforeAll(async () => {
      process.on('uncaughtException', onCrash).on('unhandledRejection', onCrash);
      const driver = makeDriver();
      const run = async (one: Cell): Promise<void> => {
        outcomes.set(nameOf(one), await cell(driver, operation, one).catch((error) => String(error)));
      };
      const left = [...cells];
      const runSome = async (): Promise<void> => {
        for (let one = left.pop(); one !== undefined; one = left.pop()) await run(one);
      };
      const width = operation === 'send' ? 3 : 8; // a busy machine must not make them slow
      await Promise.all(Array.from({ length: width }, runSome));
      errors = driver.errors;
      await closeAll();
      after = await settled(before);
    }, 30_000);
    afterAll(() => {
      process.off('uncaughtException', onCrash).off('unhandledRejection', onCrash);
    });

    for (const one of cells) {
      it(`meets ${nameOf(one)}`, () => {
        expect(outcomes.get(nameOf(one))).toMatch(new RegExp(`^(?:${expected(operation, one)})$`));
      });
    }

    it('leaves nothing open and kills nothing', () => {
      expect({ errors, crashes, open: after - before }).toEqual({ errors: [], crashes: [], open: 0 });
    });
  });
}
