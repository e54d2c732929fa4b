/** Digests and signatures written here, for hosts without any that answer at once: those of browsers are asynchronous, and only on secure pages. */
import type { Work } from '../time-slices.ts';
import type { Derivation, DigestBackend, Hash, HashName } from './backend.ts';
import { BlockHash, type Compression } from './block-hash.ts';
import { ed25519KeyOf, ed25519Sign, ed25519Verify } from './ed25519.ts';
import { md5 } from './md5.ts';
import { derOf } from './pem.ts';
import { privateKeyOf, publicKeyOf, rsaSign, rsaVerify } from './rsa.ts';
import { sha1 } from './sha1.ts';
import { sha256 } from './sha256.ts';
import { sha512 } from './sha512.ts';

const kinds: { readonly [name in HashName]: Compression } = { md5, sha1, sha256, sha512 };

/** HMAC (RFC 2104); `fork` starts it again with the same key. */
class Hmac implements Hash {
  readonly #inner: BlockHash;
  readonly #outer: BlockHash;

  constructor(inner: BlockHash, outer: BlockHash) {
    this.#inner = inner;
    this.#outer = outer;
  }

  static of(kind: Compression, key: string): Hmac {
    const short = key.length > kind.blockSize ? digestOf(kind, key) : key;
    const block = short.padEnd(kind.blockSize, '\0');
    const [inner, outer] = [0x36, 0x5c].map((mask) => {
      const hash = new BlockHash(kind);
      hash.update(block.replace(/[\s\S]/g, (byte) => String.fromCharCode(byte.charCodeAt(0) ^ mask)));
      return hash;
    }) as [BlockHash, BlockHash]; // one for each mask
    return new Hmac(inner, outer);
  }

  fork(): Hmac {
    return new Hmac(this.#inner.fork(), this.#outer.fork());
  }

  update(bytes: string): void {
    this.#inner.update(bytes);
  }

  digest(): string {
    this.#outer.update(this.#inner.digest());
    return this.#outer.digest();
  }
}

function digestOf(kind: Compression, bytes: string): string {
  const hash = new BlockHash(kind);
  hash.update(bytes);
  return hash.digest();
}

/** Rounds that are done in one slice. */
const ROUNDS = 200;

/** PBKDF2 (RFC 8018, section 5.2). */
export function* pbkdf2({ hash, password, salt, rounds, size }: Derivation): Work<string> {
  const mac = Hmac.of(kinds[hash], password);
  const macOf = (bytes: string): string => {
    const one = mac.fork();
    one.update(bytes);
    return one.digest();
  };
  let made = '';
  for (let block = 1; made.length < size; block++) {
    let last = macOf(salt + String.fromCharCode(block >>> 24, (block >>> 16) & 255, (block >>> 8) & 255, block & 255));
    const sum = Array.from(last, (byte) => byte.charCodeAt(0));
    for (let round = 1; round < rounds; round++) {
      last = macOf(last);
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) ^ last.charCodeAt(i);
      if (round % ROUNDS === 0) yield;
    }
    made += String.fromCharCode(...sum);
  }
  return made.slice(0, size);
}

const sha512Of = (bytes: string): string => digestOf(sha512, bytes);

export const writtenDigests: DigestBackend = {
  hash: (name) => new BlockHash(kinds[name]),
  hmac: (name, key) => Hmac.of(kinds[name], key),
  pbkdf2: { inSlices: pbkdf2 },
  *sign(pem, data) {
    const der = derOf(pem, 'PRIVATE KEY');
    if (der === undefined) return undefined;
    const secret = ed25519KeyOf(der);
    if (secret !== undefined) return { algorithm: 'ed25519', signature: yield* ed25519Sign(secret, data, sha512Of) };
    const key = privateKeyOf(der);
    if (key === undefined) return undefined;
    return { algorithm: 'rsa', signature: yield* rsaSign(key, digestOf(sha256, data)) };
  },
  *verify(algorithm, key, data, signature) {
    if (algorithm === 'ed25519') return yield* ed25519Verify(key, data, signature, sha512Of);
    const rsa = publicKeyOf(key);
    return rsa === undefined ? undefined : yield* rsaVerify(rsa, digestOf(sha256, data), signature);
  },
};
