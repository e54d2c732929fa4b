/**
 * The alert for a client whose certificate is refused.
 *
 * Node lets every certificate pass through the handshake and leaves the verdict to JavaScript, when it is too late for OpenSSL to
 * tell the peer. In TLS 1.3 the alert can still be made here: a record under the keys of the server's first flight of data, which
 * holds nothing so far but session tickets (RFC 8446, sections 5.2, 5.3, 6.2 and 7.3). In TLS 1.2 the client sees the end of the stream.
 */
import { createCipheriv, createHmac } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

const BAD_CERTIFICATE = 42;
/** Records that OpenSSL sends behind a full handshake: two session tickets. */
const TICKETS = 2;

const CIPHERS: {
  readonly [suite: string]: {
    readonly name: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
    readonly hash: string;
    readonly keyBytes: number;
  };
} = {
  TLS_AES_128_GCM_SHA256: { name: 'aes-128-gcm', hash: 'sha256', keyBytes: 16 },
  TLS_AES_256_GCM_SHA384: { name: 'aes-256-gcm', hash: 'sha384', keyBytes: 32 },
  TLS_CHACHA20_POLY1305_SHA256: { name: 'chacha20-poly1305', hash: 'sha256', keyBytes: 32 },
};

/** Remembers the secret of a server's handshake; the result sends `bad_certificate` to the client, if that can be done, and calls `sent`. */
export function alertFor(stream: TLSSocket, plain: Socket): (sent: () => void) => void {
  let secret: Buffer | null = null;
  stream.on('keylog', (line: Buffer) => {
    const [label, , hex = ''] = line.toString('latin1').trim().split(' ');
    if (label === 'SERVER_TRAFFIC_SECRET_0') secret = Buffer.from(hex, 'hex');
  });
  return (sent) => {
    const suite = CIPHERS[stream.getCipher()?.standardName ?? ''];
    if (secret === null || suite === undefined || stream.getProtocol() !== 'TLSv1.3' || stream.isSessionReused()) {
      sent();
      return;
    }
    const key = expand(suite.hash, secret, 'key', suite.keyBytes);
    const nonce = expand(suite.hash, secret, 'iv', 12);
    nonce[11] = (nonce[11] as number) ^ TICKETS; // it has 12 bytes
    const header = Buffer.from([23, 3, 3, 0, 2 + 1 + 16]);
    const cipher = createCipheriv(suite.name as 'aes-128-gcm', key, nonce, { authTagLength: 16 });
    cipher.setAAD(header);
    const alert = Buffer.concat([cipher.update(Buffer.from([2, BAD_CERTIFICATE, 21])), cipher.final()]);
    plain.write(Buffer.concat([header, alert, cipher.getAuthTag()]), sent);
  };
}

/** HKDF-Expand-Label with an empty context; the output is never longer than the hash. */
function expand(hash: string, secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`, 'latin1');
  const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0, 1])]);
  return createHmac(hash, secret).update(info).digest().subarray(0, length);
}
