/** Who does what: each workload as Magnolia, Node and the peers that are installed do it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { type Command, type Figure, figures, folder, installed, type Task, wholeProcess, withServer } from './measure.ts';
import { CERTIFICATE, cpuPrograms, stdlibPrograms, type Workload, workloads } from './rows.ts';

export interface Plan {
  readonly magnolia: Command;
  /** Another runtime that runs the programs of Magnolia as they are. */
  readonly reference: Command | null;
  readonly rounds: number;
  /** Names that are measured; all when there are none. */
  readonly named: readonly string[];
  /** Other languages, too. */
  readonly peers: boolean;
  /** Sockets: client and server in two processes, and the two of them from different contenders. */
  readonly pairs: boolean;
  /** A folder for certificates and compiled peers. */
  readonly scratch: string;
}

const node: Command = [process.execPath];
const peer = (file: string): string => join(folder, 'peers', file);
/** Two processes on different processors measure the scheduler of the system. */
const pinned: Command = installed('taskset', '--version') ? ['taskset', '-c', '0'] : [];

/** Whether a row is asked for: by a part of its name. */
export function isWanted({ named }: Plan, row: string): boolean {
  return named.length === 0 || named.some((name) => row.includes(name));
}

export function makeTasks(plan: Plan): Task[] {
  return [...startTasks(plan), ...cpuTasks(plan), ...stdlibTasks(plan), ...socketTasks(plan, false), ...socketTasks(plan, true)];
}

function startTasks(plan: Plan): Task[] {
  if (!isWanted(plan, 'start')) return [];
  const hello = join(folder, 'hello.oak');
  const contenders = new Map([
    ['magnolia', async () => wholeProcess([...plan.magnolia, hello])],
    ['node', async () => wholeProcess([...node, '-e', '0'])],
  ]);
  const { reference } = plan;
  if (reference !== null) contenders.set('reference', async () => wholeProcess([...reference, hello]));
  return [{ name: 'start', byRate: false, contenders, rounds: plan.rounds * 4 }];
}

function cpuTasks(plan: Plan): Task[] {
  const others: Record<string, Command> = { node: [...node, peer('cpu.cjs')] };
  if (plan.peers && installed('lua', '-v')) others.lua = ['lua', peer('cpu.lua')];
  if (plan.peers && installed('python3', '-V')) others.python = ['python3', peer('cpu.py')];
  return programTasks(plan, 'cpu', cpuPrograms, others);
}

function stdlibTasks(plan: Plan): Task[] {
  return programTasks(plan, 'std', stdlibPrograms, { node: [...node, peer('stdlib.cjs')] });
}

function programTasks(plan: Plan, kind: string, programs: typeof cpuPrograms, others: Readonly<Record<string, Command>>): Task[] {
  const chosen = Object.entries(programs).filter(([name, rows]) =>
    [`${kind}-${name}`, ...rows].some((row) => isWanted(plan, row)),
  );
  return chosen.map(([name]) => {
    const program = join(folder, `${kind}-${name}.oak`);
    const contenders = new Map([['magnolia', () => figures([...plan.magnolia, program])]]);
    for (const [other, command] of Object.entries(others)) contenders.set(other, () => figures([...command, name]));
    const { reference } = plan;
    if (reference !== null) contenders.set('reference', () => figures([...reference, program]));
    return { name: `${kind}-${name}`, byRate: false, contenders, rounds: plan.rounds };
  });
}

/** How a contender is started as either end of a connection. */
interface Sides {
  client(program: string): Command;
  readonly server: Command;
  /** It can be both ends in one process. */
  readonly self: boolean;
}

function sidesOf(plan: Plan): Map<string, Sides> {
  const oak = (command: Command): Sides => ({
    client: (program) => [...command, join(folder, `sock-${program}.oak`)],
    server: [...command, join(folder, 'sock-server.oak')],
    self: true,
  });
  const other = (command: Command, self: boolean): Sides => ({
    client: (program) => [...command, program],
    server: [...command, 'server'],
    self,
  });
  const sides = new Map([
    ['magnolia', oak(plan.magnolia)],
    ['node', other([...node, peer('sockets.cjs')], true)],
  ]);
  if (plan.peers && plan.pairs && installed('python3', '-V')) sides.set('python', other(['python3', peer('sockets.py')], false));
  const go = join(plan.scratch, 'sockets-go');
  if (plan.peers && installed('go', 'version')) {
    spawnSync('go', ['build', '-o', go, peer('sockets.go')], { stdio: 'inherit' });
    sides.set('go', other([go], false));
  }
  if (plan.reference !== null) sides.set('reference', oak(plan.reference));
  return sides;
}

function socketTasks(plan: Plan, secure: boolean): Task[] {
  const kind = secure ? 'tls' : 'sock';
  const chosen = workloads.filter(
    ({ row, onRequest, tlsOnly }) =>
      isWanted(plan, `${kind}-${row}`) &&
      (secure || tlsOnly !== true) &&
      (onRequest !== true || plan.named.some((name) => name.includes(row))),
  );
  if (chosen.length === 0) return [];
  const certificate = secure ? makeCertificate(plan.scratch) : [];
  const sides = sidesOf(plan);
  return chosen.map((workload) => {
    const contenders = plan.pairs ? pairs(workload, sides, certificate) : alone(workload, sides, certificate);
    return { name: `${kind}-${workload.row}`, byRate: true, contenders, rounds: plan.rounds };
  });
}

function paramsOf({ params }: Workload, [file = '']: readonly string[]): string[] {
  return params.map((param) => (param === CERTIFICATE ? file : param));
}

/** Each contender with itself: in one process where it can do that, else in two on one processor. */
function alone(workload: Workload, sides: ReadonlyMap<string, Sides>, certificate: readonly string[]): Task['contenders'] {
  const contenders = new Map<string, () => Promise<Figure[]>>();
  for (const [name, side] of sides) {
    contenders.set(name, async () => {
      if (!side.self) return pair(workload, side, side, certificate);
      const target = ['self', ...certificate, '127.0.0.1', await freePort()].join(':');
      return figures([...side.client(workload.program), target, ...paramsOf(workload, certificate)]);
    });
  }
  return contenders;
}

/** Each contender with itself in two processes, then Magnolia against every other at either end. */
function pairs(workload: Workload, sides: ReadonlyMap<string, Sides>, certificate: readonly string[]): Task['contenders'] {
  const contenders = new Map<string, () => Promise<Figure[]>>();
  const add = (client: string, server: string): void => {
    const [one, other] = [sides.get(client) as Sides, sides.get(server) as Sides]; // both are names of it
    contenders.set(`${client} to ${server}`, () => pair(workload, one, other, certificate));
  };
  for (const name of sides.keys()) add(name, name);
  for (const name of sides.keys()) {
    if (name === 'magnolia') continue;
    add('magnolia', name);
    add(name, 'magnolia');
  }
  return contenders;
}

async function pair(workload: Workload, client: Sides, server: Sides, certificate: readonly string[]): Promise<Figure[]> {
  const address = `127.0.0.1:${await freePort()}`;
  const target = certificate.length > 0 ? `tls:${address}` : address;
  return withServer(
    [...pinned, ...server.server, address, ...certificate],
    [...pinned, ...client.client(workload.program), target, ...paramsOf(workload, certificate)],
  );
}

/** A certificate and its key, as files. */
function makeCertificate(scratch: string): string[] {
  const [cert, key] = [join(scratch, 'cert.pem'), join(scratch, 'key.pem')];
  const names = ['-subj', '/CN=bench.test', '-addext', 'subjectAltName=DNS:*.bench.test'];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', ...names];
  spawnSync('openssl', request, { stdio: 'ignore' });
  if (!existsSync(cert)) throw new Error('rows with TLS need the program openssl');
  return [cert, key];
}
