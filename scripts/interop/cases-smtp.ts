/** SMTP: our client against Exim, aiosmtpd and Dovecot's submission; our server against the clients that people use. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ran } from '../run-command.ts';
import { accounts } from './configs.ts';
import { type Case, type Running, same, succeeded, type World } from './table.ts';

type Security = 'plain' | 'starttls' | 'tls';
type Account = keyof typeof accounts;

// ---- our client ----

interface Session {
  readonly login?: Account;
  readonly password?: string;
  readonly mechanism?: string;
  readonly from?: string;
  readonly to?: readonly string[];
  readonly message?: string;
  readonly timeout?: number;
  readonly host?: string;
  /** The file of trusted certificates, in place of our own authority. */
  readonly trusted?: string;
}

interface Sent {
  readonly step?: string;
  readonly reason?: string;
  readonly login: number;
  readonly loginText: string;
  readonly ok: boolean;
  readonly code: number;
  readonly text: string;
  readonly accepted: readonly string[];
  readonly rejected: readonly { readonly to: string; readonly code: number }[];
  readonly still: boolean;
  readonly bye: number;
}

let files = 0;

async function send(world: World, port: number, security: Security, session: Session = {}): Promise<Sent> {
  const file = join(world.servers.dir, `message-${++files}.eml`);
  writeFileSync(file, session.message ?? 'From: ann@example.test\r\nSubject: interop\r\n\r\nhello\r\n', 'latin1');
  const outcome = await world.magnolia('smtp-client.oak', {
    ADDRESS: `${session.host ?? 'localhost'}:${port}`,
    SECURITY: security,
    MECHANISM: session.mechanism ?? '',
    LOGIN: session.login ?? '',
    PASSWORD: session.password ?? (session.login === undefined ? '' : accounts[session.login]),
    FROM: session.from ?? 'ann@example.test',
    TO: (session.to ?? ['alice@example.test']).join(' '),
    FILE: file,
    TIMEOUT: session.timeout ?? 10,
    ...(session.trusted === undefined ? {} : { SSL_CERT_FILE: session.trusted }),
  });
  return outcome as Sent; // smtp-client.oak prints it
}

/** The message and the envelope that aiosmtpd wrote down for a reply `250 2.0.0 accepted as NNNN`. */
function captured(world: World, { text }: Sent) {
  const name = /as (\d{4})$/.exec(text)?.[1];
  if (name === undefined) throw new Error(`not accepted: ${text}`);
  const path = join(world.servers.dir, 'capture', name);
  const envelope: unknown = JSON.parse(readFileSync(`${path}.json`, 'utf8'));
  return { message: readFileSync(`${path}.eml`, 'latin1'), envelope: envelope as { [name: string]: unknown } }; // smtpd.py writes an object
}

function accepted(sent: Sent): Sent {
  same('sent', [sent.ok, sent.still, sent.bye, sent.text], [true, true, 221, sent.text]);
  return sent;
}

const portOf = {
  exim: (world: World, security: Security) => world.servers.ports[security === 'tls' ? 'exims' : 'exim'],
  aio: (world: World) => world.servers.ports.aio,
  submission: (world: World, security: Security) => world.servers.ports[security === 'tls' ? 'submissions' : 'submission'],
};

function logins(
  peer: string,
  server: keyof typeof portOf,
  mechanisms: string[],
  securities: Security[],
  needs: string[],
): Case[] {
  const users: Account[] = ['alice', 'bob', 'carol'];
  return securities.flatMap((security) =>
    mechanisms.map((mechanism) => ({
      peer,
      name: `${security}, AUTH ${mechanism || 'of choice'} as ${users.join(', ')}; wrong password refused`,
      short: server === 'exim' && security === 'starttls' && mechanism === '',
      needs,
      async run(world) {
        const port = portOf[server](world, security);
        for (const login of users) {
          const sent = accepted(await send(world, port, security, { login, mechanism }));
          same('login', sent.login, 235);
        }
        const wrong = await send(world, port, security, { login: 'alice', password: 'no', mechanism });
        same('wrong password', [wrong.login, wrong.still, wrong.bye], [535, true, 221]);
      },
    })),
  );
}

const bodies: { readonly [name: string]: [string, string] } = {
  'dots and empty lines': ['S: x\n\n.\n..\n.x\n\nend', 'S: x\r\n\r\n.\r\n..\r\n.x\r\n\r\nend\r\n'],
  'bytes beyond ASCII': ['S: x\r\n\r\ngr\xc3\xbc\xc3\x9f \xff\xfe\r\n', 'S: x\r\n\r\ngr\xc3\xbc\xc3\x9f \xff\xfe\r\n'],
  'bare CR and LF': ['S: x\n\na\rb\r\r\nc\n.\rd', 'S: x\r\n\r\na\r\nb\r\nc\r\n.\r\nd\r\n'],
  'one line end at the end': ['S: x\r\n\r\nx\r\n', 'S: x\r\n\r\nx\r\n'],
  'smuggling attempts': [
    'S: x\n\none\n.\r\nMAIL FROM:<e@x>\r.\rDATA',
    'S: x\r\n\r\none\r\n.\r\nMAIL FROM:<e@x>\r\n.\r\nDATA\r\n',
  ],
  '900 KB': [`S: x\r\n\r\n${'.0123456789 a line that begins with a dot\r\n'.repeat(20000)}`, ''],
};

const clientCases: Case[] = [
  ...(['plain', 'starttls'] as const).map(
    (security): Case => ({
      peer: 'aiosmtpd 1.4',
      name: `${security}: every byte arrives (${Object.keys(bodies).join(', ')})`,
      short: security === 'starttls',
      needs: ['aiosmtpd'],
      async run(world) {
        for (const [name, [text, arrives]] of Object.entries(bodies)) {
          const { message, envelope } = captured(
            world,
            accepted(await send(world, world.servers.ports.aio, security, { message: text })),
          );
          if (message !== (arrives || text)) throw new Error(`${name}: ${JSON.stringify(message.slice(0, 200))}`);
          same(
            name,
            [envelope.from, envelope.to, envelope.tls],
            ['ann@example.test', ['alice@example.test'], security !== 'plain'],
          );
        }
      },
    }),
  ),
  ...logins('aiosmtpd 1.4', 'aio', ['', 'PLAIN', 'LOGIN'], ['plain', 'starttls'], ['aiosmtpd']),
  {
    peer: 'aiosmtpd 1.4',
    name: 'SIZE, 8BITMIME and SMTPUTF8 go with MAIL',
    needs: ['aiosmtpd'],
    async run(world) {
      const message = 'S: x\r\n\r\n\xc3\xbc\r\n';
      const { envelope } = captured(
        world,
        await send(world, world.servers.ports.aio, 'plain', { message, from: 'grün@example.test' }),
      );
      same('options', envelope.options, [`SIZE=${message.length}`, 'BODY=8BITMIME', 'SMTPUTF8']);
      const large = await send(world, world.servers.ports.aio, 'plain', {
        message: `S: x\r\n\r\n${'x'.repeat(70)}\r\n`.repeat(20000),
      });
      same('too large', [large.ok, large.code, large.still], [false, 0, true]);
    },
  },
  {
    peer: 'aiosmtpd 1.4',
    name: 'a connection that is cut at RCPT, an answer that comes too late',
    needs: ['aiosmtpd'],
    async run(world) {
      const cut = await send(world, world.servers.ports.aio, 'plain', { to: ['drop@example.test'] });
      same('cut', [cut.ok, cut.code, cut.still], [false, 0, false]);
      const slow = await send(world, world.servers.ports.aio, 'plain', { message: 'interop-slow: yes\r\n\r\n', timeout: 0.5 });
      same('slow', [slow.ok, slow.accepted, slow.still], [false, ['alice@example.test'], false]);
    },
  },
  ...(['exim', 'aio'] as const).map(
    (server): Case => ({
      peer: server === 'exim' ? 'Exim 4' : 'aiosmtpd 1.4',
      name: 'refusals: sender, recipients for good, for now and in three lines, content; partial acceptance',
      short: true,
      needs: [server === 'exim' ? 'exim4' : 'aiosmtpd'],
      async run(world) {
        const port = portOf[server](world, 'plain');
        const sender = await send(world, port, 'plain', { from: 'blocked@example.test' });
        same('sender', [sender.ok, sender.code, sender.accepted, sender.still], [false, 550, [], true]);
        const to = ['reject@example.test', 'alice@example.test', 'later@example.test', 'multi@example.test'];
        const some = accepted(await send(world, port, 'plain', { to }));
        same('some', [some.accepted, some.rejected.map(({ code }) => code)], [['alice@example.test'], [550, 451, 550]]);
        const none = await send(world, port, 'plain', { to: ['multi@example.test', 'later@example.test'] });
        same('none', [none.ok, none.code, none.accepted, none.still], [false, 550, [], true]);
        const content = await send(world, port, 'plain', { message: 'Subject: interop-refuse\r\n\r\nx\r\n' });
        same(
          'content',
          [content.ok, content.code >= 550, content.accepted, content.still],
          [false, true, ['alice@example.test'], true],
        );
        const relay = await send(world, port, 'plain', { to: ['x@elsewhere.test'] });
        same('relay', [relay.ok, relay.code], [false, 550]);
      },
    }),
  ),
  ...logins('Exim 4', 'exim', ['', 'PLAIN', 'LOGIN', 'CRAM-MD5'], ['plain', 'starttls', 'tls'], ['exim4']),
  {
    peer: 'Exim 4',
    name: 'delivers into a mailbox',
    needs: ['exim4'],
    async run(world) {
      const mark = `mark-${Date.now()}`;
      accepted(
        await send(world, world.servers.ports.exim, 'starttls', {
          to: ['empty@example.test'],
          message: `Subject: ${mark}\r\n\r\n.dot\r\n`,
        }),
      );
      const box = join(world.servers.dir, 'mail/empty/new');
      for (let i = 0; i < 100; i++) {
        const found = existsSync(box) ? readdirSync(box).map((name) => readFileSync(join(box, name), 'latin1')) : [];
        if (found.some((text) => text.includes(mark) && text.endsWith('\n\n.dot\n'))) return;
        await new Promise((done) => setTimeout(done, 100));
      }
      throw new Error('it did not arrive');
    },
  },
  {
    peer: 'Exim 4',
    name: 'certificates are checked: their names and their issuers',
    needs: ['exim4'],
    async run(world) {
      const byAddress = await send(world, world.servers.ports.exims, 'tls', { host: '127.0.0.1' });
      same('127.0.0.1', byAddress.ok, true);
      const untrusted = await send(world, world.servers.ports.exims, 'tls', { trusted: join(world.servers.certs, 'wrong.pem') });
      same('signed by somebody else', [untrusted.step, untrusted.reason], ['connect', 'cert']);
      const upgraded = await send(world, world.servers.ports.exim, 'starttls', {
        trusted: join(world.servers.certs, 'wrong.pem'),
      });
      same('the same after STARTTLS', [upgraded.step, upgraded.reason], ['connect', 'cert']);
      const plainOnTls = await send(world, world.servers.ports.exims, 'plain', { timeout: 1 });
      same('clear text on a TLS port', plainOnTls.step, 'connect');
    },
  },
  ...logins(
    'Dovecot submission',
    'submission',
    ['', 'PLAIN', 'LOGIN', 'CRAM-MD5'],
    ['plain', 'starttls', 'tls'],
    ['dovecot-submission'],
  ),
];

/** Sessions of our client with the npm package smtp-server. */
const peerCases: Case[] = (['plain', 'starttls', 'tls'] as const).map((security) => ({
  peer: 'smtp-server',
  name: `${security}, AUTH of choice, PLAIN, LOGIN, CRAM-MD5, XOAUTH2: every byte arrives; wrong password refused`,
  short: security === 'starttls',
  needs: ['smtp-server'],
  async run(world) {
    const { certs, ports } = world.servers;
    const port = security === 'tls' ? ports.ours.smtps : ports.ours.smtp;
    const server = await world.serve('smtp-peer.mjs', {
      PORT: ports.ours.smtp,
      TLS_PORT: ports.ours.smtps,
      CERT: join(certs, 'server.pem'),
      KEY: join(certs, 'server.key'),
      ACCOUNTS: JSON.stringify(accounts),
      PACKAGES: world.packages,
    });
    try {
      for (const mechanism of ['', 'PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2']) {
        const login = mechanism === 'XOAUTH2' ? 'alice' : 'bob'; // a token is a word
        const sent = accepted(await send(world, port, security, { login, mechanism, message: bodies['900 KB']?.[0] ?? '' }));
        same(mechanism, sent.login, 235);
        const expected = { from: 'ann@example.test', to: ['alice@example.test'], message: bodies['900 KB']?.[0] };
        same(mechanism, await server.next(), { ...expected, tls: security !== 'plain', user: login });
        const wrong = await send(world, port, security, { login: 'alice', password: 'no', mechanism });
        same('wrong password', [wrong.login, wrong.still, wrong.bye], [535, true, 221]);
      }
    } finally {
      await server.stop();
    }
  },
}));

// ---- our server ----

const text = 'From: ann@example.test\r\nTo: bob@example.test\r\nSubject: interop\r\n\r\n.dot\r\n\r\ngrün\r\n';

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly body: string;
  readonly tls: boolean;
  readonly auth: string | null;
  readonly hello: string;
}

/** A session of a client with our server: the message must arrive as it was sent. */
function drives(
  peer: string,
  needs: string[],
  security: Security,
  account: Account | null,
  client: (world: World, port: number) => Promise<Ran>,
): Case {
  return {
    peer,
    name: `${security}${account === null ? '' : `, AUTH as ${account}`}`,
    short: security === 'starttls' && account !== 'carol',
    needs,
    async run(world) {
      const { ports } = world.servers;
      const server = await ourServer(world);
      try {
        succeeded(await client(world, security === 'tls' ? ports.ours.smtps : ports.ours.smtp));
        const got = (await server.next()) as Received; // smtp-server.oak prints it
        same(
          'envelope',
          [got.from, got.to, got.tls, got.auth],
          ['ann@example.test', ['bob@example.test'], security !== 'plain', account],
        );
        const [, body = ''] = got.body.split(/\r\n\r\n(.*)/s);
        if (!`${body}\r\n`.startsWith('.dot\r\n\r\ngrün\r\n')) throw new Error(`body: ${JSON.stringify(got.body)}`);
      } finally {
        await server.stop();
      }
    },
  };
}

function ourServer(world: World): Promise<Running> {
  const { certs, ports } = world.servers;
  return world.serve('smtp-server.oak', {
    PORT: ports.ours.smtp,
    TLS_PORT: ports.ours.smtps,
    CERT: join(certs, 'server.pem'),
    KEY: join(certs, 'server.key'),
  });
}

const securities: readonly Security[] = ['plain', 'starttls', 'tls'];
/** Every combination that a full session can have; AUTH with quotes and beyond ASCII as well. */
const sessions: readonly [Security, Account | null][] = securities.flatMap((security) => [
  [security, null] as [Security, null],
  [security, security === 'tls' ? 'carol' : security === 'plain' ? 'alice' : 'bob'] as [Security, Account],
]);

const curl = (security: Security, account: Account | null) => (world: World, port: number) => {
  const scheme = security === 'tls' ? 'smtps' : 'smtp';
  const args = ['-sS', '-v', '--cacert', join(world.servers.certs, 'ca.pem'), `${scheme}://localhost:${port}/client.example`];
  if (security === 'starttls') args.push('--ssl-reqd');
  if (account !== null) args.push('-u', `${account}:${accounts[account]}`);
  args.push('--mail-from', 'ann@example.test', '--mail-rcpt', 'bob@example.test', '-T', '-');
  return world.command('curl', args, { input: text });
};

const swaks = (security: Security, account: Account | null) => (world: World, port: number) => {
  const args = [
    '--server',
    '127.0.0.1',
    '--port',
    String(port),
    '--from',
    'ann@example.test',
    '--to',
    'bob@example.test',
    '--data',
    '-',
  ];
  if (security === 'starttls') args.push('--tls');
  if (security === 'tls') args.push('--tls-on-connect');
  if (account !== null) args.push('--auth', 'LOGIN', '--auth-user', account, '--auth-password', accounts[account]);
  return world.command('swaks', args, { input: text.replaceAll('\r\n', '\n') });
};

const msmtp = (security: Security, account: Account | null) => (world: World, port: number) => {
  const args = ['--file=/dev/null', '--host=localhost', `--port=${port}`, '--from=ann@example.test', '--domain=client.example'];
  if (security === 'plain') args.push('--tls=off');
  else
    args.push(
      '--tls=on',
      `--tls-starttls=${security === 'tls' ? 'off' : 'on'}`,
      `--tls-trust-file=${join(world.servers.certs, 'ca.pem')}`,
    );
  if (account !== null) args.push('--auth=plain', `--user=${account}`, `--passwordeval=printf '%s' '${accounts[account]}'`);
  return world.command('msmtp', [...args, 'bob@example.test'], { input: text.replaceAll('\r\n', '\n') });
};

const smtplib = (security: Security, account: Account | null) => (world: World, port: number) => {
  const login = account === null ? '' : `s.login(${JSON.stringify(account)}, ${JSON.stringify(accounts[account])})`;
  const program = `import smtplib, ssl, sys
context = ssl.create_default_context(cafile=${JSON.stringify(join(world.servers.certs, 'ca.pem'))})
s = smtplib.${security === 'tls' ? `SMTP_SSL("localhost", ${port}, context=context)` : `SMTP("localhost", ${port})`}
${security === 'starttls' ? 's.starttls(context=context)' : ''}
${login}
try:
    s.sendmail("ann@example.test", ["refused@example.test"], b"x")
    sys.exit("refused@ was accepted")
except smtplib.SMTPRecipientsRefused:
    pass
s.noop(); s.verify("x"); s.rset()
s.sendmail("ann@example.test", ["bob@example.test", "refused@example.test"], sys.stdin.buffer.read())
s.quit()
`;
  return world.command('/usr/bin/python3', ['-c', program], { input: text });
};

const nodemailer = (security: Security, account: Account | null) => (world: World, port: number) => {
  const options = {
    host: 'localhost',
    port,
    secure: security === 'tls',
    ignoreTLS: security === 'plain',
    requireTLS: security === 'starttls',
    ...(account === null ? {} : { auth: { user: account, pass: accounts[account] } }),
  };
  const program = `import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
const nodemailer = createRequire(${JSON.stringify(`${world.packages}/`)})('nodemailer');
const ca = readFileSync(${JSON.stringify(join(world.servers.certs, 'ca.pem'))});
const transport = nodemailer.createTransport({ ...${JSON.stringify(options)}, tls: { ca } });
await transport.verify();
await transport.sendMail({ envelope: { from: 'ann@example.test', to: ['bob@example.test'] }, raw: ${JSON.stringify(text)} });
transport.close();`;
  return world.command(process.execPath, ['--input-type=module', '-e', program]);
};

const sClient = (security: Security) => (world: World, port: number) => {
  const args = [
    's_client',
    '-quiet',
    '-crlf',
    '-verify_return_error',
    '-verify_hostname',
    'localhost',
    '-CAfile',
    join(world.servers.certs, 'ca.pem'),
  ];
  args.push('-connect', `127.0.0.1:${port}`, ...(security === 'starttls' ? ['-starttls', 'smtp'] : []));
  const body = text.replaceAll('\r\n', '\n').replace(/^\./gm, '..');
  const input = `EHLO me\nMAIL FROM:<ann@example.test>\nRCPT TO:<bob@example.test>\nDATA\n${body}.\nQUIT\n`;
  return world.command('openssl', args, { input });
};

const serverCases: Case[] = [
  ...sessions.map(([security, account]) => drives('curl', ['curl'], security, account, curl(security, account))),
  ...sessions.map(([security, account]) => drives('swaks', ['swaks'], security, account, swaks(security, account))),
  ...sessions.map(([security, account]) => drives('msmtp', ['msmtp'], security, account, msmtp(security, account))),
  ...sessions
    .filter(([, account]) => account !== 'carol') // smtplib encodes passwords as ASCII
    .map(([security, account]) => drives('Python smtplib', [], security, account, smtplib(security, account))),
  ...sessions.map(([security, account]) =>
    drives('nodemailer', ['nodemailer'], security, account, nodemailer(security, account)),
  ),
  ...(['starttls', 'tls'] as const).map((security) => drives('openssl s_client', ['openssl'], security, null, sClient(security))),
];

export const smtpCases: readonly Case[] = [...clientCases, ...peerCases, ...serverCases];
