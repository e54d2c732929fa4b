import { createHash, createHmac, generateKeyPairSync, pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pbkdf2, writtenDigests } from '../builtins/digests/written.ts';
import { whole } from '../builtins/time-slices.ts';
import { nodeDigests } from './digests.ts';
import { toText } from './latin1.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((all) => toText(all));
const names = ['md5', 'sha1', 'sha256', 'sha512'] as const;

for (const [title, backend] of Object.entries({ written: writtenDigests, 'of Node': nodeDigests })) {
  describe(`digests ${title}`, () => {
    for (const name of names) {
      it(`${name} is that of OpenSSL, in pieces, and with a key`, () => {
        fc.assert(
          fc.property(bytes, bytes, (first, second) => {
            const hash = backend.hash(name);
            hash.update(first);
            hash.update(second);
            const all = Buffer.from(first + second, 'latin1');
            expect(hash.digest()).toBe(toText(createHash(name).update(all).digest()));
            const mac = backend.hmac(name, first);
            mac.update(second);
            const key = Buffer.from(first, 'latin1');
            expect(mac.digest()).toBe(toText(createHmac(name, key).update(second, 'latin1').digest()));
          }),
        );
      });
    }

    it('counts the length of long messages', () => {
      const text = 'x'.repeat(1_000_000);
      const hash = backend.hash('sha256');
      hash.update(text);
      expect(hash.digest()).toBe(toText(createHash('sha256').update(text).digest()));
    });
  });
}

describe('pbkdf2', () => {
  it('is the same, written and of Node', async () => {
    for (const hash of ['sha1', 'sha256', 'sha512'] as const) {
      const derivation = { hash, password: 'pass\0word', salt: 'sa\0lt', rounds: 450, size: 100 };
      const expected = toText(pbkdf2Sync('pass\0word', 'sa\0lt', 450, 100, hash));
      expect(whole(pbkdf2(derivation))).toBe(expected);
      expect(
        await new Promise((done) => 'inBackground' in nodeDigests.pbkdf2 && nodeDigests.pbkdf2.inBackground(derivation, done)),
      ).toBe(expected);
    }
  });
});

describe('signatures', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const ed25519 = generateKeyPairSync('ed25519');
  const publicKeys = {
    rsa: rsa.publicKey.export({ type: 'spki', format: 'der' }),
    ed25519: ed25519.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
  };
  const pems = [
    rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }),
    ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  ] as string[];
  const backends = [writtenDigests, nodeDigests];

  it('of each hold for the other, and for nothing else', () => {
    for (const pem of pems) {
      for (const signer of backends) {
        const made = whole(signer.sign(pem, 'message \xff'));
        if (made === undefined) throw new Error('no signature');
        const { algorithm, signature } = made;
        for (const verifier of backends) {
          const check = (data: string, sig: string, key: string = toText(publicKeys[algorithm])) =>
            whole(verifier.verify(algorithm, key, data, sig));
          expect(check('message \xff', signature)).toBe(true);
          expect(check('message', signature)).toBe(false);
          expect(check('message \xff', signature.slice(1))).toBe(false);
          expect(check('message \xff', '')).toBe(false);
          expect(check('message \xff', `\x01${signature.slice(1)}`)).toBe(false);
          expect(check('message \xff', signature, 'no key')).toBe(undefined);
        }
      }
    }
  });

  it('take the public key of PKCS #1, too', () => {
    const key = toText(rsa.publicKey.export({ type: 'pkcs1', format: 'der' }));
    const made = whole(nodeDigests.sign(pems[0] ?? '', 'x'));
    for (const backend of backends) expect(whole(backend.verify('rsa', key, 'x', made?.signature ?? ''))).toBe(true);
  });

  it('are not made with malformed keys, or of a kind or size that is not known', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const short = generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    }) as string;
    const cut = (pems[0] ?? '').replace(/\n.{20}/, '\n');
    for (const backend of backends) {
      for (const pem of ['', 'no key', ec, short, cut, '-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----'])
        expect(whole(backend.sign(pem, 'x'))).toBe(undefined);
    }
  });

  it('never fail with an exception, whatever the key and the signature are', () => {
    fc.assert(
      fc.property(fc.constantFrom('rsa', 'ed25519'), bytes, bytes, (algorithm, key, signature) => {
        for (const backend of backends)
          expect([false, undefined]).toContain(whole(backend.verify(algorithm, key, 'x', signature)));
      }),
    );
  });
});
