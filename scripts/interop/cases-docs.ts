/**
 * The programs in docs/mail.md, run against the servers: a block of `magnolia` must print the block of `text` behind it. The hosts in
 * them stand for ours. And the examples of mail, run as a user would.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { accounts, type Ports } from './configs.ts';
import { type Case, cli, same, succeeded, type World } from './table.ts';

const root = resolve(cli, '../..');
const PROGRAM = /```magnolia\n(.*?)```\n(?:```text\n(.*?)```)?/gs;

/** What the names in the page stand for, and the software that is behind them. */
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

export const docsCases: readonly Case[] = [...casesOf(readFileSync(join(root, 'docs/mail.md'), 'utf8')), sendMail];
