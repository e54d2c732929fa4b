/** HTTP as embedded programs have it, with the engine of Node and with that of browsers: hostile peers, limits, policies. */
import { once } from 'node:events';
import { connect, type Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { memoryNetwork, type NetworkPolicy, type RuntimeOptions } from '../../runtime-native/index.ts';
import { closeAll, ENGINES, later, serving as servingBy } from './http-engines-kit.ts';

afterEach(closeAll);

/** Sends bytes and returns all that comes back until the end. */
function ask(port: number, bytes: string): Promise<string> {
  return new Promise((done) => {
    const stream = connect(port, '127.0.0.1', () => stream.write(bytes, 'latin1'));
    let got = '';
    stream.setEncoding('latin1').on('data', (text) => {
      got += text;
    });
    stream.on('close', () => done(got)).on('error', () => {});
  });
}

for (const [name, make] of ENGINES) {
  describe(`with the engine of ${name}`, () => {
    const serving = (program: string, options: RuntimeOptions = {}) => servingBy(make, program, options);
    const hello =
      "server := http_serve('127.0.0.1:0', fn(evt) (evt.end)({status: 200, headers: {}, body: evt.req.body}), options)";

    describe('a request that could be taken for another one', () => {
      const head = (lines: string, method = 'POST'): string => `${method} / HTTP/1.1\r\nHost: a\r\n${lines}`;
      const close = 'Connection: close\r\n';
      const facts: readonly (readonly [string, string, string])[] = [
        ['both lengths', head('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), '400'],
        ['both lengths, the other way', head('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n'), '400'],
        ['two equal lengths', head('Content-Length: 1\r\nContent-Length: 1\r\n\r\na'), '400'],
        ['a list of lengths', head('Content-Length: 1, 1\r\n\r\na'), '400'],
        ['a length with a sign', head('Content-Length: +1\r\n\r\na'), '400'],
        ['a negative length', head('Content-Length: -1\r\n\r\na'), '400'],
        ['an encoding in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', '400'],
        ['an unknown encoding', head(`Transfer-Encoding: xchunked\r\n${close}\r\n0\r\n\r\n`), '501'],
        ['two encodings', head(`Transfer-Encoding: gzip, chunked\r\n${close}\r\n0\r\n\r\n`), '501'],
        ['chunked before another encoding', head('Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'), '400'],
        ['a blank before the colon', head('Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'), '400'],
        ['a folded line', head('X: a\r\n b\r\n\r\n', 'GET'), '400'],
        ['a bare LF', 'GET / HTTP/1.1\nHost: a\n\n', '400'],
        ['a bare CR', head('X: a\rb\r\n\r\n', 'GET'), '400'],
        ['no name', head(': a\r\n\r\n', 'GET'), '400'],
        ['a NUL', head('X: a\0b\r\n\r\n', 'GET'), '400'],
        ['two hosts', `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n${close}\r\n`, '400'],
        ['no host', 'GET / HTTP/1.1\r\n\r\n', '400'],
        ['a bad chunk', head('Transfer-Encoding: chunked\r\n\r\nzz\r\n'), '400'],
        ['another version', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', '505'],
        ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', '405'],
        ['a bad escape in the path', `GET /%zz HTTP/1.1\r\nHost: a\r\n${close}\r\n`, '400'],
        ['a long target', `GET /${'a'.repeat(17_000)} HTTP/1.1\r\nHost: a\r\n${close}\r\n`, '414'],
        ['a long head', head(`X: ${'a'.repeat(70_000)}\r\n\r\n`, 'GET'), '431'],
        ['many lines', head(`${'X: a\r\n'.repeat(300)}${close}\r\n`, 'GET'), '431'],
        ['a long body', head('Content-Length: 2000\r\n\r\n'), '413'],
        ['a body that becomes long', head(`Transfer-Encoding: chunked\r\n\r\n5dc\r\n${'a'.repeat(1500)}\r\n0\r\n\r\n`), '413'],
      ];
      for (const [what, bytes, status] of facts) {
        it(`${what}: ${status}, and the connection is closed`, async () => {
          const port = await serving(`options := {maxBody: 1000}\n${hello}`);
          expect((await ask(port, bytes)).slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
        });
      }

      it('is not answered when its body is cut', async () => {
        const port = await serving(`options := {}\n${hello}`);
        const stream = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
        stream.end('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab');
        const [text] = (await once(stream.setEncoding('latin1'), 'data')) as [string];
        stream.destroy();
        expect(text.slice(0, 12)).toBe('HTTP/1.1 400');
      });
    });

    describe('slow clients', () => {
      it('that do not finish a head are dropped while others are served', async () => {
        const port = await serving(`options := {headTimeout: 0.3}\n${hello}`);
        const slow = Array.from({ length: 50 }, () => ask(port, 'GET / HTTP/1.1\r\nX: '));
        expect((await ask(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).slice(0, 12)).toBe('HTTP/1.1 200');
        expect(new Set((await Promise.all(slow)).map((text) => text.slice(0, 12)))).toEqual(new Set(['HTTP/1.1 408']));
      });

      it('that do not finish a body get 408', async () => {
        const port = await serving(`options := {bodyTimeout: 0.2}\n${hello}`);
        const got = await ask(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\na');
        expect(got.slice(0, 12)).toBe('HTTP/1.1 408');
      });
    });

    describe('an answer', () => {
      const facts: readonly (readonly [string, string])[] = [
        ["{status: 200, headers: {'X-A': 'a\\r\\nb: c'}, body: ''}", '500'],
        ["{status: 200, headers: {'X A': 'a'}, body: ''}", '500'],
        ["{status: 101, headers: {}, body: ''}", '500'],
        ["{status: 700, headers: {}, body: ''}", '500'],
        ["{status: 200, body: ''}", '200'],
        ['5', '500'],
      ];
      for (const [answer, status] of facts) {
        it(`${answer} is sent as ${status}`, async () => {
          const port = await serving(`server := http_serve('127.0.0.1:0', fn(evt) (evt.end)(${answer}))`);
          const got = await ask(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
          expect(got.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
          expect(got).not.toMatch(/^b: c/m);
        });
      }

      it('is 500 when the handler fails, and 503 when it forgets', async () => {
        const failing = await serving("server := http_serve('127.0.0.1:0', fn(evt) ?.x.y)");
        expect((await ask(failing, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).slice(0, 12)).toBe('HTTP/1.1 500');
        const forgetting = await serving("server := http_serve('127.0.0.1:0', fn(evt) ?, {answerTimeout: 0.1})");
        expect((await ask(forgetting, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).slice(0, 12)).toBe('HTTP/1.1 503');
      });
    });

    describe('a client', () => {
      it('does not take a body that unpacks to more than its limit', async () => {
        const bomb = gzipSync(Buffer.alloc(10_000_000));
        const { createServer } = await import('node:http');
        const peer: Server = createServer((_request, response) => {
          response.setHeader('Content-Encoding', 'gzip').end(bomb);
        });
        later(() => peer.close());
        await once(peer.listen(0, '127.0.0.1'), 'listening');
        const { port } = peer.address() as { port: number };
        const { value } = await make({ network: 'system' }).run(
          `r := req({url: 'http://127.0.0.1:${port}/', maxBody: 100000})\n[string(r.type), string(r.code)]`,
        );
        expect(value).toEqual(['error', 'limit']);
      });

      it('asks the policy, for redirects too', async () => {
        const port = await serving(`server := http_serve('127.0.0.1:0', fn(evt) (evt.end)({
      status: 302, headers: {Location: 'http://127.0.0.2:1/'}, body: ''}))`);
        const network: NetworkPolicy = { mayConnect: (target) => target.kind === 'tcp' && target.host === '127.0.0.1' };
        const { value } = await make({ network }).run(
          `r := req({url: 'http://127.0.0.1:${port}/', redirects: 3})\n[string(r.type), string(r.code)]`,
        );
        expect(value).toEqual(['error', 'permission']);
      });
    });

    describe('a network in memory', () => {
      it('carries HTTP, bodies that are written in pieces, too', async () => {
        const program = `
      stop := listen('127.0.0.1:80', fn(evt) (evt.end)({status: 200, headers: {}, body: fn(write) {
        write(evt.req.method), write(evt.req.body)
      }}))
      fn ask(method, body) req({url: 'http://127.0.0.1/', method: method, body: body}).resp.body
      answers := [ask('POST', 'x'), ask('PUT', fn(write) { write('y'), write('z') }), ask('GET', ''), ask('HEAD', '')]
      stop()
      answers`;
        expect((await make({ network: memoryNetwork() }).run(program)).value).toEqual(['POSTx', 'PUTyz', 'GET', '']);
      });

      it('drops the rest of a body that the program does not read, and goes on with the connection', async () => {
        const program = `
          str := import('str')
          server := http_serve('127.0.0.1:80', fn(evt) {
            first := if evt.read { ? -> '', _ -> (evt.read)(3).data }
            (evt.end)({status: 200, headers: {}, body: first})
          }, {stream: true})
          long := str.padEnd('abc', 1000000, 'x')
          fn ask(body) req({url: 'http://127.0.0.1/', method: 'POST', body: body, timeout: 5}).resp.body
          answers := [ask(long), ask('defg')]
          (server.drain)(1)
          answers`;
        expect((await make({ network: memoryNetwork() }).run(program)).value).toEqual(['abc', 'def']);
      });

      it('keeps connections, answers pipelined requests in order, and ends with the last answer', async () => {
        const program = `
      std := import('std'), socket := import('socket')
      server := http_serve('127.0.0.1:80', fn(evt) {
        if evt.req.url { '/1' -> wait(0.01), _ -> ? }
        (evt.end)({status: 200, headers: {}, body: evt.req.url})
      })
      std.each(std.range(5), fn(i) req({url: 'http://127.0.0.1/a'}))
      accepted := (server.stats)().accepted
      conn := socket.connect('127.0.0.1:80').socket
      socket.send(conn, 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      text := socket.recvAll(conn).data
      (server.drain)(1)
      [accepted < 5, str.indexOf(text, '/1') < str.indexOf(text, '/2')]`;
        const { value } = await make({ network: memoryNetwork() }).run(`str := import('str')\n${program}`);
        expect(value).toEqual([true, true]);
      });
    });
  });
}
