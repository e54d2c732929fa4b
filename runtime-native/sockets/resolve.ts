/**
 * Names of hosts to addresses, without waiting for anybody who does not answer.
 *
 * The system's resolver (getaddrinfo) blocks one of Node's few threads until its name servers have answered or 10 s have passed, and
 * the end of the process waits for it. So names are looked for in the hosts file and then asked for over DNS by c-ares, which runs on
 * the event loop: many questions at once, each of which can be given up. Where a system has other sources of names,
 * getaddrinfo is asked last, for two names at a time.
 */
import { getServers, lookup, Resolver } from 'node:dns';
import { networkInterfaces } from 'node:os';
import { Failure } from '../../builtins/sockets/backend.ts';
import { codeOf } from '../errno.ts';
import { addressesInHosts, candidates, hasOtherSources } from './hosts.ts';

/** What getaddrinfo does: two attempts. */
const TRIES = 2;
/** When the addresses of one family are there, those of the other one may take this long (RFC 8305, section 3, has 50 ms). */
const OTHER_FAMILY_MS = 300;
/** Threads that getaddrinfo may block; Node has four. */
const MOST_SYSTEM_LOOKUPS = 2;

type Answer = { readonly addresses: readonly string[] } | { readonly code: string };

/**
 * All addresses of a host, in a later turn. Call the result to give up, after which there is no answer.
 */
export function resolve(host: string, action: 'dial' | 'listen', done: (found: readonly string[] | Failure) => void): () => void {
  let giveUp = (): void => {};
  const answer = (outcome: Answer): void => {
    if ('addresses' in outcome) done(outcome.addresses);
    else done(new Failure('dns', `${action} tcp: lookup ${host}${reason(outcome.code)}`));
  };
  const askSystem = (): void => {
    giveUp = systemLookup(host, answer);
  };
  const known = addressesInHosts(host);
  if (known.length > 0) {
    const immediate = setImmediate(answer, { addresses: known });
    return () => clearImmediate(immediate);
  }
  if (process.platform !== 'linux') {
    askSystem(); // its DNS is set up in ways that c-ares does not know
  } else {
    giveUp = askAll(candidates(host), (outcome) => {
      if ('code' in outcome && hasOtherSources(host)) askSystem();
      else answer(outcome);
    });
  }
  return () => giveUp();
}

/** Asks for one name after the other until one is found. */
function askAll([name = '', ...others]: readonly string[], done: (answer: Answer) => void): () => void {
  let giveUp = (): void => {};
  const stop = ask(name, (answer) => {
    if ('addresses' in answer || others.length === 0) {
      done(answer);
      return;
    }
    giveUp = askAll(others, (next) =>
      done('addresses' in next || isMissing(next.code) === isMissing(answer.code) ? next : answer),
    );
  });
  giveUp = stop;
  return () => giveUp();
}

/** Asks for the addresses of a name in both families. */
function ask(name: string, done: (answer: Answer) => void): () => void {
  const resolver = new Resolver({ tries: TRIES });
  const found: string[] = [];
  let left = 2;
  let code = '';
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    resolver.cancel();
    done(found.length > 0 ? { addresses: found } : { code });
  };
  const onAnswer =
    (isFirst: boolean) =>
    (error: Error | null, addresses: string[]): void => {
      if (over) return;
      if (error === null) {
        if (isFirst) found.unshift(...addresses);
        else found.push(...addresses);
      } else if (code === '' || !isMissing(codeOf(error))) {
        code = codeOf(error);
      }
      left--;
      if (left === 0) finish();
      else if (found.length > 0) timer = setTimeout(finish, OTHER_FAMILY_MS);
    };
  const six = prefersIPv6();
  resolver.resolve4(name, onAnswer(!six));
  resolver.resolve6(name, onAnswer(six));
  return () => {
    over = true;
    clearTimeout(timer);
    resolver.cancel();
  };
}

/** Whether this machine has an IPv6 address that others can reach. */
function prefersIPv6(): boolean {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.some(({ family, internal, scopeid }) => family === 'IPv6' && !internal && scopeid === 0);
}

let running = 0;
const waiting: (() => void)[] = [];

function systemLookup(host: string, done: (answer: Answer) => void): () => void {
  let over = false;
  const start = (): void => {
    running++;
    lookup(host, { all: true, verbatim: true }, (error, addresses) => {
      running--;
      waiting.shift()?.();
      if (over) return;
      done(error === null ? { addresses: addresses.map(({ address }) => address) } : { code: codeOf(error) });
    });
  };
  if (running < MOST_SYSTEM_LOOKUPS) start();
  else waiting.push(start);
  return () => {
    over = true;
    const at = waiting.indexOf(start);
    if (at >= 0) waiting.splice(at, 1);
  };
}

/** Whether a name server answered that the name, or an address of it, does not exist. */
function isMissing(code: string): boolean {
  return code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EBADNAME';
}

function reason(code: string): string {
  if (!isMissing(code)) return ': temporary failure in name resolution';
  const server = getServers()[0];
  if (server === undefined) return ': no such host';
  return ` on ${/:\d+$/.test(server) ? server : `${server}:53`}: no such host`;
}
