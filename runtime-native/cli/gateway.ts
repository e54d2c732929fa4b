/** `magnolia gateway`: sockets of this machine for pages that know its token. docs/tunnel.md describes it. */
import { readFileSync } from 'node:fs';
import { isIP, parseAddress } from '../../builtins/sockets/address.ts';
import { readPolicy, type SocketPolicy } from '../../builtins/sockets/policy.ts';
import { errnoText } from '../errno.ts';
import type { Settings } from './arguments.ts';
import { readFlags, usageError } from './flags.ts';
import { complain, writeError } from './screen.ts';

const DEFAULT_ADDRESS = '127.0.0.1:8090';

/** Serves until SIGTERM or SIGINT; the second one ends it at once. */
export async function serveGateway(words: readonly string[], settings: Settings): Promise<number> {
  const read = readFlags('gateway', words, {
    listen: 'string',
    'allow-net': 'string',
    'deny-net': 'string',
    'allow-listen': 'string',
    origin: 'string',
    'token-file': 'string',
  });
  if (read === null) return 2;
  const { flags, all, rest } = read;
  const wrong = (message: string): number => {
    usageError(message);
    return 2;
  };
  if (rest.length > 0) return wrong(`gateway takes nothing more, but got ${rest.join(' ')}`);

  const list = (name: string, given: string | null = null): string | null => {
    const lists = [...(given === null ? [] : [given]), ...(all[name] ?? [])];
    return lists.length === 0 ? null : lists.join(',');
  };
  const policy = policyOf(list('allow-net', settings.allowNet), list('deny-net', settings.denyNet), list('allow-listen'));
  if (typeof policy === 'string') return wrong(policy);

  const address = flags.listen === undefined ? DEFAULT_ADDRESS : String(flags.listen);
  const target = parseAddress(address);
  if (target.kind !== 'tcp') return wrong(`--listen: ${target.kind === 'bad' ? target.detail : `${address} is not host:port`}`);

  const { isToken, newToken, readOrigin, startGateway } = await import('../gateway/start-gateway.ts');
  const origins: string[] = [];
  for (const text of all.origin ?? []) {
    const origin = readOrigin(text);
    if (origin === null) return wrong(`--origin takes an origin such as https://play.example, not ${text}`);
    origins.push(origin);
  }
  const file = all['token-file']?.at(-1) ?? null;
  let token = newToken();
  if (file !== null) {
    try {
      token = readFileSync(file, 'latin1').trim();
    } catch (error) {
      complain(`--token-file: open ${file}: ${errnoText(error)}`);
      return 1;
    }
    if (!isToken(token)) return wrong(`--token-file: ${file} must hold 16 to 256 letters, digits, - or _`);
  }

  const gateway = await startGateway({
    host: target.host,
    port: target.port,
    policy,
    origins,
    token,
    log: (text) => writeError(`${new Date().toISOString()} ${text}\n`),
  });
  if (typeof gateway === 'string') {
    complain(`could not listen on ${address}: ${gateway}`);
    return 1;
  }
  const url = `ws://${gateway.address.replace(/^\[::\]/, '127.0.0.1').replace(/^0\.0\.0\.0/, '127.0.0.1')}/`;
  writeError(`magnolia: gateway at ${url}${file === null ? `#${token}` : `, token in ${file}`}\n`);
  if (!isLoopback(target.host)) {
    writeError('magnolia: other machines can reach it, and read what passes unless a proxy in front encrypts (wss)\n');
  }
  await new Promise<void>((done) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => done());
  });
  await gateway.close();
  return 0;
}

/** What pages may do; a text is what is wrong with the lists. Without a list of where to listen they may listen nowhere. */
function policyOf(allowNet: string | null, denyNet: string | null, allowListen: string | null): SocketPolicy | string {
  if (allowNet === null) return 'gateway needs --allow-net HOST:PORT: what pages may connect to';
  const net = readPolicy(allowNet, denyNet);
  if (typeof net === 'string') return `--allow-net and --deny-net: ${net}`;
  const own = allowListen === null ? null : readPolicy(allowListen, denyNet);
  if (typeof own === 'string') return `--allow-listen: ${own}`;
  return { ...net, mayListen: (target) => own?.mayListen?.(target) === true };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || (isIP(host) && (host === '::1' || host.startsWith('127.')));
}
