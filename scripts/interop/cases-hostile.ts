/**
 * Peers that send too much, at full length: a line of 1 GiB to each server and from a server to each client, and literals of
 * 99999999999 bytes. The specs do the same with less (`mailbox-broken`, `smtp-server-hostile`, `smtp-client-broken`). Here it is
 * also looked at that memory stays small, and that others are served meanwhile.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { serveMailbox } from './mailbox.ts';
import { type Case, cli, here, type Started, same, type World } from './table.ts';

const GIB = 2 ** 30;
/** The most memory that a process of ours may have at the end: it has some 60 MB from the start. */
const MOST_MB = 250;
const BLOCK = Buffer.alloc(1 << 20, 'x');

/** Sends 1 GiB without a line end, unless the other side closes before; how much went out. */
async function pour(socket: Socket): Promise<number> {
  let sent = 0;
  const closed = once(socket, 'close').catch(() => {});
  while (sent < GIB && !socket.destroyed && socket.writable) {
    sent += BLOCK.length;
    if (!socket.write(BLOCK)) await Promise.race([new Promise((done) => socket.once('drain', done)), closed]);
  }
  return sent;
}

/** A session with a server of ours that says `words` and then pours; what came back. */
async function flood(port: number, words: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket
    .on('error', () => {})
    .on('data', (text) => {
      heard += text.toString('latin1');
    });
  const closed = new Promise((done) => socket.once('close', done));
  socket.write(words);
  await pour(socket);
  socket.end();
  await closed;
  return heard;
}

/** The greeting of another client. */
async function greeting(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const [text] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return text.toString('latin1').slice(0, 3);
}

function small(what: string, { memory }: Pick<Started, 'memory'>): void {
  const mb = memory();
  if (mb > MOST_MB) throw new Error(`${what} had ${mb.toFixed(0)} MB`);
}

const envelope = 'EHLO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n';

/** Where the flood begins, and what the server must have said at its end, unless the connection was reset before it could be read. */
const floods: readonly [string, 'smtp' | 'pop3' | 'imap', string, RegExp][] = [
  ['SMTP, as a command', 'smtp', '', /^(?:220 .*\r\n(?:500 .*\r\n)?)?$/s],
  ['SMTP, as a message', 'smtp', envelope, /^(?:220 .*\r\n354 .*\r\n(?:552 .*\r\n)?)?$/s],
  ['POP3, as a command', 'pop3', '', /^(?:\+OK .*\r\n(?:-ERR .*\r\n)?)?$/s],
  ['IMAP, as a command', 'imap', 'a ', /^(?:\* OK .*\r\n(?:\* BYE .*\r\n)?)?$/s],
  [
    'IMAP, behind a literal of 99999999999 bytes',
    'imap',
    'a LOGIN {99999999999+}\r\n',
    /^(?:\* OK .*\r\n(?:a BAD .*\* BYE .*\r\n)?)?$/s,
  ],
];

const serverCases: Case[] = floods.map(([name, protocol, words, answer]) => ({
  peer: 'hostile -> our servers',
  name: `1 GiB of one line: ${name}`,
  async run(world) {
    const { certs, ports } = world.servers;
    const server = await (protocol === 'smtp'
      ? world.serve('smtp-server.oak', {
          PORT: ports.ours.smtp,
          TLS_PORT: ports.ours.smtps,
          CERT: join(certs, 'server.pem'),
          KEY: join(certs, 'server.key'),
        })
      : serveMailbox(world));
    try {
      const port = ports.ours[protocol];
      const flooding = flood(port, words);
      const hello = await greeting(port);
      const heard = await flooding;
      if (!answer.test(heard)) throw new Error(`heard ${JSON.stringify(heard.slice(0, 300))}`);
      same('meanwhile and afterwards', [hello, await greeting(port)], [hello, hello]);
      small('the server', server);
    } finally {
      await server.stop();
    }
  },
}));

/** What a client hears: [greeting, what comes in front of the flood when it has said something]; ? is a flood at once. */
const answers: readonly [string, string, string | null, string][] = [
  ['a greeting', 'smtp', null, ''],
  ['an answer', 'smtp', '220 hi\r\n', '250-'],
  ['a greeting', 'pop', null, ''],
  ['an answer', 'pop', '+OK hi\r\n', '+OK '],
  ['a message', 'pop', '+OK hi\r\n', '+OK\r\n'],
  ['a greeting', 'imap', null, ''],
  ['an answer', 'imap', '* OK hi\r\n', '* 1 FETCH '],
  ['a literal of 1 GiB', 'imap', '* OK hi\r\n', `* 1 FETCH (BODY[] {${GIB}}\r\n`],
  ['a literal of 99999999999 bytes', 'imap', '* OK hi\r\n', '* 1 FETCH (BODY[] {99999999999}\r\n'],
];

async function hear(world: World, protocol: string, hello: string | null, start: string): Promise<void> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    if (hello === null) void pour(socket);
    else {
      socket.write(hello);
      socket.once('data', () => {
        socket.write(start);
        void pour(socket);
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number }; // it listens on TCP
  const client = world.start([cli, join(here, 'hostile-client.oak')], { PROTOCOL: protocol, PORT: port });
  try {
    const outcomes: unknown = JSON.parse(await client.line());
    const refused = { ok: false, reason: 'limit' };
    same('said', outcomes, hello === null ? [refused] : [refused, refused]);
    small('the client', client);
    same('status', await client.ended, 0);
  } finally {
    await client.stop();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const clientCases: Case[] = answers.map(([name, protocol, hello, start]) => ({
  peer: 'hostile -> our clients',
  name: `1 GiB of one line, ${protocol}: ${name}`,
  run: (world) => hear(world, protocol, hello, start),
}));

export const hostileCases: readonly Case[] = [...serverCases, ...clientCases];
