/**
 * nodemailer into smtp-server, for scripts/bench-mail.ts: node mail-peer.mjs PACKAGES server PORT | client PORT FILE | flood PORT SESSIONS EACH
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [packages, role, port, ...rest] = process.argv.slice(2);
const require = createRequire(`${packages}/`);

if (role === 'server') {
  const { SMTPServer } = require('smtp-server');
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    size: 64 * 1024 * 1024,
    maxClients: 1000,
    onData(stream, _session, done) {
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => {
        const size = Buffer.concat(chunks).length;
        console.log(`message ${size} ${process.resourceUsage().maxRSS}`);
        done();
      });
    },
  });
  server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
} else {
  const nodemailer = require('nodemailer');
  const envelope = { from: 'a@example.test', to: ['b@example.test'] };
  const options = { host: '127.0.0.1', port: Number(port), secure: false, ignoreTLS: true };
  if (role === 'client') {
    const raw = readFileSync(rest[0]);
    const transport = nodemailer.createTransport(options);
    for (let i = 0; i < Number(rest[1]); i++) {
      const start = performance.now();
      await transport.sendMail({ envelope, raw });
      console.log(`sent ${(performance.now() - start) / 1000} ${process.resourceUsage().maxRSS}`);
    }
    transport.close();
  } else {
    const [sessions, each] = rest.map(Number);
    const start = performance.now();
    await Promise.all(
      Array.from({ length: sessions }, async (_, session) => {
        const transport = nodemailer.createTransport({ ...options, pool: true, maxConnections: 1, maxMessages: Infinity });
        for (let i = 0; i < each; i++) await transport.sendMail({ envelope, raw: `Subject: ${session}-${i}\r\n\r\nhello\r\n` });
        transport.close();
      }),
    );
    console.log(`sent ${(performance.now() - start) / 1000}`);
  }
}
