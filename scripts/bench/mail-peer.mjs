/**
 * What scripts/bench/bench-mail.ts compares with: nodemailer into smtp-server, and imapflow.
 *
 *     node mail-peer.mjs PACKAGES server PORT | send PORT FILE | flood PORT SESSIONS EACH | append PORT FILE | fetch PORT | flags PORT
 *
 * USER and PASSWORD are for imapflow. Prints the seconds it took, without reading the file and logging in.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [packages, role, port, ...rest] = process.argv.slice(2);
const require = createRequire(`${packages}/`);

async function timed(work) {
  const start = performance.now();
  const told = await work();
  console.log(`took ${(performance.now() - start) / 1000} ${told}`);
}

function server() {
  const { SMTPServer } = require('smtp-server');
  const kept = [];
  const made = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    size: 64 * 1024 * 1024,
    maxClients: 1000,
    onData(stream, _session, done) {
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => {
        const message = Buffer.concat(chunks);
        if (message.length > 1000) {
          kept.push(message);
          console.log(`message ${message.length}`);
        }
        done();
      });
    },
  });
  made.listen(Number(port), '127.0.0.1', () => console.log('ready'));
}

async function smtp() {
  const nodemailer = require('nodemailer');
  const envelope = { from: 'a@example.test', to: ['b@example.test'] };
  const options = { host: '127.0.0.1', port: Number(port), secure: false, ignoreTLS: true };
  if (role === 'send') {
    const raw = readFileSync(rest[0]);
    const transport = nodemailer.createTransport(options);
    await timed(async () => {
      await transport.sendMail({ envelope, raw });
      return raw.length;
    });
    transport.close();
    return;
  }
  const [sessions, each] = rest.map(Number);
  const session = async (number) => {
    const transport = nodemailer.createTransport({ ...options, pool: true, maxConnections: 1, maxMessages: Infinity });
    for (let i = 0; i < each; i++) await transport.sendMail({ envelope, raw: `Subject: ${number}-${i}\r\n\r\nhello\r\n` });
    transport.close();
  };
  await timed(async () => {
    await Promise.all(Array.from({ length: sessions }, (_, number) => session(number)));
    return sessions * each;
  });
}

async function imap() {
  const { ImapFlow } = require('imapflow');
  const { USER: user, PASSWORD: pass } = process.env;
  const client = new ImapFlow({ host: '127.0.0.1', port: Number(port), doSTARTTLS: false, logger: false, auth: { user, pass } });
  await client.connect();
  if (role === 'append') {
    const raw = readFileSync(rest[0]);
    await timed(async () => {
      await client.append('INBOX', raw);
      return raw.length;
    });
  } else if (role === 'flags') {
    await client.mailboxOpen('INBOX', { readOnly: true });
    await timed(async () => (await client.fetchAll('1:*', { uid: true, flags: true }, { uid: true })).length);
  } else {
    await client.mailboxOpen('INBOX');
    await timed(async () => (await client.fetchOne('1', { source: true })).source.length);
  }
  await client.logout();
}

if (role === 'server') server();
else await (role === 'send' || role === 'flood' ? smtp() : imap());
