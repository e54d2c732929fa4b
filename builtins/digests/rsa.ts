/** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2), for hosts that do not bring it along. */
import type { Work } from '../time-slices.ts';
import { RSA_BITS } from './backend.ts';
import { BIT_STRING, bytesOfInteger, type Element, INTEGER, integerOf, OCTET_STRING, sequence } from './der.ts';

/** What DER has in front of a SHA-256 digest (RFC 8017, section 9.2, note 1). */
const DIGEST_INFO = '\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20';

export interface RsaKey {
  readonly modulus: bigint;
  readonly exponent: bigint;
}

/** The private key in a PKCS #1 or PKCS #8 structure; undefined if there is none, or none of RSA. */
export function privateKeyOf(der: string): RsaKey | undefined {
  let fields = sequence(der);
  const inner = fields?.[2];
  if (inner?.tag === OCTET_STRING) fields = sequence(inner.content);
  return keyOf(fields?.[1], fields?.[3]);
}

/** The public key in a SubjectPublicKeyInfo or an RSAPublicKey. */
export function publicKeyOf(der: string): RsaKey | undefined {
  let fields = sequence(der);
  const inner = fields?.[1];
  if (inner?.tag === BIT_STRING) fields = sequence(inner.content.slice(1));
  return keyOf(fields?.[0], fields?.[1]);
}

function keyOf(modulus: Element | undefined, exponent: Element | undefined): RsaKey | undefined {
  if (modulus?.tag !== INTEGER || exponent?.tag !== INTEGER) return undefined;
  const key = { modulus: integerOf(modulus.content), exponent: integerOf(exponent.content) };
  const bits = key.modulus.toString(2).length;
  return bits < RSA_BITS.least || bits > RSA_BITS.most ? undefined : key;
}

function* power(base: bigint, { modulus, exponent }: RsaKey): Work<bigint> {
  let result = 1n;
  const bits = exponent.toString(2);
  for (let i = 0; i < bits.length; i++) {
    result = (result * result) % modulus;
    if (bits[i] === '1') result = (result * base) % modulus;
    if (i % 16 === 15) yield;
  }
  return result;
}

const sizeOf = (key: RsaKey): number => Math.ceil(key.modulus.toString(16).length / 2);

/** The digest as it is signed: padded to the size of the key. */
function padded(digest: string, size: number): string {
  return `\0\x01${'\xff'.repeat(size - DIGEST_INFO.length - digest.length - 3)}\0${DIGEST_INFO}${digest}`;
}

export function* rsaSign(key: RsaKey, digest: string): Work<string> {
  const size = sizeOf(key);
  return bytesOfInteger(yield* power(integerOf(padded(digest, size)), key), size);
}

export function* rsaVerify(key: RsaKey, digest: string, signature: string): Work<boolean> {
  const size = sizeOf(key);
  const value = integerOf(signature);
  if (signature.length !== size || value >= key.modulus) return false;
  return bytesOfInteger(yield* power(value, key), size) === padded(digest, size);
}
