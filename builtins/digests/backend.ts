/** What computes digests and signatures: the host's library where it has one, otherwise the code beside this file. All of it is over byte text. */
import type { Work } from '../time-slices.ts';

export type HashName = 'md5' | 'sha1' | 'sha256' | 'sha512';

/** A digest of text that arrives in pieces. */
export interface Hash {
  update(bytes: string): void;
  /** The digest; nothing can be added after it. */
  digest(): string;
}

export interface DigestBackend {
  hash(name: HashName): Hash;
  hmac(name: HashName, key: string): Hash;
  /** PBKDF2 (RFC 8018), in slices or in the background. */
  readonly pbkdf2:
    | { readonly inSlices: (derivation: Derivation) => Work<string> }
    | { readonly inBackground: (derivation: Derivation, done: (bytes: string) => void) => void };
  /** Signs with the private key of a PEM text; undefined if there is none of a kind that is known. */
  sign(pem: string, data: string): Work<Signed | undefined>;
  /** Whether a signature holds; undefined if the key cannot be read. */
  verify(algorithm: SignatureName, key: string, data: string, signature: string): Work<boolean | undefined>;
}

export interface Derivation {
  readonly hash: HashName;
  readonly password: string;
  readonly salt: string;
  readonly rounds: number;
  readonly size: number;
}

/**
 * `rsa`: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2); its key is a SubjectPublicKeyInfo or RSAPublicKey in DER. `ed25519`: RFC 8032; its
 * key is 32 bytes.
 */
export type SignatureName = 'rsa' | 'ed25519';

export interface Signed {
  readonly algorithm: SignatureName;
  readonly signature: string;
}

/** RSA keys of other sizes are refused: shorter ones are broken (RFC 8301, section 3.2), longer ones cost seconds. */
export const RSA_BITS = { least: 1024, most: 8192 } as const;
