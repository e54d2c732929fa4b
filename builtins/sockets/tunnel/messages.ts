/** What the frames say that are not data: JSON in UTF-8, checked by the receiver. */
import type { Breakdown, Encryption, ErrorCode, TlsOptions } from '../backend.ts';

type Check<T> = (value: unknown) => value is T;
type Checked<C> = C extends Check<infer T> ? T : never;

const text: Check<string> = (value): value is string => typeof value === 'string';
const flag: Check<boolean> = (value): value is boolean => typeof value === 'boolean';
const count: Check<number> = (value): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const milliseconds: Check<number> = (value): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

function oneOf<T extends string>(...words: readonly T[]): Check<T> {
  return (value): value is T => words.includes(value as T);
}

function orNull<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value);
}

function listOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(check);
}

function fields<F extends { readonly [name: string]: Check<unknown> }>(
  checks: F,
): Check<{ readonly [name in keyof F]: Checked<F[name]> }> {
  return (value): value is { readonly [name in keyof F]: Checked<F[name]> } =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(checks).every(([name, check]) => check((value as { readonly [name: string]: unknown })[name]));
}

/** The names are those of `ErrorCode`, all of them. */
const CODES: { readonly [code in ErrorCode]: true } = {
  timeout: true,
  refused: true,
  reset: true,
  unreachable: true,
  dns: true,
  address: true,
  closed: true,
  eof: true,
  tls: true,
  cert: true,
  inuse: true,
  limit: true,
  permission: true,
  protocol: true,
  http: true,
  unavailable: true,
  other: true,
};
const code: Check<ErrorCode> = (value): value is ErrorCode => text(value) && Object.hasOwn(CODES, value);

const sources = fields({ cert: orNull(text), key: orNull(text), ca: orNull(text), caName: text });

const isTls = fields({
  role: oneOf('client', 'server'),
  serverName: orNull(text),
  verify: flag,
  clientAuth: oneOf('none', 'request', 'require'),
  credentials: orNull(sources),
  sni: listOf(fields({ name: text, credentials: sources })),
  minVersion: oneOf('1.2', '1.3'),
  alpn: listOf(text),
  timeoutMs: milliseconds,
});
/** `TlsOptions` with the texts of certificates in place of what a backend has made of them. */
export type TlsMessage = Checked<typeof isTls>;

const streamFields = { tls: orNull(isTls), noDelay: flag, keepAliveMs: milliseconds, lingerMs: milliseconds };
const isConnect = fields({ connect: text, ...streamFields });
const isListen = fields({ listen: text, ...streamFields, backlog: count, handshakeMs: milliseconds });
const isResolve = fields({ resolve: text, use: oneOf('dial', 'listen') });
/** Asks for a connection to an address, or a listener on one; `within`: the only addresses of a name that may be used. */
export type OpenMessage = (Checked<typeof isConnect> | Checked<typeof isListen>) & { readonly within?: readonly string[] };
/** Asks for the addresses that the name in an address has. */
export type ResolveMessage = Checked<typeof isResolve>;

const encryption: Check<Encryption> = fields({
  protocol: text,
  cipher: text,
  alpn: orNull(text),
  serverName: orNull(text),
  verified: flag,
  resumed: flag,
  peer: orNull(fields({ subject: text, issuer: text, names: listOf(text), validFrom: text, validTo: text, fingerprint: text })),
});

const isOpened = fields({ local: text, remote: text, encryption: orNull(encryption) });
/** Both ends of a connection; of a listener, `local` alone. */
export type OpenedMessage = Checked<typeof isOpened>;

function hasWithin(value: object): boolean {
  const { within } = value as { readonly within?: unknown };
  return within === undefined || listOf(text)(within);
}

const isResolved = fields({ addresses: listOf(text) });
/** The addresses of a name that the gateway allows. */
export type ResolvedMessage = Checked<typeof isResolved>;

const isAccepted = fields({
  stream: count,
  local: text,
  remote: text,
  /** Of TLS. `failed`: the client was refused, and the connection is going to say why. */
  handshake: oneOf('none', 'running', 'done', 'failed'),
  encryption: orNull(encryption),
});
export type AcceptedMessage = Checked<typeof isAccepted>;

const isFailed = fields({ code, detail: text, call: orNull(oneOf('read', 'write')), temporary: flag });
/** A `Failure`, or what has broken a connection; of a listener also what passes. */
export type FailedMessage = Checked<typeof isFailed>;

const isUpgraded = fields({ encryption: orNull(encryption) });

/** What each kind of message says, by its check. */
export const isMessage = {
  open: (value: unknown): value is OpenMessage | ResolveMessage =>
    ((isConnect(value) || isListen(value)) && hasWithin(value)) || isResolve(value),
  opened: isOpened,
  resolved: isResolved,
  accepted: isAccepted,
  failed: isFailed,
  upgraded: isUpgraded,
  tls: isTls,
} as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function writeMessage(
  message:
    | OpenMessage
    | ResolveMessage
    | OpenedMessage
    | ResolvedMessage
    | AcceptedMessage
    | FailedMessage
    | Checked<typeof isUpgraded>,
): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

/** The message in a payload; null if it is none of that kind. */
export function readMessage<T>(payload: Uint8Array, is: Check<T>): T | null {
  try {
    const value: unknown = JSON.parse(decoder.decode(payload));
    return is(value) ? value : null;
  } catch {
    return null;
  }
}

/** New options of a listener with TLS. */
export function writeTls(tls: TlsMessage): Uint8Array {
  return encoder.encode(JSON.stringify(tls));
}

/** The second half of an upgrade: four bytes of length, the options, and the bytes that the page has received and not read. */
export function writeUpgrade(tls: TlsMessage, unread: readonly Uint8Array[]): Uint8Array {
  const options = writeTls(tls);
  const payload = new Uint8Array(4 + options.length + unread.reduce((sum, { length }) => sum + length, 0));
  new DataView(payload.buffer).setUint32(0, options.length);
  payload.set(options, 4);
  let at = 4 + options.length;
  for (const piece of unread) {
    payload.set(piece, at);
    at += piece.length;
  }
  return payload;
}

export function readUpgrade(payload: Uint8Array): { readonly tls: TlsMessage; readonly unread: Uint8Array } | null {
  if (payload.length < 4) return null;
  const length = new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(0);
  if (length > payload.length - 4) return null;
  const tls = readMessage(payload.subarray(4, 4 + length), isTls);
  return tls === null ? null : { tls, unread: payload.slice(4 + length) };
}

/** `TlsOptions` without what a backend has made of certificates. */
export function plainTls({ role, serverName, verify, clientAuth, minVersion, alpn, timeoutMs }: TlsOptions | TlsMessage) {
  return { role, serverName, verify, clientAuth, minVersion, alpn, timeoutMs };
}

export function failedMessage({ code, words, call }: Breakdown): FailedMessage {
  return { code, detail: words, call, temporary: false };
}
