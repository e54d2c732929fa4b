/** Digests and signatures for the library: `crypto`, `dkim`, and the ways to log in to mail servers. */

import { mistake } from '../../language/runtime/errors.ts';
import type { Machine } from '../../language/runtime/machine.ts';
import { atom, Str, SUSPENDED, type Suspended, str, type Value } from '../../language/values/values.ts';
import { nonNegativeInt, saying, text } from '../params.ts';
import { type Builtin, builtin, type Param } from '../registry.ts';
import { inSlices, textOf, type Work } from '../time-slices.ts';
import type { Derivation, DigestBackend, Hash, HashName, SignatureName } from './backend.ts';

/** Bytes that are digested in one slice. */
const SLICE = 2 ** 16;

/** Rounds for all the bytes of one key: seconds of work. SCRAM servers ask for at most a few hundred thousand. */
const MOST_ROUNDS = 10_000_000;

const hashName: Param<HashName> = {
  name: 'hash',
  expected: 'name of a hash',
  read: (value) =>
    value instanceof Str && /^(?:md5|sha1|sha256|sha512)$/.test(value.text) ? (value.text as HashName) : undefined,
};
const signatureName: Param<SignatureName> = {
  name: 'algorithm',
  expected: 'rsa or ed25519',
  read: (value) =>
    value instanceof Str && (value.text === 'rsa' || value.text === 'ed25519') ? (value.text as SignatureName) : undefined,
};
const data = saying(text('data'), 'Only a string has a digest, got');
const key = saying(text('key'), 'The key of a digest must be a string, got');

function* digest(hash: Hash, bytes: string): Work<string> {
  for (let at = 0; at < bytes.length; at += SLICE) {
    if (at > 0) yield;
    hash.update(bytes.slice(at, at + SLICE));
  }
  return hash.digest();
}

function derive(machine: Machine, { pbkdf2 }: DigestBackend, derivation: Derivation): Value | Suspended {
  if ('inSlices' in pbkdf2) return inSlices(machine, textOf(pbkdf2.inSlices(derivation)));
  const waiting = machine.block();
  pbkdf2.inBackground(derivation, (bytes) => machine.wake(waiting, str(bytes)));
  return SUSPENDED;
}

export function digestBuiltins(backend: DigestBackend): Builtin[] {
  return [
    builtin({
      name: '__digest',
      group: 'text',
      help: 'the digest of a string, as bytes; the hash is md5, sha1, sha256 or sha512',
      params: [hashName, data],
      suspends: true,
      run: (machine, hash, s) => inSlices(machine, textOf(digest(backend.hash(hash), s.text))),
    }),
    builtin({
      name: '__hex',
      group: 'text',
      help: 'the bytes of a string as lowercase hexadecimal digits',
      params: [text('s')],
      run: (_machine, s) => str(s.text.replace(/[\s\S]/g, (byte: string) => byte.charCodeAt(0).toString(16).padStart(2, '0'))),
    }),
    builtin({
      name: '__hmac',
      group: 'text',
      help: 'the HMAC of a string with a key, as bytes',
      params: [hashName, key, data],
      suspends: true,
      run: (machine, hash, secret, s) => inSlices(machine, textOf(digest(backend.hmac(hash, secret.text), s.text))),
    }),
    builtin({
      name: '__pbkdf2',
      group: 'text',
      help: 'so many bytes derived from a password and a salt in so many rounds',
      params: [
        hashName,
        key,
        saying(text('salt'), 'The salt must be a string, got'),
        nonNegativeInt('rounds'),
        nonNegativeInt('size'),
      ],
      suspends: true,
      run(machine, hash, password, salt, rounds, size) {
        if (rounds < 1) throw mistake('argument', { says: 'pbkdf2 takes at least 1 round, got', value: rounds });
        // SHA-1 makes 20 bytes in each turn of all rounds, the others more.
        if (rounds * Math.max(1, Math.ceil(size / 20)) > MOST_ROUNDS)
          throw mistake('argument', {
            says: `pbkdf2 does at most ${MOST_ROUNDS} rounds for each 20 bytes of the key, got`,
            value: rounds,
          });
        return size === 0 ? str('') : derive(machine, backend, { hash, password: password.text, salt: salt.text, rounds, size });
      },
    }),
    builtin({
      name: '__sign',
      group: 'text',
      help: 'the signature of a string with the private key of a PEM text, as [:rsa or :ed25519, bytes]; ? if that cannot be read',
      params: [text('pem'), text('data')],
      suspends: true,
      run: (machine, pem, s) => inSlices(machine, signed(backend, pem.text, s.text)),
    }),
    builtin({
      name: '__verify',
      group: 'text',
      help: 'whether a signature of a string holds; ? if the public key cannot be read',
      params: [signatureName, text('key'), text('data'), text('signature')],
      suspends: true,
      run: (machine, algorithm, publicKey, s, signature) =>
        inSlices(machine, verified(backend, algorithm, publicKey.text, s.text, signature.text)),
    }),
  ];
}

function* signed(backend: DigestBackend, pem: string, bytes: string): Work<Value> {
  const made = yield* backend.sign(pem, bytes);
  return made === undefined ? null : [atom(made.algorithm), str(made.signature)];
}

function* verified(
  backend: DigestBackend,
  algorithm: SignatureName,
  publicKey: string,
  bytes: string,
  signature: string,
): Work<Value> {
  return (yield* backend.verify(algorithm, publicKey, bytes, signature)) ?? null;
}
