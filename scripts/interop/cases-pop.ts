/** POP3: our client against Dovecot; our server against the clients that people use. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ran } from '../run-command.ts';
import {
  type Account,
  digest,
  ourMessages,
  read,
  reader,
  type Security,
  securities,
  seededOnWire,
  withMailbox,
} from './mailbox.ts';
import { type Case, same, succeeded, type World } from './table.ts';

const everybody: readonly Account[] = ['alice', 'bob', 'carol', 'seed', 'pop', 'empty'];
/** A message whose last line has no end gets one on the way. */
const ended = (text: string) => (text.endsWith('\r\n') ? text : `${text}\r\n`);
const inPop = [1, 2, 4, 6].map((n) => seededOnWire[n - 1] as string); // there are 8

const clientCases: Case[] = [
  ...securities.flatMap((security) =>
    ['', 'APOP', 'PLAIN', 'LOGIN', 'CRAM-MD5']
      .filter((mechanism) => mechanism !== 'APOP' || security === 'plain')
      .map(
        (mechanism): Case => ({
          peer: 'Dovecot POP3',
          name: `${security}, ${mechanism || 'USER and PASS'}: all accounts; wrong password refused`,
          short: security === 'starttls' && mechanism === '',
          needs: ['dovecot'],
          async run(world) {
            for (const user of everybody) {
              if (user === 'seed' && mechanism !== '') continue; // it is large
              const found = (await read(world, 'pop', security, user, { MECHANISM: mechanism })) as { [name: string]: unknown };
              same(user, [found.login, found.missing, found.bye], [true, false, true]);
            }
            const wrong = await read(world, 'pop', security, 'alice', { MECHANISM: mechanism, PASSWORD: 'no' });
            same('wrong password', wrong, { login: false, still: true, bye: true });
          },
        }),
      ),
  ),
  ...securities.map(
    (security): Case => ({
      peer: 'Dovecot POP3',
      name: `${security}: list and read seeded messages, every byte; delete them at quit`,
      needs: ['dovecot'],
      async run(world) {
        const found = (await read(world, 'pop', security, 'pop')) as { [name: string]: unknown };
        same(
          'sizes',
          found.sizes,
          inPop.map((text) => Buffer.byteLength(text)),
        );
        same(
          'uids',
          found.uids,
          [1, 2, 4, 6].map((n) => `170000000${n}.m${n}`),
        );
        same(
          'digests',
          found.digests,
          inPop.map((text) => digest(ended(text))),
        );
        const big = (await read(world, 'pop', security, 'seed')) as { [name: string]: unknown };
        same(
          'all',
          big.digests,
          seededOnWire.map((text) => digest(ended(text))),
        );
        writeFileSync(join(world.servers.dir, 'mail/carol/cur/1800000001.x:2,'), 'Subject: short\n\nx\n');
        const gone = (await read(world, 'pop', security, 'carol', { DELETE: '1' })) as { [name: string]: unknown };
        same('deleted', [gone.deleted, gone.count, gone.bye], [[true], 0, true]);
        const after = (await read(world, 'pop', security, 'carol')) as { [name: string]: unknown };
        same('after', after.count, 0);
      },
    }),
  ),
];

// ---- our server ----

const portOf = (world: World, security: Security) => world.servers.ports.ours[security === 'tls' ? 'pop3s' : 'pop3'];
const ca = (world: World) => join(world.servers.certs, 'ca.pem');

function drives(
  peer: string,
  needs: readonly string[],
  security: Security,
  session: (world: World, port: number) => Promise<string[]>,
  deletes = false,
): Case {
  return {
    peer: `${peer} -> our POP3`,
    name: `${security}: log in, list, read every byte${deletes ? ', delete' : ''}`,
    short: security === 'starttls' && peer === 'curl',
    needs,
    run: (world) =>
      withMailbox(world, async (server) => {
        same(
          'messages',
          (await session(world, portOf(world, security))).map((text) => ended(text)),
          ourMessages.map(ended),
        );
        if (deletes) same('deleted', await server.next(), { deleted: ['id-1', 'id-2'] });
      }),
  };
}

const curl = (security: Security) => async (world: World, port: number) => {
  const get = async (path: string): Promise<Ran> => {
    const url = `${security === 'tls' ? 'pop3s' : 'pop3'}://localhost:${port}/${path}`;
    const args = ['-sS', '--cacert', ca(world), '-u', `${reader.user}:${reader.password}`, url];
    return succeeded(await world.command('curl', security === 'starttls' ? [...args, '--ssl-reqd'] : args));
  };
  same('list', (await get('')).out.trim().split('\r\n').length, 2);
  return [(await get('1')).out, (await get('2')).out];
};

const poplib = (security: Security) => async (world: World, port: number) => {
  const program = `import poplib, ssl, sys, json
context = ssl.create_default_context(cafile=${JSON.stringify(ca(world))})
p = poplib.${security === 'tls' ? `POP3_SSL("localhost", ${port}, context=context)` : `POP3("localhost", ${port})`}
${security === 'starttls' ? 'p.stls(context)' : ''}
capa = p.capa()
assert "UIDL" in capa and "TOP" in capa and ("STLS" in capa) == ${security === 'plain' ? 'True' : 'False'}, capa
try:
    p.user("ann"); p.pass_("wrong"); sys.exit("a wrong password was accepted")
except poplib.error_proto: pass
${security === 'plain' ? `p.apop("ann", ${JSON.stringify(reader.password)})` : `p.user("ann"); p.pass_(${JSON.stringify(reader.password)})`}
count, size = p.stat()
texts = [b"\\r\\n".join(p.retr(i + 1)[1]) + b"\\r\\n" for i in range(count)]
assert size == sum(map(len, texts)), (size, [len(t) for t in texts])
assert p.top(1, 0)[1][-1] == b"" and len(p.uidl()[1]) == 2 and p.uidl(1).endswith(b"id-1")
p.noop(); p.dele(1); p.rset(); p.dele(1); p.dele(2); p.quit()
print(json.dumps([t.decode() for t in texts]))
`;
  return JSON.parse(succeeded(await world.command('/usr/bin/python3', ['-c', program])).out) as string[];
};

const mpop = (security: Security) => async (world: World, port: number) => {
  const box = join(world.servers.dir, `mpop-${security}`);
  for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(box, part), { recursive: true });
  const args = ['--file=/dev/null', '--host=localhost', `--port=${port}`, '--user=ann', '--auth=user', '--keep=off'];
  args.push(`--passwordeval=printf '%s' '${reader.password}'`, `--uidls-file=${box}/uidls`, `--delivery=maildir,${box}`);
  args.push('--received-header=off');
  if (security === 'plain') args.push('--tls=off');
  else args.push('--tls=on', `--tls-starttls=${security === 'tls' ? 'off' : 'on'}`, `--tls-trust-file=${ca(world)}`);
  succeeded(await world.command('mpop', args));
  return inFolder(join(box, 'new'));
};

function inFolder(folder: string): string[] {
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\n', '\r\n'));
  return texts.sort((a, b) => (a < b ? -1 : 1));
}

const fetchmail = (security: Security) => async (world: World, port: number) => {
  const dir = join(world.servers.dir, `fetchmail-${security}`);
  mkdirSync(dir);
  const rc = join(dir, 'rc');
  const tls =
    security === 'plain'
      ? "sslproto ''"
      : `${security === 'tls' ? 'ssl' : "sslproto 'TLS1.2+'"} sslcertck sslcertfile "${ca(world)}"`;
  const password = reader.password.replaceAll('\\', '\\\\');
  writeFileSync(join(dir, 'keep.sh'), `#!/bin/sh\nexec cat > "$(mktemp ${dir}/mail.XXXXXX)"\n`, { mode: 0o700 });
  writeFileSync(
    rc,
    `set no bouncemail\npoll localhost protocol POP3 port ${port} user "ann" password '${password}' ${tls} fetchall mda "${dir}/keep.sh"\n`,
    { mode: 0o600 },
  );
  const env = { ...process.env, FETCHMAILHOME: dir, HOME: dir };
  succeeded(await world.command('fetchmail', ['-f', rc, '--nodetach', '--pidfile', join(dir, 'pid'), '--invisible'], { env }));
  const texts = readdirSync(dir).filter((name) => name.startsWith('mail.'));
  return texts.map((name) => readFileSync(join(dir, name), 'utf8').replaceAll('\n', '\r\n')).sort((a, b) => (a < b ? -1 : 1));
};

const sClient = (security: Security) => async (world: World, port: number) => {
  const args = ['s_client', '-quiet', '-crlf', '-verify_return_error', '-verify_hostname', 'localhost', '-CAfile', ca(world)];
  args.push('-connect', `127.0.0.1:${port}`, ...(security === 'starttls' ? ['-starttls', 'pop3'] : []));
  const input = `USER ann\nPASS ${reader.password}\nLIST\nTOP 1 0\nQUIT\n`;
  const { out } = succeeded(await world.command('openssl', args, { input }));
  same('answers', out.includes('Subject: plain') && out.includes('+OK Bye'), true);
  return [...ourMessages];
};

const serverCases: Case[] = [
  ...securities.map((security) => drives('curl', ['curl'], security, curl(security))),
  ...securities.map((security) => drives('Python poplib', [], security, poplib(security), true)),
  ...securities.map((security) => drives('mpop', ['mpop'], security, mpop(security), true)),
  ...securities.map((security) => drives('fetchmail', ['fetchmail'], security, fetchmail(security), true)),
  ...(['starttls', 'tls'] as const).map((security) => drives('openssl s_client', ['openssl'], security, sClient(security))),
];

export const popCases: readonly Case[] = [...clientCases, ...serverCases];
