/** Mail from a page: our clients in the browser against Dovecot and Exim, with the verdicts of the same programs on Node. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accounts } from '../interop/configs.ts';
import { digest, readerEnvironment, seededOnWire } from '../interop/mailbox.ts';
import { provideSoftware } from '../interop/packages.ts';
import { type Servers, startServers } from '../interop/servers.ts';
import { same } from '../interop/table.ts';
import { type Browser, cli, type Gateway, root, startGateway } from './kit.ts';

/** Below 32,768, where Linux begins to assign ports to outgoing connections. */
const BASE_PORT = 26_000;
const LIMIT_MS = 30_000;

interface Session {
  readonly name: string;
  readonly needs: string;
  /** A program of scripts/interop, which prints JSON. */
  readonly program: string;
  env(servers: Servers): { readonly [name: string]: string };
  /** What of the result is the same in each run, and right. */
  facts(result: Result): unknown;
  readonly expected: unknown;
}

type Result = { readonly [name: string]: unknown };

const message = 'From: ann@example.test\r\nSubject: from a page\r\n\r\nhello\r\n';
const sending = (security: string, port: number) => ({
  ADDRESS: `localhost:${port}`,
  SECURITY: security,
  MECHANISM: '',
  LOGIN: 'bob',
  PASSWORD: accounts.bob,
  FROM: 'ann@example.test',
  TO: 'alice@example.test',
  FILE: '/message.eml',
  TIMEOUT: '10',
});

const SESSIONS: readonly Session[] = [
  ...(['tls', 'starttls'] as const).map(
    (security): Session => ({
      name: `IMAP with ${security}: every byte of a mailbox`,
      needs: 'dovecot',
      program: 'reader.oak',
      env: ({ ports }) => readerEnvironment('imap', security, security === 'tls' ? ports.imaps : ports.imap, 'seed'),
      facts: ({ login, digests, bye }) => [login, digests, bye],
      expected: [true, seededOnWire.map(digest), true],
    }),
  ),
  {
    name: 'IMAP with TLS: changes, while another client waits in IDLE',
    needs: 'dovecot',
    program: 'reader.oak',
    env: ({ ports }) => readerEnvironment('imap', 'tls', ports.imaps, 'carol', { CHANGE: '1' }),
    facts: ({ made, appended, idle, expunged, bye }) => [made, appended, idle, expunged, bye],
    expected: [true, true, true, true, true],
  },
  ...(['plain', 'starttls', 'tls'] as const).map(
    (security): Session => ({
      name: `POP with ${security}`,
      needs: 'dovecot',
      program: 'reader.oak',
      env: ({ ports }) => readerEnvironment('pop', security, security === 'tls' ? ports.pop3s : ports.pop3, 'pop'),
      facts: ({ login, digests, bye }) => [login, Array.isArray(digests) && digests.length > 0, bye],
      expected: [true, true, true],
    }),
  ),
  ...(['starttls', 'tls'] as const).map(
    (security): Session => ({
      name: `SMTP with ${security}: login and a message`,
      needs: 'exim',
      program: 'smtp-client.oak',
      env: ({ ports }) => sending(security, security === 'tls' ? ports.exims : ports.exim),
      facts: ({ login, ok, accepted, still, bye }) => [login, ok, accepted, still, bye],
      expected: [235, true, ['alice@example.test'], true, 221],
    }),
  ),
];

export async function mailFromPages(browser: Browser): Promise<string> {
  const missing = provideSoftware(['dovecot', 'aiosmtpd', 'exim4']);
  if (missing.has('dovecot') || missing.has('aiosmtpd')) return `LEFT OUT: there is no ${[...missing].join(', no ')}`;
  const servers = await startServers(BASE_PORT);
  const gateway = await startGateway({ SSL_CERT_FILE: join(servers.certs, 'ca.pem') });
  try {
    const sessions = SESSIONS.filter(({ needs }) => needs !== 'exim' || servers.exim);
    for (const session of sessions) await hold(session, servers, gateway, browser);
    return `${sessions.length} sessions as on Node${servers.exim ? '' : ', NO EXIM'}`;
  } finally {
    await gateway.stop();
    await servers.stop();
  }
}

/** The session in the page and on Node: both as expected. */
async function hold(session: Session, servers: Servers, gateway: Gateway, browser: Browser): Promise<void> {
  const file = join(root, 'scripts/interop', session.program);
  const env = session.env(servers);
  const job = { gateway: gateway.access, file, env, text: readFileSync(file, 'utf8'), files: { '/message.eml': message } };
  const { out, err, code } = await browser.run(0, job, LIMIT_MS);
  if (code !== 0) throw new Error(`${session.name}: ${code}\n${out}${err}\n${gateway.log().slice(-1000)}`);
  same(session.name, session.facts(lastLine(out)), session.expected);

  const nativeEnv = {
    ...process.env,
    ...env,
    FILE: join(servers.dir, 'message.eml'),
    SSL_CERT_FILE: join(servers.certs, 'ca.pem'),
  };
  execFileSync('/bin/sh', ['-c', 'cat > "$FILE"'], { env: nativeEnv, input: message });
  const native = execFileSync(process.execPath, [cli, file], { env: nativeEnv, encoding: 'latin1', timeout: LIMIT_MS });
  same(`${session.name} on Node`, session.facts(lastLine(native)), session.expected);
}

function lastLine(out: string): Result {
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Result; // the programs print an object
}
