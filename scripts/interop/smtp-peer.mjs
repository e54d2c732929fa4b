/**
 * The npm package smtp-server, for our client: on PORT with STARTTLS and on TLS_PORT with TLS from the start; CERT and KEY are
 * files, ACCOUNTS is JSON, PACKAGES the folder with the package. Prints each message as a line of JSON.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { PORT, TLS_PORT, CERT, KEY, ACCOUNTS, PACKAGES } = process.env;
const { SMTPServer } = createRequire(`${PACKAGES}/`)('smtp-server');
const accounts = JSON.parse(ACCOUNTS);

function listen(port, options) {
  const server = new SMTPServer({
    ...options,
    key: readFileSync(KEY),
    cert: readFileSync(CERT),
    authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2'],
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onAuth({ username, password, accessToken, validatePassword }, _session, done) {
      const wanted = accounts[username];
      const right = wanted !== undefined && (password === wanted || accessToken === wanted || validatePassword?.(wanted));
      done(right ? null : new Error('Wrong user name or password'), { user: username });
    },
    onData(stream, session, done) {
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const message = Buffer.concat(chunks).toString('latin1');
        const to = rcptTo.map(({ address }) => address);
        console.log(JSON.stringify({ from: mailFrom.address, to, message, tls: session.secure, user: session.user ?? null }));
        done();
      });
    },
  });
  return new Promise((done) => server.listen(Number(port), '127.0.0.1', done));
}

await listen(PORT, {});
await listen(TLS_PORT, { secure: true });
console.log('ready');
