/** What the cases of pop and imap share: our reader, our server, and the mail in it. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { accounts } from './configs.ts';
import { seeded } from './mailboxes.ts';
import type { Running, World } from './table.ts';

export type Security = 'plain' | 'starttls' | 'tls';
export type Account = keyof typeof accounts;

export const securities: readonly Security[] = ['plain', 'starttls', 'tls'];

/** Who may read the mailbox of our server. */
export const reader = { user: 'ann', password: 'b "q" \\ x' };

export const wire = (text: string) => text.replaceAll('\n', '\r\n');
export const digest = (text: string) => createHash('md5').update(text, 'utf8').digest('hex');

/** Seeded messages as they are on the wire. */
export const seededOnWire: readonly string[] = seeded.map(wire);

/** The environment of our reader, reader.oak. */
export function readerEnvironment(
  protocol: 'pop' | 'imap',
  security: Security,
  port: number,
  user: Account,
  more: { readonly [name: string]: string } = {},
): { readonly [name: string]: string } {
  return {
    PROTOCOL: protocol,
    SECURITY: security,
    ADDRESS: `localhost:${port}`,
    USER: user,
    PASSWORD: accounts[user],
    MECHANISM: '',
    DELETE: '',
    CHANGE: '',
    ...more,
  };
}

/** Runs our reader. */
export function read(
  world: World,
  protocol: 'pop' | 'imap',
  security: Security,
  user: Account,
  more: { readonly [name: string]: string } = {},
): Promise<unknown> {
  const { pop3, pop3s, imap, imaps } = world.servers.ports;
  const port = protocol === 'pop' ? (security === 'tls' ? pop3s : pop3) : security === 'tls' ? imaps : imap;
  return world.magnolia('reader.oak', readerEnvironment(protocol, security, port, user, more));
}

/** Starts our server of one mailbox. */
export function serveMailbox(world: World): Promise<Running> {
  const { pop3, pop3s, imap, imaps } = world.servers.ports.ours;
  const certs = world.servers.certs;
  return world.serve('mailbox-server.oak', {
    POP3: pop3,
    POP3S: pop3s,
    IMAP: imap,
    IMAPS: imaps,
    CERT: join(certs, 'server.pem'),
    KEY: join(certs, 'server.key'),
  });
}

/** Runs something while our server runs. */
export async function withMailbox<T>(world: World, f: (server: Running) => Promise<T>): Promise<T> {
  const server = await serveMailbox(world);
  try {
    return await f(server);
  } finally {
    await server.stop();
  }
}

/** The two messages in it, on the wire. */
export const ourMessages: readonly string[] = [
  wire(
    'From: one@example.test\nSubject: plain\nDate: Thu, 01 Jan 2026 00:00:01 +0000\nMessage-ID: <1@x>\n\nfirst\n.\n..dots\nend',
  ),
  wire(
    `From: two@example.test\nSubject: =?utf-8?B?Z3LDvG4=?=\nDate: Thu, 01 Jan 2026 00:00:02 +0000\nMessage-ID: <2@x>\nMIME-Version: 1.0\n${'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\ngrün\n--b\n'}Content-Type: application/octet-stream; name="a b.bin"\nContent-Transfer-Encoding: base64\n${'Content-Disposition: attachment; filename="a b.bin"\n\nAAEC\n--b--\n'}`,
  ),
];
