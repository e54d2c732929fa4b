/** Networks in memory, pipelined requests, and WebSocket against `ws`. HTTP/1.1 is tested in scripts/checks/http-engines.test.ts. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { createRuntime, memoryNetwork, type RuntimeOptions } from '../index.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A program that keeps running: the port that it says it listens on. */
async function serving(program: string, options: RuntimeOptions = {}): Promise<number> {
  let told = (_port: number): void => {};
  const port = new Promise<number>((done) => {
    told = done;
  });
  const runtime = createRuntime({
    network: 'system',
    output: () => {},
    onProblem: () => {},
    ...options,
    builtins: { told, ...options.builtins },
  });
  closers.push(() => runtime.stop());
  runtime.run(`${program}\ntold(int(import('str').split(server.local, ':').1))`).catch(() => {});
  return await port;
}

describe('a network in memory', () => {
  const program = `
    stop := listen('127.0.0.1:80', fn(evt) (evt.end)({status: 200, headers: {}, body: evt.req.body + '!'}))
    ws := ws_listen('127.0.0.1:81', '/', fn(evt) ws_send(evt.socket, 'hi'))
    answer := req({url: 'http://127.0.0.1/', method: 'POST', body: 'x'}).resp.body
    socket := ws_dial('ws://127.0.0.1:81/').socket
    message := ws_recv(socket).data
    ws_close(socket)
    stop(), ws()
    [answer, message]`;

  it('carries HTTP and WebSocket', async () => {
    expect((await createRuntime({ network: memoryNetwork() }).run(program)).value).toEqual(['x!', 'hi']);
  });

  it('does not meet another one', async () => {
    const runtime = createRuntime({ network: memoryNetwork() });
    closers.push(() => runtime.stop());
    void runtime.run("listen('127.0.0.1:80', fn(evt) (evt.end)({status: 200, headers: {}, body: ''}))").catch(() => {});
    const { value } = await createRuntime({ network: memoryNetwork() }).run("string(req({url: 'http://127.0.0.1/'}).type)");
    expect(value).toBe('error');
  });

  it('leaves no timer behind when a program ends in the middle of a closing handshake', async () => {
    const key = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
    const accept = (nonce: string): string =>
      createHash('sha1')
        .update(nonce + key)
        .digest('base64');
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const runtime = createRuntime({ network: memoryNetwork(), builtins: { accept } });
    const { status } = await runtime.run(`
      socket := import('socket'), str := import('str')
      socket.listen('127.0.0.1:1', fn(evt) {
        fn nonce() if line := str.cut(socket.recvLine(evt.socket).data, ': ') { ['Sec-WebSocket-Key', _] -> line.1, _ -> nonce() }
        answer := 'HTTP/1.1 101 Go on\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: '
        socket.send(evt.socket, answer + accept(nonce()) + '\\r\\n\\r\\n')
        socket.recv(evt.socket, 1) // the close frame comes, and no answer
        exit(7)
      })
      ws_close(ws_dial('ws://127.0.0.1:1/').socket)`);
    expect(status).toBe(7);
    expect(timers()).toBe(before);
  });
});

describe('an HTTP server', () => {
  it('stops reading from who sends requests faster than they are answered, and answers all of them', async () => {
    const many = 10_000;
    let seen = 0;
    let open = (): void => {};
    const gate = new Promise<void>((done) => {
      open = done;
    });
    const slow = (): Promise<void> => {
      seen++;
      return gate;
    };
    const program = `server := http_serve('127.0.0.1:0', fn(evt) {
      if evt.req.url { '/slow' -> slow() }
      (evt.end)({status: 200, headers: {}, body: 'answer'})
    })`;
    const port = await serving(program, { builtins: { slow } });
    const ask = (path: string, count: number): { socket: Socket; answered: Promise<void> } => {
      const socket = connect(port, '127.0.0.1');
      closers.push(() => socket.destroy());
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(count));
      let text = '';
      let answers = 0;
      const answered = new Promise<void>((done) => {
        socket.on('data', (data) => {
          const parts = (text + data.toString('latin1')).split('answer');
          text = parts.at(-1) ?? '';
          answers += parts.length - 1;
          if (answers === count) done();
        });
      });
      return { socket, answered };
    };
    const flood = ask('/slow', many);
    for (let i = 0; i < 30; i++) await ask('/', 1).answered; // in that time all of it could be read
    expect(seen).toBeGreaterThanOrEqual(64);
    expect(seen).toBeLessThan(6000);
    open();
    await flood.answered;
    expect(seen).toBe(many);
  }, 30_000);
});

describe('a WebSocket server', () => {
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
  for (const [what, frames, expected] of facts) {
    it(`answers ${what} as RFC 6455 says`, async () => {
      expect(await talk(await serving(echo), frames, expected.length)).toEqual(expected);
    });
  }

  it('ends the connection of a client that sends pings faster than their answers leave, and no other', async () => {
    const port = await serving(echo);
    const flood = Buffer.concat(Array.from({ length: 5000 }, () => frame(0x89, 'p')));
    const answers = await talk(port, [flood], Number.POSITIVE_INFINITY); // until the server closes it
    expect(answers.length).toBeLessThan(5000);
    expect(await talk(port, [frame(0x81, 'a')], 1)).toEqual(['81 a']);
  });

  it('grants pages of listed origins only', async () => {
    const port = await serving(
      "server := http_serve('127.0.0.1:0', fn(evt) (evt.end)({upgrade: true}), {origins: ['https://a.example']})",
    );
    const status = async (origin: string): Promise<number> => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { origin });
      return await new Promise((done) => {
        socket.on('open', () => done(101)).on('unexpected-response', (_request, { statusCode = 0 }) => done(statusCode));
        socket.on('error', () => {});
        closers.push(() => socket.terminate());
      });
    };
    expect([await status('https://a.example'), await status('https://b.example')]).toEqual([101, 403]);
  });
});

describe('a WebSocket client', () => {
  it('speaks with ws', async () => {
    const peer = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    closers.push(() => peer.close());
    await once(peer, 'listening');
    peer.on('connection', (socket) => {
      socket.on('message', (data, binary) => {
        socket.send(data, { binary });
        socket.close(4001, 'done');
      });
    });
    const { port } = peer.address() as { port: number };
    const { value } = await createRuntime({ network: 'system' }).run(`
      socket := ws_dial('ws://127.0.0.1:${port}/').socket
      ws_send(socket, 'x', 2)
      first := ws_recv(socket)
      last := ws_recv(socket)
      [first.data, first.opcode, last.code, last.reason, ws_recv(socket).code, string(ws_send(socket, 'y').type), string(ws_close(socket).type)]`);
    expect(value).toEqual(['x', 2, 4001, 'done', 4001, 'error', 'closed']);
  });
});
