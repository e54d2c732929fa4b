/** What the system's own files say about the names of hosts. They are small, and read anew for each look-up. */
import { readFileSync } from 'node:fs';
import { isIP } from '../../builtins/sockets/address.ts';

const HOSTS =
  process.platform === 'win32' ? `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts` : '/etc/hosts';

/** The addresses of a name in the hosts file, in its order; `localhost` needs no entry (RFC 6761, section 6.3). */
export function addressesInHosts(host: string, file = HOSTS): string[] {
  const name = host.toLowerCase().replace(/\.$/, '');
  const found: string[] = [];
  for (const [address = '', ...names] of wordsOf(file)) {
    if (isIP(address) && names.some((one) => one.toLowerCase() === name) && !found.includes(address)) found.push(address);
  }
  return found.length === 0 && name === 'localhost' ? ['127.0.0.1', '::1'] : found;
}

/** The names to look up for a name, in order: with the domains of resolv.conf(5), and as it is. */
export function candidates(host: string, file = '/etc/resolv.conf'): string[] {
  if (host.endsWith('.')) return [host];
  let search: string[] = [];
  let ndots = 1;
  for (const [word, ...rest] of wordsOf(file)) {
    if (word === 'search' || word === 'domain') search = rest.filter((domain) => domain !== '.');
    else if (word === 'options') for (const option of rest) ndots = Number(/^ndots:(\d+)$/.exec(option)?.[1] ?? ndots);
  }
  const longer = search.map((domain) => `${host}.${domain}`);
  return host.split('.').length > ndots ? [host, ...longer] : [...longer, host];
}

/** Whether nsswitch.conf(5) names a source of this name that is neither the hosts file nor DNS. */
export function hasOtherSources(host: string, file = '/etc/nsswitch.conf'): boolean {
  const line = wordsOf(file).find(([word]) => word === 'hosts:') ?? [];
  return line.slice(1).some((source) => {
    if (source.startsWith('mdns')) return /\.local\.?$/i.test(host);
    return !/^(?:files|dns|resolve|\[.*|.*\])$/.test(source);
  });
}

/** The lines of a file as words, without comments; none when it cannot be read. */
function wordsOf(file: string): string[][] {
  try {
    const lines = readFileSync(file, 'latin1').split('\n');
    return lines.map((line) =>
      line
        .replace(/[#;].*/, '')
        .trim()
        .split(/\s+/),
    );
  } catch {
    return [];
  }
}
