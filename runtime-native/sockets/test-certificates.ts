/**
 * Certificates for tests, made when they are needed: any date, any name, any chain, right or wrong.
 *
 * A certificate is a few nested DER values and a signature, which `node:crypto` makes; so tests need neither a tool nor files
 * that expire in the repository.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';

export interface CertificateRequest {
  readonly commonName: string;
  /** Alternative names: `dns:localhost`, `ip:127.0.0.1`, `uri:https://host/`. */
  readonly names?: readonly string[];
  /** Who signs it; itself, if not given. */
  readonly issuer?: Identity;
  readonly authority?: boolean;
  readonly validFrom?: Date;
  readonly validTo?: Date;
  /** What it may be used for; both, if not given. */
  readonly usage?: 'server' | 'client';
}

/** A certificate and its key. */
export interface Identity {
  readonly commonName: string;
  readonly cert: string;
  readonly key: string;
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
}

const DAY_MS = 86_400_000;
const SIGNATURE = '1.2.840.10045.4.3.2'; // ECDSA with SHA-256

/** Makes a key and a certificate for it. */
export function makeIdentity(request: CertificateRequest): Identity {
  const { commonName, issuer, authority = false } = request;
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' });
  const signer = issuer?.keys ?? keys;
  const from = request.validFrom ?? new Date(Date.now() - DAY_MS);
  const to = request.validTo ?? new Date(Date.now() + 30 * DAY_MS);

  const extensions = [
    extension('2.5.29.14', octets(keyId(keys.publicKey))),
    extension('2.5.29.35', sequence(der(0x80, keyId(signer.publicKey)))),
    extension('2.5.29.19', sequence(...(authority ? [der(0x01, Buffer.from([0xff]))] : [])), true),
    ...(authority ? [] : [extension('2.5.29.37', sequence(...usages(request.usage)))]),
    ...(request.names === undefined ? [] : [extension('2.5.29.17', sequence(...request.names.map(alternativeName)))]),
  ];
  const algorithm = sequence(oid(SIGNATURE));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name(issuer?.commonName ?? commonName),
    sequence(time(from), time(to)),
    name(commonName),
    publicKey,
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, signer.privateKey);
  const certificate = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return {
    commonName,
    cert: new X509Certificate(certificate).toString(),
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    keys,
  };
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function octets(content: Buffer): Buffer {
  return der(0x04, content);
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const number of rest) {
    const digits = [number & 127];
    for (let high = number >> 7; high > 0; high >>= 7) digits.unshift((high & 127) | 128);
    bytes.push(...digits);
  }
  return der(0x06, Buffer.from(bytes));
}

function name(commonName: string): Buffer {
  if (commonName === '') return sequence(); // nobody has to have one
  return sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(commonName)))));
}

function time(at: Date): Buffer {
  return der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), octets(value));
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

function usages(usage: 'server' | 'client' | undefined): Buffer[] {
  return [...(usage === 'client' ? [] : [oid('1.3.6.1.5.5.7.3.1')]), ...(usage === 'server' ? [] : [oid('1.3.6.1.5.5.7.3.2')])];
}

function alternativeName(text: string): Buffer {
  const [, kind, value = ''] = /^(\w+):(.*)$/.exec(text) ?? [];
  if (kind === 'ip') return der(0x87, value.includes(':') ? ipv6(value) : Buffer.from(value.split('.').map(Number)));
  return der(kind === 'uri' ? 0x86 : 0x82, Buffer.from(value));
}

/** Only the forms that tests need: eight groups, or `::1`. */
function ipv6(text: string): Buffer {
  const groups = text === '::1' ? [0, 0, 0, 0, 0, 0, 0, 1] : text.split(':').map((group) => Number.parseInt(group, 16));
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 255]));
}
