/** IP addresses as numbers, and blocks of them: `10.0.0.0/8`, `fd00::/8`, one address. */
import { groupsOfIPv6, isIPv4 } from './address.ts';

/** Whether a peer is one of a list: addresses and blocks, `unix:` for all peers of a Unix socket, `*` for all. Null for other texts. */
export function peerMatcher(list: readonly string[]): ((peer: string) => boolean) | null {
  const matchers: ((peer: string) => boolean)[] = [];
  for (const text of list) {
    const matches = text === '*' ? () => true : text === 'unix:' ? (peer: string) => peer === 'unix:' : blockMatcher(text);
    if (matches === null) return null;
    matchers.push(matches);
  }
  return (peer) => matchers.some((matches) => matches(peer));
}

/** Whether an IP address is in a block, however both are written; null for a text that is not a block. */
export function blockMatcher(block: string): ((ip: string) => boolean) | null {
  const [prefix = '', bits, ...more] = block.split('/');
  const address = addressBits(prefix);
  if (address === null || more.length > 0) return null;
  const most = prefix.includes(':') ? 128 : 32;
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (length < 0 || length > most) return null;
  const ignored = BigInt(most - length);
  return (given) => {
    const other = addressBits(given);
    return other !== null && other >> ignored === address >> ignored;
  };
}

/** An IP address as a number: of 128 bits, IPv4 in its mapped form. Null when it is none. */
export function addressBits(host: string): bigint | null {
  if (isIPv4(host)) return 0xffff_0000_0000n | BigInt(host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0));
  return groupsOfIPv6(host)?.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n) ?? null;
}
