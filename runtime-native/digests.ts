/** Digests and signatures by Node's OpenSSL. */
import { createHash, createHmac, createPrivateKey, createPublicKey, type KeyObject, pbkdf2, sign, verify } from 'node:crypto';
import { type DigestBackend, type Hash, RSA_BITS, type SignatureName } from '../builtins/digests/backend.ts';
import { toBuffer, toText } from './latin1.ts';

function hashOf(hash: ReturnType<typeof createHash | typeof createHmac>): Hash {
  return {
    update: (bytes) => void hash.update(bytes, 'latin1'),
    digest: () => hash.digest('latin1' as 'binary'),
  };
}

/** What a key is for; undefined if it is of another kind or a size that is refused. */
function algorithmOf(key: KeyObject): SignatureName | undefined {
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519';
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return key.asymmetricKeyType === 'rsa' && bits >= RSA_BITS.least && bits <= RSA_BITS.most ? 'rsa' : undefined;
}

/** What OpenSSL makes of a key that may be anything; undefined if it cannot read it. */
function readKey(read: () => KeyObject): KeyObject | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** In front of the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410, section 4). */
const ED25519_INFO = Buffer.from('302a300506032b6570032100', 'hex');

function publicKeyOf(algorithm: SignatureName, key: string): KeyObject | undefined {
  const der = toBuffer(key);
  if (algorithm === 'ed25519') {
    if (der.length !== 32) return undefined;
    return readKey(() => createPublicKey({ key: Buffer.concat([ED25519_INFO, der]), format: 'der', type: 'spki' }));
  }
  return (
    readKey(() => createPublicKey({ key: der, format: 'der', type: 'spki' })) ??
    readKey(() => createPublicKey({ key: der, format: 'der', type: 'pkcs1' }))
  );
}

export const nodeDigests: DigestBackend = {
  hash: (name) => hashOf(createHash(name)),
  hmac: (name, key) => hashOf(createHmac(name, toBuffer(key))),
  pbkdf2: {
    inBackground({ hash, password, salt, rounds, size }, done) {
      pbkdf2(toBuffer(password), toBuffer(salt), rounds, size, hash, (error, bytes) => {
        if (error !== null) throw error; // the arguments are checked before
        done(toText(bytes));
      });
    },
  },
  *sign(pem, data) {
    const key = readKey(() => createPrivateKey(pem));
    const algorithm = key && algorithmOf(key);
    if (key === undefined || algorithm === undefined) return undefined;
    const signature = sign(algorithm === 'rsa' ? 'sha256' : null, toBuffer(data), key);
    return { algorithm, signature: toText(signature) };
  },
  // biome-ignore lint/correctness/useYield: OpenSSL needs a few milliseconds at most
  *verify(algorithm, key, data, signature) {
    const read = publicKeyOf(algorithm, key);
    if (read === undefined || algorithmOf(read) !== algorithm) return undefined;
    return verify(algorithm === 'rsa' ? 'sha256' : null, toBuffer(data), read, toBuffer(signature));
  },
};
