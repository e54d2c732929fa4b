/** Names of hosts to addresses, by the system's resolver. */
import { getServers, lookup } from 'node:dns';
import { isIP } from '../../builtins/sockets/address.ts';
import { Failure } from '../../builtins/sockets/backend.ts';
import { codeOf } from '../errno.ts';

/** All addresses of a host in the resolver's order; an IP address is its own. Answers in a later turn, or at once for an IP address. */
export function resolve(host: string, action: 'dial' | 'listen', done: (found: readonly string[] | Failure) => void): void {
  if (isIP(host)) {
    done([host]);
    return;
  }
  lookup(host, { all: true, verbatim: true }, (error, addresses) => {
    if (error === null) done(addresses.map(({ address }) => address));
    else done(new Failure('dns', `${action} tcp: lookup ${host}${reason(error)}`));
  });
}

function reason(error: Error): string {
  if (codeOf(error) !== 'ENOTFOUND') return ': temporary failure in name resolution';
  const server = getServers()[0];
  if (server === undefined) return ': no such host';
  return ` on ${/:\d+$/.test(server) ? server : `${server}:53`}: no such host`;
}
