/**
 * `npm run fleet [-- --short] [NAME...]`: proofs that a server in Magnolia can be operated: workers behind HAProxy, nodes over NATS, passed
 * sockets, forwarding, and the files of examples/deploy, with real engines on loopback.
 *
 * As root on Debian it installs the engines that are missing; elsewhere it says loudly which proof it leaves out.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { buildIfStale } from '../build/build.ts';
import { balancedWorkers } from './balanced-workers.ts';
import { busEngines } from './bus-engines.ts';
import { chatNodes } from './chat-nodes.ts';
import { deploy } from './deploy.ts';
import { endAll, engine } from './kit.ts';
import { passedSocket } from './passed-socket.ts';
import { pipes } from './pipes.ts';
import { slowDownload } from './slow-download.ts';
import { speed } from './speed.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { short: { type: 'boolean', default: false } } });
const isShort = values.short;

interface Proof {
  readonly needs: readonly string[];
  run(): Promise<string>;
}

const PROOFS: { readonly [name: string]: Proof } = {
  'balanced-workers': { needs: ['haproxy'], run: () => balancedWorkers(isShort ? 200 : 1000, 10) },
  'chat-nodes': { needs: ['haproxy', 'nats-server'], run: chatNodes },
  'passed-socket': { needs: ['systemd-socket-activate'], run: passedSocket },
  'slow-download': { needs: [], run: slowDownload },
  pipes: { needs: [], run: () => pipes(isShort) },
  deploy: { needs: [], run: deploy },
  'bus-engines': { needs: ['nats-server', 'redis-server'], run: busEngines },
  ...(isShort ? {} : { speed: { needs: ['nats-server'], run: speed } }),
};

const PACKAGES: { readonly [engine: string]: string } = {
  haproxy: 'haproxy',
  nginx: 'nginx libnginx-mod-stream',
  'nats-server': 'nats-server',
  'redis-server': 'redis-server',
  'systemd-analyze': 'systemd',
};

function installMissing(): void {
  const missing = Object.keys(PACKAGES).filter((name) => engine(name) === null);
  if (missing.length === 0 || process.getuid?.() !== 0 || engine('apt-get') === null) return;
  const packages = missing.flatMap((name) => PACKAGES[name]?.split(' ') ?? []);
  const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } } as const;
  try {
    execFileSync('apt-get', ['update', '-qq'], options);
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
  } catch {
    // what is missing is said below
  }
}

await buildIfStale();
installMissing();
let failed = 0;
const wanted = Object.keys(PROOFS).filter((name) => positionals.length === 0 || positionals.includes(name));
for (const name of wanted) {
  const proof = PROOFS[name] as Proof; // one of its names
  const missing = proof.needs.filter((one) => engine(one) === null);
  if (missing.length > 0) {
    console.log(`NO ${missing.join(', ').toUpperCase()}: ${name} is left out`);
    continue;
  }
  try {
    console.log(`${name}: ${await proof.run()}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}: ${error instanceof Error ? error.message : error}`);
  }
}
await endAll();
console.log(`${wanted.length - failed} of ${wanted.length} proofs hold`);
process.exit(failed > 0 || wanted.length === 0 ? 1 : 0);
