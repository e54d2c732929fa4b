/**
 * The PROXY protocol, versions 1 and 2: how a load balancer announces the client for which it connects.
 * Source: "The PROXY protocol, versions 1 & 2" of HAProxy (proxy-protocol.txt), sections 2.1 and 2.2.
 */
import type { ByteText } from '../../language/values/bytes.ts';
import { codec } from '../../language/values/values.ts';
import { formatAddress, isIPv4, parseHost } from './address.ts';
import type { ProxyHeader } from './backend.ts';
import { MAX_PROXY_V1, MAX_PROXY_V2 } from './limits.ts';

/** The bytes so far may become a header, cannot become one, or begin with one of `length` bytes. */
export type HeaderReading = 'more' | 'bad' | { readonly header: ProxyHeader; readonly length: number };

const V1 = 'PROXY ';
const V2 = '\r\n\r\n\0\r\nQUIT\n';
const NOTHING = { source: null, destination: null, authority: null, alpn: null, tls: null };
/** Version 2: bytes before the addresses. */
const FIXED = 16;

/** Reads a header at the beginning of a stream. */
export function readProxyHeader(bytes: Uint8Array): HeaderReading {
  if (bytes.length === 0) return 'more';
  if (bytes[0] === V2.charCodeAt(0)) return startsLike(bytes, V2) ? readBinary(bytes) : 'bad';
  return startsLike(bytes, V1) ? readLine(bytes) : 'bad';
}

function startsLike(bytes: Uint8Array, wanted: string): boolean {
  const length = Math.min(bytes.length, wanted.length);
  for (let i = 0; i < length; i++) if (bytes[i] !== wanted.charCodeAt(i)) return false;
  return true;
}

function textOf(bytes: Uint8Array): ByteText {
  return codec.decode(bytes, 0, bytes.length);
}

// ---- version 1: a line ----

function readLine(bytes: Uint8Array): HeaderReading {
  const text = textOf(bytes.subarray(0, MAX_PROXY_V1));
  const end = text.search(/[^ -~]/); // a line has nothing else
  if (end < 0) return text.length < MAX_PROXY_V1 ? 'more' : 'bad';
  if (text[end] !== '\r') return 'bad';
  if (text.length === end + 1) return text.length < MAX_PROXY_V1 ? 'more' : 'bad';
  if (text[end + 1] !== '\n') return 'bad';
  const length = end + 2;
  const [, family = '', ...fields] = text.slice(0, end).split(' ');
  if (family === 'UNKNOWN') return { header: { version: 1, ...NOTHING }, length };
  const [source = '', destination = '', sourcePort = '', destinationPort = ''] = fields;
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false;
  if (fields.length !== 4 || ![source, destination].every(isAddress) || ![sourcePort, destinationPort].every(isPort))
    return 'bad';
  const header: ProxyHeader = {
    version: 1,
    ...NOTHING,
    source: formatAddress(parseHost(source) ?? source, Number(sourcePort)),
    destination: formatAddress(parseHost(destination) ?? destination, Number(destinationPort)),
  };
  return { header, length };
}

function isIPv6(text: string): boolean {
  return text.includes(':') && !text.includes('%') && parseHost(text) !== null;
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535;
}

// ---- version 2: a block ----

function readBinary(bytes: Uint8Array): HeaderReading {
  const command = bytes[12];
  const family = bytes[13];
  if (command !== undefined && command !== 0x20 && command !== 0x21) return 'bad';
  const addressBytes = family === undefined ? 0 : ADDRESS_BYTES[family];
  if (addressBytes === undefined) return 'bad';
  if (bytes.length < FIXED) return 'more';
  const size = number(bytes, 14, 2);
  const length = FIXED + size;
  if (length > MAX_PROXY_V2) return 'bad';
  if (bytes.length < length) return 'more';
  if (command === 0x20) return { header: { version: 2, ...NOTHING }, length };
  if (size < addressBytes) return 'bad';
  const extras = readExtras(bytes.subarray(0, length), FIXED + addressBytes);
  if (extras === null) return 'bad';
  return { header: { version: 2, ...addressesOf(bytes, family as number), ...extras }, length }; // it is a key of the table
}

/** How long the addresses of each family are: none, TCP over IPv4 and IPv6, Unix streams. */
const ADDRESS_BYTES: { readonly [family: number]: number } = { 0: 0, 17: 12, 33: 36, 49: 216 };
const UNIX_BYTES = 108;

function addressesOf(bytes: Uint8Array, family: number): Pick<ProxyHeader, 'source' | 'destination'> {
  if (family === 0x00) return { source: null, destination: null };
  if (family === 0x31) {
    return { source: unixPath(bytes, FIXED), destination: unixPath(bytes, FIXED + UNIX_BYTES) };
  }
  const size = family === 0x11 ? 4 : 16;
  const ports = FIXED + 2 * size;
  return {
    source: formatAddress(ipOf(bytes, FIXED, size), number(bytes, ports, 2)),
    destination: formatAddress(ipOf(bytes, FIXED + size, size), number(bytes, ports + 2, 2)),
  };
}

function ipOf(bytes: Uint8Array, at: number, size: number): string {
  if (size === 4) return [...bytes.subarray(at, at + 4)].join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(number(bytes, at + i, 2).toString(16));
  const full = groups.join(':');
  const zeros = [...full.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length)[0];
  const short = zeros === undefined ? full : `${full.slice(0, zeros.index)}::${full.slice(zeros.index + zeros[0].length + 1)}`;
  return parseHost(short) ?? full; // IPv4 in its mapped form as IPv4
}

/** An abstract or empty name keeps the peer's. */
function unixPath(bytes: Uint8Array, at: number): string | null {
  const [path = ''] = textOf(bytes.subarray(at, at + UNIX_BYTES)).split('\0');
  return path === '' ? null : `unix:${path}`;
}

function number(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

type Extras = Pick<ProxyHeader, 'authority' | 'alpn' | 'tls'>;

/** The fields behind the addresses, each with a type and a length; null when they are malformed or the check sum is wrong. */
function readExtras(bytes: Uint8Array, from: number): Extras | null {
  const fields = fieldsOf(bytes, from);
  if (fields === null) return null;
  let extras: Extras = { authority: null, alpn: null, tls: null };
  for (const { type, at, size } of fields) {
    const text = (): ByteText => textOf(bytes.subarray(at, at + size));
    if (type === 0x01) extras = { ...extras, alpn: text() };
    else if (type === 0x02) extras = { ...extras, authority: text() };
    else if (type === 0x03) {
      if (size !== 4 || number(bytes, at, 4) !== crc32c(bytes, at)) return null;
    } else if (type === 0x20) {
      const inner = size < 5 ? null : fieldsOf(bytes.subarray(0, at + size), at + 5);
      if (inner === null) return null;
      if (((bytes[at] as number) & 1) === 0) continue; // the client did not come with TLS
      const part = (wanted: number): ByteText | null => {
        const one = inner.find((field) => field.type === wanted);
        return one === undefined ? null : textOf(bytes.subarray(one.at, one.at + one.size));
      };
      const showedCertificate = ((bytes[at] as number) & 6) !== 0;
      extras = {
        ...extras,
        tls: { version: part(0x21), verified: showedCertificate && number(bytes, at + 1, 4) === 0, name: part(0x22) },
      };
    }
  }
  return extras;
}

function fieldsOf(bytes: Uint8Array, from: number): { type: number; at: number; size: number }[] | null {
  const fields: { type: number; at: number; size: number }[] = [];
  let at = from;
  while (at < bytes.length) {
    if (at + 3 > bytes.length) return null;
    const size = number(bytes, at + 1, 2);
    if (at + 3 + size > bytes.length) return null;
    fields.push({ type: bytes[at] as number, at: at + 3, size }); // at is in range
    at += 3 + size;
  }
  return fields;
}

/** CRC-32C of a header whose own check sum, at `skipped`, counts as zeros (RFC 4960, appendix B). */
function crc32c(bytes: Uint8Array, skipped: number): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    crc ^= i >= skipped && i < skipped + 4 ? 0 : (bytes[i] as number); // i is in range
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
