/** WebSocket as embedded programs have it, with the engine of Node and with that of browsers: frames, limits, closing, peers of `ws`. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { memoryNetwork } from '../../runtime-native/index.ts';
import { closeAll, ENGINES, later, serving } from './http-engines-kit.ts';

afterEach(closeAll);

const echo = `server := http_serve('127.0.0.1:0', fn(evt) {
  socket := (evt.end)({upgrade: true}).socket
  fn again() if msg := ws_recv(socket) {
    {type: :message, opcode: _, data: _} -> {
      ws_send(socket, msg.data, msg.opcode)
      again()
    }
    _ -> ?
  }
  again()
}, {maxMessage: 1000})`;

/** Frames as a client writes them, with a mask of zeros; bits of the first byte, then the payload. */
const frame = (first: number, payload: string | Buffer): Buffer => {
  const data = Buffer.from(payload as string);
  const length = data.length < 126 ? [0x80 | data.length] : [0x80 | 126, data.length >> 8, data.length & 255];
  return Buffer.concat([Buffer.from([first, ...length, 0, 0, 0, 0]), data]);
};
const masked = Buffer.from([0x81, 0x82, 1, 2, 3, 4, 'h'.charCodeAt(0) ^ 1, 'i'.charCodeAt(0) ^ 2]);
const code = (number: number): Buffer => Buffer.from([number >> 8, number & 255]);

/** Sends frames; all frames that come back, until the connection ends or `count` have come. */
async function talk(port: number, frames: readonly Buffer[], count: number): Promise<string[]> {
  const stream: Socket = connect(port, '127.0.0.1');
  stream.on('error', () => {});
  const key = Buffer.alloc(16).toString('base64');
  stream.write(
    `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  for (const one of frames) stream.write(one);
  let got = Buffer.alloc(0);
  return await new Promise((done) => {
    const shown = (): string[] => {
      const start = got.indexOf('\r\n\r\n') + 4;
      const all: string[] = [];
      for (let at = start; start > 3 && at + 2 <= got.length; ) {
        const short = (got[at + 1] ?? 0) & 127;
        const size = short === 126 ? got.readUInt16BE(at + 2) : short;
        const from = at + (short === 126 ? 4 : 2);
        if (from + size > got.length) break;
        const payload = got.subarray(from, from + size);
        const first = got[at] ?? 0;
        all.push(
          first === 0x88
            ? `close ${size > 1 ? payload.readUInt16BE(0) : ''}`
            : `${first.toString(16)} ${payload.toString('latin1')}`,
        );
        at = from + size;
      }
      return all;
    };
    stream.on('data', (bytes) => {
      got = Buffer.concat([got, bytes]);
      if (shown().length >= count) stream.destroy();
    });
    stream.on('close', () => done(shown()));
  });
}

const facts: readonly (readonly [string, readonly Buffer[], readonly string[]])[] = [
  ['text', [frame(0x81, 'a')], ['81 a']],
  ['binary', [frame(0x82, 'a')], ['82 a']],
  ['an empty message', [frame(0x81, '')], ['81 ']],
  ['fragments', [frame(0x01, 'a'), frame(0x00, 'b'), frame(0x80, 'c')], ['81 abc']],
  ['a ping between fragments', [frame(0x01, 'a'), frame(0x89, 'p'), frame(0x80, 'b')], ['8a p', '81 ab']],
  ['a pong that nobody asked for', [frame(0x8a, 'p'), frame(0x81, 'a')], ['81 a']],
  ['a bit that is reserved', [frame(0xc1, 'a')], ['close 1002']],
  ['an opcode that is reserved', [frame(0x83, 'a')], ['close 1002']],
  ['a control opcode that is reserved', [frame(0x8b, 'a')], ['close 1002']],
  ['a fragment of a ping', [frame(0x09, 'a')], ['close 1002']],
  ['a long ping', [frame(0x89, 'a'.repeat(126))], ['close 1002']],
  ['a continuation of nothing', [frame(0x80, 'a')], ['close 1002']],
  ['a message in a message', [frame(0x01, 'a'), frame(0x81, 'b')], ['close 1002']],
  ['no mask', [Buffer.from([0x81, 1, 97])], ['close 1002']],
  ['text that is not UTF-8', [frame(0x81, Buffer.from([0xff]))], ['close 1007']],
  ['a character cut by fragments', [frame(0x01, Buffer.from([0xc3])), frame(0x80, Buffer.from([0xa9]))], ['81 \xc3\xa9']],
  ['a long message', [frame(0x82, 'a'.repeat(2000))], ['close 1009']],
  ['a close', [frame(0x88, code(1000))], ['close 1000']],
  ['a close without a code', [frame(0x88, '')], ['close ']],
  ['a close of one byte', [frame(0x88, 'a')], ['close 1002']],
  ['a close with a code that is not for the wire', [frame(0x88, code(1005))], ['close 1002']],
  ['a close of an application', [frame(0x88, code(4000))], ['close 4000']],
  ['a masked message', [masked], ['81 hi']],
  ['a ping without a payload', [frame(0x89, '')], ['8a ']],
  ['the longest ping', [frame(0x89, 'a'.repeat(125))], [`8a ${'a'.repeat(125)}`]],
  ['a message of 16-bit length', [frame(0x82, 'a'.repeat(1000))], [`82 ${'a'.repeat(1000)}`]],
  ['a length of 64 bits that nobody can send', [Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0])], ['close 1009']],
  ['fragments that are too long together', [frame(0x02, 'a'.repeat(600)), frame(0x80, 'a'.repeat(600))], ['close 1009']],
  [
    'very many empty fragments',
    [frame(0x01, 'a'), ...Array.from({ length: 2000 }, () => frame(0, '')), frame(0x80, 'b')],
    ['81 ab'],
  ],
  ['a ping without a mask', [Buffer.from([0x89, 0])], ['close 1002']],
  ['a ping with a reserved bit', [frame(0xa9, '')], ['close 1002']],
  ['a fragment of a close', [frame(0x08, code(1000))], ['close 1002']],
  ['a close whose reason is not UTF-8', [frame(0x88, Buffer.concat([code(1000), Buffer.from([0xff])]))], ['close 1007']],
  ['a long close', [frame(0x88, Buffer.concat([code(1000), Buffer.alloc(124, 97)]))], ['close 1002']],
  ['nothing that comes after a close', [frame(0x88, code(1001)), frame(0x81, 'late')], ['close 1001']],
  ['a surrogate in UTF-8', [frame(0x81, Buffer.from([0xed, 0xa0, 0x80]))], ['close 1007']],
  ['a character that is cut at the end', [frame(0x81, Buffer.from([0xe2, 0x82]))], ['close 1007']],
  ...[0xa1, 0x91].map((first) => ['another reserved bit', [frame(first, 'a')], ['close 1002']] as const),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    (opcode) => [`opcode ${opcode}`, [frame(0x80 | opcode, '')], ['close 1002']] as const,
  ),
  ...[0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 65535].map(
    (number) => [`a close with code ${number}`, [frame(0x88, code(number))], ['close 1002']] as const,
  ),
  ...[1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999].map(
    (number) => [`a close with code ${number}`, [frame(0x88, code(number))], [`close ${number}`]] as const,
  ),
];
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A server that answers each handshake with what a test makes of the proof, and ends if it is to. */
async function answering(answer: (proof: string) => Buffer | string, isEnd = false): Promise<number> {
  const server = createServer((socket) => {
    let head = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (head.includes('\r\n\r\n')) return;
      head += bytes.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(head)?.[1] ?? '';
      const proof = createHash('sha1')
        .update(key + GUID)
        .digest('base64');
      socket.write(answer(proof));
      if (isEnd) socket.end();
    });
    later(() => socket.destroy());
  });
  later(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as { port: number }).port;
}

const granting = (proof: string, more = ''): string =>
  `HTTP/1.1 101 Go on\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${proof}\r\n${more}\r\n`;

/** A frame as a server writes it. */
const plain = (first: number, payload: string | Buffer): Buffer => {
  const data = Buffer.from(payload as string);
  const length = data.length < 126 ? [data.length] : [126, data.length >> 8, data.length & 255];
  return Buffer.concat([Buffer.from([first, ...length]), data]);
};

const broken = (words: string, code = 'protocol'): readonly string[] => [
  'error',
  code,
  `Could not read websocket message: websocket: ${words}`,
  '',
];
/** What a client makes of frames: type, code, error and data of what it receives first. */
const received: readonly (readonly [string, readonly Buffer[], readonly string[]])[] = [
  ['text', [plain(0x81, 'hi')], ['message', '', '', 'hi']],
  ['fragments with a ping between', [plain(0x01, 'a'), plain(0x89, 'p'), plain(0x80, 'b')], ['message', '', '', 'ab']],
  ['a mask', [frame(0x81, 'hi')], broken('MASK must be clear')],
  ['a reserved bit', [plain(0xc1, 'hi')], broken('RSV1 must be clear')],
  ['another reserved bit', [plain(0xa1, 'hi')], broken('RSV2 and RSV3 must be clear')],
  ['a reserved opcode', [plain(0x83, 'hi')], broken('invalid opcode 3')],
  ['a continuation of nothing', [plain(0x80, 'hi')], broken('invalid opcode 0')],
  ['a message in a message', [plain(0x01, 'a'), plain(0x81, 'b')], broken('invalid opcode 1')],
  ['a fragment of a ping', [plain(0x09, '')], broken('FIN must be set')],
  ['a long ping', [plain(0x89, 'a'.repeat(126))], broken('invalid payload length 126')],
  ['text that is not UTF-8', [plain(0x81, Buffer.from([0xff]))], broken('invalid UTF-8 in text message')],
  ['a long message', [plain(0x82, 'a'.repeat(1001))], broken('read limit exceeded', 'limit')],
  [
    'fragments that are long together',
    [plain(0x02, 'a'.repeat(600)), plain(0x80, 'a'.repeat(600))],
    broken('read limit exceeded', 'limit'),
  ],
  ['a close', [plain(0x88, Buffer.concat([code(4001), Buffer.from('bye')]))], ['closed', '4001', '', '']],
  ['a close without a code', [plain(0x88, '')], ['closed', '1005', '', '']],
  ['a close with a code that is not for the wire', [plain(0x88, code(1006))], broken('invalid status code 1006')],
  ['the end of the connection', [], ['closed', '1006', '', '']],
  ['half of a message', [plain(0x81, 'hi').subarray(0, 3)], ['closed', '1006', '', '']],
];

/** What a client makes of answers to its handshake: code, status, and the end of the error. */
const refused: readonly (readonly [string, (proof: string) => string, readonly string[]])[] = [
  ['another proof', () => granting('AAAAAAAAAAAAAAAAAAAAAAAAAAA='), ['protocol', '0', 'websocket: bad handshake']],
  [
    'no proof',
    (proof) => granting(proof).replace(/Sec-WebSocket-Accept.*\r\n/, ''),
    ['protocol', '0', 'websocket: bad handshake'],
  ],
  [
    'another protocol to upgrade to',
    (proof) => granting(proof).replace('websocket', 'h2c'),
    ['protocol', '0', 'websocket: bad handshake'],
  ],
  [
    'a subprotocol that was not asked for',
    (proof) => granting(proof, 'Sec-WebSocket-Protocol: chat\r\n'),
    ['protocol', '0', 'websocket: bad handshake'],
  ],
  [
    'an extension that was not asked for',
    (proof) => granting(proof, 'Sec-WebSocket-Extensions: permessage-deflate\r\n'),
    ['protocol', '0', 'websocket: bad handshake'],
  ],
  ['no upgrade', () => 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', ['http', '200', 'websocket: bad handshake']],
  [
    'a redirect',
    () => 'HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n',
    ['http', '302', 'websocket: bad handshake'],
  ],
  ['something else than HTTP', () => 'SSH-2.0-server\r\n\r\n', ['protocol', '0', 'malformed HTTP response']],
  ['half a head', () => 'HTTP/1.1 101 Go', ['protocol', '0', 'unexpected EOF']],
  ['nothing', () => '', ['protocol', '0', 'unexpected EOF']],
  ['a long head', (proof) => granting(proof, `X: ${'a'.repeat(70_000)}\r\n`), ['protocol', '0', 'malformed HTTP response']],
];

const FACTS = "fn text(value) if value { ? -> '', _ -> string(value) }\n";

for (const [name, make] of ENGINES) {
  describe(`a WebSocket server with the engine of ${name}`, () => {
    for (const [what, frames, expected] of facts) {
      it(`answers ${what} as RFC 6455 says`, async () => {
        expect(await talk(await serving(make, echo), frames, expected.length)).toEqual(expected);
      });
    }

    it('ends the connection of a client that sends pings faster than their answers leave, and no other', async () => {
      const port = await serving(make, echo);
      const flood = Buffer.concat(Array.from({ length: 5000 }, () => frame(0x89, 'p')));
      const answers = await talk(port, [flood], Number.POSITIVE_INFINITY); // until the server closes it
      expect(answers.length).toBeLessThan(5000);
      expect(await talk(port, [frame(0x81, 'a')], 1)).toEqual(['81 a']);
    });

    it('grants pages of listed origins only', async () => {
      const port = await serving(
        make,
        "server := http_serve('127.0.0.1:0', fn(evt) (evt.end)({upgrade: true}), {origins: ['https://a.example']})",
      );
      const status = async (origin: string): Promise<number> => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { origin });
        return await new Promise((done) => {
          socket.on('open', () => done(101)).on('unexpected-response', (_request, { statusCode = 0 }) => done(statusCode));
          socket.on('error', () => {});
          later(() => socket.terminate());
        });
      };
      expect([await status('https://a.example'), await status('https://b.example')]).toEqual([101, 403]);
    });
  });

  describe(`a WebSocket client with the engine of ${name}`, () => {
    it('speaks with ws', async () => {
      const peer = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      later(() => peer.close());
      await once(peer, 'listening');
      peer.on('connection', (socket) => {
        socket.on('message', (data, binary) => {
          socket.send(data, { binary });
          socket.close(4001, 'done');
        });
      });
      const { port } = peer.address() as { port: number };
      const { value } = await make({ network: 'system' }).run(`
        socket := ws_dial('ws://127.0.0.1:${port}/').socket
        ws_send(socket, 'x', 2)
        first := ws_recv(socket)
        last := ws_recv(socket)
        [first.data, first.opcode, last.code, last.reason, ws_recv(socket).code, string(ws_send(socket, 'y').type), string(ws_close(socket).type)]`);
      expect(value).toEqual(['x', 2, 4001, 'done', 4001, 'error', 'closed']);
    });

    for (const [what, frames, expected] of received) {
      it(`takes ${what} for what RFC 6455 says`, async () => {
        const port = await answering((proof) => Buffer.concat([Buffer.from(granting(proof)), ...frames]), expected[1] === '1006');
        const { value } = await make({ network: 'system' }).run(`${FACTS}
          got := ws_recv(ws_dial('ws://127.0.0.1:${port}/', {}, {maxMessage: 1000}).socket)
          [text(got.type), text(got.code), text(got.error), text(got.data)]`);
        expect(value).toEqual(expected);
      });
    }

    for (const [what, answer, expected] of refused) {
      it(`is refused by ${what}`, async () => {
        const port = await answering(answer, true);
        const { value } = await make({ network: 'system' }).run(`${FACTS}
          got := ws_dial('ws://127.0.0.1:${port}/')
          [text(got.code), text(got.status), text(got.error)]`);
        expect(value).toEqual([expected[0], expected[1], expect.stringContaining(expected[2] as string)]);
      });
    }
  });

  describe(`a network in memory with the engine of ${name}`, () => {
    it('carries messages, long ones and pieces of them too, and their closing', async () => {
      const program = `
        str := import('str')
        stop := ws_listen('127.0.0.1:81', '/', fn(evt) {
          fn again() if msg := ws_recv(evt.socket) {
            {type: :message, opcode: _, data: _} -> {
              ws_send(evt.socket, msg.data, msg.opcode)
              again()
            }
            _ -> ?
          }
          again()
        }, {protocols: ['chat']})
        dialled := ws_dial('ws://127.0.0.1:81/', {}, {protocols: ['other', 'chat']})
        socket := dialled.socket
        long := str.padEnd('', 300000, 'abc')
        ws_send(socket, 'hi')
        ws_send(socket, '', 9)
        ws_send(socket, long, 2)
        first := ws_recv(socket)
        second := ws_recv(socket)
        closed := ws_close(socket, 4001, 'bye')
        stop()
        [dialled.protocol, first.data, second.opcode, second.data = long, closed.code]`;
      const { value } = await make({ network: memoryNetwork() }).run(program);
      expect(value).toEqual(['chat', 'hi', 2, true, 4001]);
    });
  });
}
