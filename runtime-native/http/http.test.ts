/** Networks in memory and pipelined requests. HTTP/1.1 and WebSocket are tested with both engines, in scripts/checks. */
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
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
