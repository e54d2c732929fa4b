/** IMAP: our client against Dovecot; our server against the clients that people use. */
import { mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { folders } from './mailboxes.ts';
import { type Case, same, succeeded, type World } from './table.ts';

const everybody: readonly Account[] = ['alice', 'bob', 'carol', 'seed', 'pop', 'empty'];

const clientCases: Case[] = [
  ...securities.flatMap((security) =>
    ['', 'PLAIN', 'LOGIN', 'CRAM-MD5'].map(
      (mechanism): Case => ({
        peer: 'Dovecot IMAP',
        name: `${security}, ${mechanism || 'LOGIN command'}: all accounts; wrong password refused`,
        short: security === 'starttls' && mechanism === '',
        needs: ['dovecot'],
        async run(world) {
          for (const user of everybody) {
            if (user === 'seed' && mechanism !== '') continue; // it is large
            const found = (await read(world, 'imap', security, user, { MECHANISM: mechanism })) as { [name: string]: unknown };
            same(user, [found.login, found.missing, found.bye], [true, false, true]);
          }
          const wrong = await read(world, 'imap', security, 'alice', { MECHANISM: mechanism, PASSWORD: 'no' });
          same('wrong password', wrong, { login: false, still: true, bye: true });
        },
      }),
    ),
  ),
  ...securities.map(
    (security): Case => ({
      peer: 'Dovecot IMAP',
      name: `${security}: list, search and fetch seeded messages, every byte`,
      needs: ['dovecot'],
      async run(world) {
        const found = (await read(world, 'imap', security, 'seed')) as { mailboxes: string[]; [name: string]: unknown };
        same(
          'sizes',
          found.sizes,
          seededOnWire.map((text) => Buffer.byteLength(text)),
        );
        same('digests', found.digests, seededOnWire.map(digest));
        same('uids', found.uids, [1, 2, 3, 4, 5, 6, 7, 8]);
        same('found', found.found, [4]);
        for (const name of ['INBOX', ...Object.keys(folders)]) same(name, found.mailboxes.includes(name), true);
        for (const [name, text] of Object.entries(folders)) {
          if (text === null) continue;
          const inFolder = (await read(world, 'imap', security, 'seed', { MAILBOX: name })) as { [name: string]: unknown };
          same(name, inFolder.digests, [digest(text.replaceAll('\n', '\r\n'))]);
        }
      },
    }),
  ),
  ...securities.map(
    (security): Case => ({
      peer: 'Dovecot IMAP',
      name: `${security}: create, append, copy, move, wait in IDLE, store, expunge, delete`,
      short: security === 'tls',
      needs: ['dovecot'],
      async run(world) {
        same('changes', await read(world, 'imap', security, 'bob', { CHANGE: '1' }), {
          made: true,
          appended: true,
          text: 'Subject: x\r\n\r\nhello\r\n',
          date: '01-Nov-2026 10:00:00 +0000',
          copied: true,
          idle: true,
          inbox: 2,
          modified: [[], [1]],
          changed: [
            [1, true],
            [2, true],
          ],
          flagged: 2,
          expunged: true,
          empty: 0,
          removed: true,
          bye: true,
        });
      },
    }),
  ),
];

// ---- our server ----

const portOf = (world: World, security: Security) => world.servers.ports.ours[security === 'tls' ? 'imaps' : 'imap'];
const ca = (world: World) => join(world.servers.certs, 'ca.pem');

function drives(
  peer: string,
  needs: readonly string[],
  security: Security,
  session: (world: World, port: number) => Promise<readonly string[]>,
): Case {
  return {
    peer: `${peer} -> our IMAP`,
    name: `${security}: log in, list, read every byte`,
    short: security === 'starttls' && peer === 'curl',
    needs,
    run: (world) => withMailbox(world, async () => same('messages', await session(world, portOf(world, security)), ourMessages)),
  };
}

const curl = (security: Security) => async (world: World, port: number) => {
  const get = async (path: string, request?: string) => {
    const url = `${security === 'tls' ? 'imaps' : 'imap'}://localhost:${port}/${path}`;
    const args = ['-sS', '--cacert', ca(world), '-u', `${reader.user}:${reader.password}`, url];
    if (security === 'starttls') args.push('--ssl-reqd');
    if (request !== undefined) args.push('-X', request);
    return succeeded(await world.command('curl', args)).out;
  };
  same('list', (await get('')).includes('INBOX'), true);
  same('search', (await get('INBOX?SUBJECT%20plain')).trim(), '* SEARCH 1');
  same('examine', (await get('', 'EXAMINE INBOX')).includes('* 2 EXISTS'), true);
  return [await get('INBOX;UID=1'), await get('INBOX;MAILINDEX=2')];
};

const imaplib = (security: Security) => async (world: World, port: number) => {
  const program = `import imaplib, ssl, sys, json
context = ssl.create_default_context(cafile=${JSON.stringify(ca(world))})
m = imaplib.${security === 'tls' ? `IMAP4_SSL("localhost", ${port}, ssl_context=context)` : `IMAP4("localhost", ${port})`}
${security === 'starttls' ? 'm.starttls(context)' : ''}
try:
    m.login("ann", "wrong"); sys.exit("a wrong password was accepted")
except imaplib.IMAP4.error: pass
password = ${JSON.stringify(reader.password)}
${security === 'plain' ? 'm.authenticate("PLAIN", lambda _: ("\\0ann\\0" + password).encode())' : 'm.login("ann", password)'}
def ok(answer):
    assert answer[0] == "OK", answer
    return answer[1]
assert any(b"INBOX" in line for line in ok(m.list()))
ok(m.status("INBOX", "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)")); ok(m.lsub()); ok(m.namespace()); ok(m.noop())
assert ok(m.select("INBOX")) == [b"2"]
assert ok(m.search(None, "SUBJECT", '"plain"')) == [b"1"] and ok(m.uid("SEARCH", "SEEN")) == [b"2"]
texts = [ok(m.fetch(str(n), "(BODY.PEEK[])"))[0][1] for n in (1, 2)]
ok(m.fetch("1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)")); ok(m.fetch("1", "ALL"))
assert ok(m.fetch("1", "(BODY[TEXT]<0.5>)"))[0][1] == b"first"
ok(m.store("1", "+FLAGS", "(\\\\Flagged $Custom)")); assert ok(m.search(None, "KEYWORD $Custom")) == [b"1"]
ok(m.append('"He said \\\\"hi\\\\""', "(\\\\Seen)", None, b"Subject: appended\\r\\n\\r\\nhello\\r\\n")); ok(m.copy("1", '"He said \\\\"hi\\\\""'))
assert ok(m.select('"He said \\\\"hi\\\\""')) == [b"2"]
ok(m.store("1", "+FLAGS", "\\\\Deleted")); assert ok(m.expunge()) == [b"1"]; ok(m.check()); ok(m.unselect()); ok(m.select("INBOX", readonly=True)); ok(m.close())
assert m.select("nothing")[0] == "NO"
m.logout()
print(json.dumps([t.decode() for t in texts]))
`;
  return JSON.parse(succeeded(await world.command('/usr/bin/python3', ['-c', program])).out) as string[];
};

const fetchmail = (security: Security) => async (world: World, port: number) => {
  const dir = join(world.servers.dir, `fetchmail-imap-${security}`);
  mkdirSync(dir);
  const secure = `${security === 'tls' ? 'ssl' : "sslproto 'TLS1.2+'"} sslcertck sslcertfile "${ca(world)}"`;
  const tls = security === 'plain' ? "sslproto ''" : secure;
  const rc = `set no bouncemail\npoll localhost protocol IMAP port ${port} user "ann" password '${reader.password.replaceAll('\\', '\\\\')}' ${tls} fetchall mda "${dir}/keep.sh"\n`;
  writeFileSync(join(dir, 'rc'), rc, { mode: 0o600 });
  writeFileSync(join(dir, 'keep.sh'), `#!/bin/sh\nexec cat > "$(mktemp ${dir}/mail.XXXXXX)"\n`, { mode: 0o700 });
  const args = ['-f', join(dir, 'rc'), '--nodetach', '--pidfile', join(dir, 'pid'), '--invisible'];
  succeeded(await world.command('fetchmail', args, { env: { ...process.env, FETCHMAILHOME: dir, HOME: dir } }));
  const texts = readdirSync(dir)
    .filter((name) => name.startsWith('mail.'))
    .map((name) => readFileSync(join(dir, name), 'utf8').replaceAll('\n', '\r\n'))
    .sort((a, b) => (a < b ? -1 : 1));
  // It gives the last line an end.
  return texts.map((text, i) => (ourMessages[i]?.endsWith('\r\n') ? text : text.replace(/\r\n$/, '')));
};

const mbsync = (security: Security) => async (world: World, port: number) => {
  const dir = join(world.servers.dir, `mbsync-${security}`);
  mkdirSync(join(dir, 'mail'), { recursive: true });
  const rc = `IMAPAccount a
Host localhost
Port ${port}
User ann
PassCmd "printf '%s' '${reader.password.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}'"
SSLType ${{ plain: 'None', starttls: 'STARTTLS', tls: 'IMAPS' }[security]}
CertificateFile ${ca(world)}
AuthMechs LOGIN

IMAPStore far
Account a

MaildirStore near
Path ${dir}/mail/
Inbox ${dir}/mail/INBOX

Channel c
Far :far:
Near :near:
Patterns INBOX
Create Near
SyncState *
`;
  writeFileSync(join(dir, 'rc'), rc);
  succeeded(await world.command('mbsync', ['-c', join(dir, 'rc'), '-a'], { env: { ...process.env, HOME: dir } }));
  const texts = ['new', 'cur']
    .flatMap((part) => readdirSync(join(dir, 'mail/INBOX', part)).map((name) => join(dir, 'mail/INBOX', part, name)))
    // It leaves a mark of its own.
    .map((file) =>
      readFileSync(file, 'utf8')
        .replace(/^X-TUID: .*\n/m, '')
        .replaceAll('\n', '\r\n'),
    );
  // A second run, after a change here, must find everything in order.
  succeeded(await world.command('mbsync', ['-c', join(dir, 'rc'), '-a'], { env: { ...process.env, HOME: dir } }));
  return texts
    .sort((a, b) => (a < b ? -1 : 1))
    .map((text, i) => (ourMessages[i]?.endsWith('\r\n') ? text : text.replace(/\r\n$/, '')));
};

const offlineimap = (security: Security) => async (world: World, port: number) => {
  const dir = join(world.servers.dir, `offlineimap-${security}`);
  mkdirSync(join(dir, 'mail'), { recursive: true });
  writeFileSync(join(dir, 'pass'), reader.password);
  writeFileSync(
    join(dir, 'rc'),
    `[general]
accounts = a
metadata = ${dir}/meta
[Account a]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = ${dir}/mail
[Repository far]
type = IMAP
remotehost = localhost
remoteport = ${port}
remoteuser = ann
remotepassfile = ${dir}/pass
ssl = ${security === 'tls' ? 'yes' : 'no'}
starttls = ${security === 'starttls' ? 'yes' : 'no'}
sslcacertfile = ${ca(world)}
folderfilter = lambda name: name == 'INBOX'
`,
  );
  const sync = async () =>
    succeeded(
      await world.command('offlineimap', ['-o', '-u', 'quiet', '-c', join(dir, 'rc')], { env: { ...process.env, HOME: dir } }),
    );
  const files = () =>
    ['new', 'cur'].flatMap((part) =>
      readdirSync(join(dir, 'mail/INBOX', part)).map((name) => join(dir, 'mail/INBOX', part, name)),
    );
  await sync();
  const texts = files().map((file) => readFileSync(file, 'utf8').replaceAll('\n', '\r\n'));
  // A message that is new here goes to the server, and what is deleted here is deleted there.
  writeFileSync(join(dir, 'mail/INBOX/new/1.new.here'), 'From: x@example.test\nSubject: pushed\n\nx\n');
  await sync();
  const first = files().find((file) => readFileSync(file, 'utf8').includes('Subject: plain')) ?? '';
  unlinkSync(first);
  await sync();
  same('left', files().length, 2);
  return texts.sort((a, b) => (a < b ? -1 : 1));
};

const imapflow = (security: Security) => async (world: World, port: number) => {
  const options = { host: 'localhost', port, secure: security === 'tls', doSTARTTLS: security === 'starttls', logger: false };
  const program = `import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
const { ImapFlow } = createRequire(${JSON.stringify(`${world.packages}/`)})('imapflow');
const ca = readFileSync(${JSON.stringify(ca(world))});
const client = new ImapFlow({ ...${JSON.stringify({ ...options, auth: { user: reader.user, pass: reader.password } })}, tls: { ca } });
await client.connect();
const list = await client.list();
if (!list.some((box) => box.path === 'He said "hi"')) throw new Error(JSON.stringify(list));
await client.status('INBOX', { messages: true, unseen: true });
const lock = await client.getMailboxLock('INBOX');
const texts = [];
for await (const m of client.fetch('1:*', { uid: true, flags: true, envelope: true, bodyStructure: true, source: true })) {
  texts.push(m.source.toString());
  if (m.uid === 2 && (m.envelope.subject !== 'grün' || m.bodyStructure.childNodes.length !== 2)) throw new Error(JSON.stringify(m.bodyStructure));
}
if (String(await client.search({ subject: 'plain' })) !== '1') throw new Error('search');
const { content } = await client.download('2', '2');
let attachment = '';
for await (const piece of content) attachment += piece.toString('hex');
if (attachment !== '000102') throw new Error('attachment ' + attachment);
const told = new Promise((done) => client.once('exists', done));
const other = new ImapFlow({ ...${JSON.stringify({ ...options, auth: { user: reader.user, pass: reader.password } })}, tls: { ca } });
await other.connect();
setTimeout(() => other.append('INBOX', 'Subject: pushed\\r\\n\\r\\nx', ['\\\\Flagged']), 300);
client.idle();
await told;
await client.messageFlagsAdd('1', ['\\\\Deleted', '$X']);
await client.messageMove('3', 'He said "hi"');
lock.release();
await other.logout();
await client.logout();
console.log(JSON.stringify(texts));`;
  return JSON.parse(succeeded(await world.command(process.execPath, ['--input-type=module', '-e', program])).out) as string[];
};

const sClient = (security: Security) => async (world: World, port: number) => {
  const args = ['s_client', '-quiet', '-crlf', '-verify_return_error', '-verify_hostname', 'localhost', '-CAfile', ca(world)];
  args.push('-connect', `127.0.0.1:${port}`, ...(security === 'starttls' ? ['-starttls', 'imap'] : []));
  const password = reader.password.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  const input = `a LOGIN ann "${password}"\nb SELECT INBOX\nc FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])\nd LOGOUT\n`;
  const { out } = succeeded(await world.command('openssl', args, { input }));
  same('answers', out.includes('Subject: plain') && out.includes('d OK'), true);
  return ourMessages;
};

const serverCases: Case[] = [
  ...securities.map((security) => drives('curl', ['curl'], security, curl(security))),
  ...securities.map((security) => drives('Python imaplib', [], security, imaplib(security))),
  ...securities.map((security) => drives('fetchmail', ['fetchmail'], security, fetchmail(security))),
  ...securities.map((security) => drives('mbsync', ['mbsync'], security, mbsync(security))),
  ...securities.map((security) => drives('offlineimap', ['offlineimap'], security, offlineimap(security))),
  ...securities.map((security) => drives('imapflow', ['imapflow'], security, imapflow(security))),
  ...(['starttls', 'tls'] as const).map((security) => drives('openssl s_client', ['openssl'], security, sClient(security))),
];

export const imapCases: readonly Case[] = [...clientCases, ...serverCases];
