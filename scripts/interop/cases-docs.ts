/**
 * The programs in docs/mail.md, run against the servers: a block of `magnolia` must print the block of `text` behind it. The hosts in
 * them stand for ours. And the examples of mail, run as a user would.
 */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { accounts, type Ports } from './configs.ts';
import { type Case, cli, same, succeeded, type World } from './table.ts';

const root = resolve(cli, '../..');
const PROGRAM = /```magnolia\n(.*?)```\n(?:```text\n(.*?)```)?/gs;

/** The names in the page, and the software for each. */
const hosts: { readonly [name: string]: { port(ports: Ports): number; readonly needs?: string } } = {
  'smtp.example.com:587': { port: (ports) => ports.exim, needs: 'exim4' },
  'smtp.example.com:465': { port: (ports) => ports.exims, needs: 'exim4' },
  'pop.example.com:110': { port: (ports) => ports.pop3 },
  'pop.example.com:995': { port: (ports) => ports.pop3s },
  'imap.example.com:143': { port: (ports) => ports.imap },
  'imap.example.com:993': { port: (ports) => ports.imaps },
};

function environment(world: World): NodeJS.ProcessEnv {
  return { ...process.env, SSL_CERT_FILE: join(world.servers.certs, 'ca.pem') };
}

function casesOf(page: string): Case[] {
  return [...page.matchAll(PROGRAM)].map(([, program = '', printed], i) => {
    const used = Object.entries(hosts).filter(([name]) => program.includes(name));
    const heading =
      page
        .slice(0, page.indexOf(program))
        .match(/^## .*$/gm)
        ?.at(-1)
        ?.slice(3) ?? '';
    return {
      peer: 'docs/mail.md',
      name: `program ${i + 1}, "${heading}"`,
      short: true,
      needs: used.flatMap(([, { needs }]) => needs ?? []),
      async run(world) {
        const file = join(world.servers.dir, `page-${i}.oak`);
        const ours = used.reduce(
          (text, [name, { port }]) => text.replaceAll(name, `localhost:${port(world.servers.ports)}`),
          program,
        );
        writeFileSync(file, ours);
        const { out } = succeeded(await world.command(process.execPath, [cli, file], { env: environment(world) }));
        if (printed !== undefined) same('printed', out.replaceAll('\r\n', '\n').trimEnd(), printed.trimEnd());
      },
    };
  });
}

const sendMail: Case = {
  peer: 'examples',
  name: 'send-mail.oak',
  needs: ['exim4'],
  short: true,
  async run(world) {
    const args = [
      cli,
      join(root, 'examples/send-mail.oak'),
      `localhost:${world.servers.ports.exim}`,
      'bob@example.test',
      'bob@example.test',
    ];
    const env = { ...environment(world), MAIL_USER: 'bob', MAIL_PASSWORD: accounts.bob };
    const sent = succeeded(await world.command(process.execPath, [...args, join(root, 'LICENSE')], { env }));
    if (!sent.out.startsWith('Sent: 250')) throw new Error(sent.out);
    const refused = await world.command(process.execPath, [...args, join(root, 'LICENSE')], {
      env: { ...env, MAIL_PASSWORD: 'no' },
    });
    if (!refused.out.startsWith('Cannot log in: 535')) throw new Error(refused.out);
  },
};

const mailcatcher: Case = {
  peer: 'examples',
  name: 'mailcatcher.oak: mail from curl, read over POP3 and IMAP with curl',
  needs: ['curl'],
  short: true,
  async run(world) {
    const base = world.servers.ports.ours.smtp;
    const catcher = world.start([cli, join(root, 'examples/mailcatcher.oak'), String(base)], {});
    try {
      same('ready', await catcher.line(), `SMTP on port ${base} - POP3 on ${base + 1} - IMAP on ${base + 2}`);
      const text = 'From: ann@example.test\r\nSubject: caught\r\n\r\n.dot\r\nend\r\n';
      const curl = async (url: string, args: readonly string[], input = '') =>
        succeeded(await world.command('curl', ['-sS', url, ...args], { input })).out;
      await curl(`smtp://127.0.0.1:${base}`, ['--mail-from', 'ann@x', '--mail-rcpt', 'bob@x', '-T', '-'], text);
      same('said', await catcher.line(), "Mail from ann@x to ['bob@x'] caught");
      same('over POP3', await curl(`pop3://127.0.0.1:${base + 1}/1`, ['-u', 'any:one']), text);
      same('over IMAP', `${await curl(`imap://127.0.0.1:${base + 2}/INBOX;UID=1`, ['-u', 'any:one'])}\r\n`, text);
      await curl(`pop3://127.0.0.1:${base + 1}/1`, ['-u', 'any:one', '-X', 'DELE', '-l']);
      same('after it was deleted', (await curl(`pop3://127.0.0.1:${base + 1}/`, ['-u', 'any:one'])).trim(), '');
    } finally {
      await catcher.stop();
    }
  },
};

const readInbox: Case = {
  peer: 'examples',
  name: 'read-inbox.oak',
  needs: ['dovecot'],
  short: true,
  async run(world) {
    const args = [cli, join(root, 'examples/read-inbox.oak'), `localhost:${world.servers.ports.imaps}`];
    const env = { ...environment(world), MAIL_USER: 'seed', MAIL_PASSWORD: accounts.seed };
    const listed = succeeded(await world.command(process.execPath, args, { env })).out.split('\n');
    same('lines', listed.slice(0, 2), ['   1* one@example.test         plain', '   2* two@example.test         dots']);
    same('seen', listed[6], '   7  seven@example.test       seen and flagged');
    const one = succeeded(await world.command(process.execPath, [...args, '3'], { env })).out;
    same('one', one.replaceAll('\r', '').trimEnd(), 'eight bit\ngrün € 📬');
    const wrong = await world.command(process.execPath, args, { env: { ...env, MAIL_PASSWORD: 'no' } });
    same('wrong password', wrong.out.startsWith('Cannot log in:'), true);
  },
};

const waitForMail: Case = {
  peer: 'examples',
  name: 'wait-for-mail.oak',
  needs: ['dovecot'],
  short: true,
  async run(world) {
    const waiting = world.start([cli, join(root, 'examples/wait-for-mail.oak'), `localhost:${world.servers.ports.imaps}`], {
      MAIL_USER: 'pop',
      MAIL_PASSWORD: accounts.pop,
    });
    const number = Number(/^Waiting, with (\d+) messages/.exec(await waiting.line())?.[1]);
    const box = join(world.servers.dir, 'mail/pop');
    writeFileSync(join(box, 'tmp/1900000001.waited'), 'From: new@example.test\nSubject: here it is\n\nx\n');
    renameSync(join(box, 'tmp/1900000001.waited'), join(box, 'new/1900000001.waited'));
    same('said', await waiting.line(), 'From new@example.test: here it is');
    same('status', [await waiting.ended, number > 0], [0, true]);
    // The other cases expect this mailbox as it was.
    for (const part of ['new', 'cur']) {
      for (const name of readdirSync(join(box, part)).filter((one) => one.startsWith('1900000001')))
        rmSync(join(box, part, name));
    }
  },
};

const page = readFileSync(join(root, 'docs/mail.md'), 'utf8');
export const docsCases: readonly Case[] = [...casesOf(page), sendMail, mailcatcher, readInbox, waitForMail];
