/** Proxies of the environment: which requests take them, and what they are sent. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { proxiesOf } from '../../builtins/http/proxy.ts';
import { Failure } from '../../builtins/sockets/backend.ts';
import { testCertificates } from '../sockets/test-authority.ts';

const root = resolve(__dirname, '../..');

describe('proxies of the environment', () => {
  const env = {
    HTTP_PROXY: 'http://ann:p%40ss@proxy.test:3128',
    https_proxy: 'secure.test',
    NO_PROXY: 'intern.test, .only.test, 10.0.0.0/8, host.test:81, 192.0.2.1',
  };
  const facts: readonly (readonly [string, string, string | null])[] = [
    ['example.test', '80', 'proxy.test:3128'],
    ['intern.test', '80', null],
    ['a.intern.test', '80', null],
    ['notintern.test', '80', 'proxy.test:3128'],
    ['only.test', '80', 'proxy.test:3128'],
    ['a.only.test', '80', null],
    ['10.1.2.3', '80', null],
    ['11.1.2.3', '80', 'proxy.test:3128'],
    ['192.0.2.1', '80', null],
    ['host.test', '80', 'proxy.test:3128'],
    ['host.test', '81', null],
    ['localhost', '80', null],
    ['127.0.0.2', '80', null],
    ['::1', '80', null],
  ];
  for (const [host, port, expected] of facts) {
    it(`${host}:${port} ${expected === null ? 'is asked directly' : 'is asked through one'}`, () => {
      const proxy = proxiesOf(env)(false, host, port);
      expect(proxy instanceof Failure ? proxy.detail : (proxy?.address ?? null)).toBe(expected);
    });
  }

  it('have a login and a port, and one for each scheme', () => {
    expect(proxiesOf(env)(false, 'a.test', '80')).toMatchObject({ authorization: `Basic ${btoa('ann:p@ss')}` });
    expect(proxiesOf(env)(true, 'a.test', '443')).toMatchObject({ address: 'secure.test:80', authorization: null });
    expect(proxiesOf({ HTTP_PROXY: 'a.test' })(true, 'b.test', '443')).toBeNull();
    expect(proxiesOf({ HTTP_PROXY: 'a.test', REQUEST_METHOD: 'GET' })(false, 'b.test', '80')).toBeNull();
    expect(proxiesOf({ HTTP_PROXY: 'a.test', NO_PROXY: '*' })(false, 'b.test', '80')).toBeNull();
    expect(proxiesOf({ HTTP_PROXY: 'socks5://a.test' })(false, 'b.test', '80')).toBeInstanceOf(Failure);
  });
});

describe('the command', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function listening(server: Server): Promise<number> {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** What a program prints. */
  async function printed(program: string, env: { [name: string]: string }): Promise<string> {
    const child = spawn(
      process.execPath,
      ['--import', join(root, 'scripts/typescript.mjs'), join(root, 'scripts/from-sources.ts'), 'eval', program],
      { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let out = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    await once(child, 'close');
    return out;
  }

  it('sends plain requests to the proxy, with the whole address', async () => {
    const asked: IncomingMessage[] = [];
    const port = await listening(
      createServer((request, response) => {
        asked.push(request);
        response.end('from the proxy');
      }),
    );
    const out = await printed("print(req({url: 'http://example.test/a?b=c'}).resp.body)", {
      HTTP_PROXY: `http://ann:secret@127.0.0.1:${port}`,
    });
    expect(out).toMatch(/^from the proxy/);
    expect(asked.map(({ url, headers }) => [url, headers.host, headers['proxy-authorization']])).toEqual([
      ['http://example.test/a?b=c', 'example.test', `Basic ${btoa('ann:secret')}`],
    ]);
  }, 60_000);

  it('asks the proxy for a tunnel, and encrypts inside of it', async () => {
    const certificates = testCertificates();
    const [cert, key] = ['localhost.pem', 'localhost-key.pem'].map((name) => readFileSync(join(certificates, name)));
    const port = await listening(
      createTlsServer({ cert: cert as Buffer, key: key as Buffer }, (_request, response) => response.end('from the server')),
    );
    const tunnels: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, stream: Socket) => {
      tunnels.push(request.url);
      stream.on('error', () => {});
      if (request.url?.startsWith('refused') === true) {
        stream.end('HTTP/1.1 403 Not from here\r\n\r\n');
        return;
      }
      const onwards = connect(port, '127.0.0.1', () => {
        stream.write('HTTP/1.1 200 Connected\r\n\r\n');
        onwards.pipe(stream).pipe(onwards);
      });
      onwards.on('error', () => {});
    });
    const env = { HTTPS_PROXY: `127.0.0.1:${await listening(proxy)}` };
    const program = `
      one := req({url: 'https://example.test/', caFile: '${join(certificates, 'ca.pem')}', serverName: 'localhost'}).resp.body
      print(one + ' ' + req({url: 'https://refused.test/'}).error)`;
    expect(await printed(program, env)).toMatch(
      /^from the server Could not send request: Get "https:\/\/refused.test\/": Not from here/,
    );
    expect(tunnels).toEqual(['example.test:443', 'refused.test:443']);
  }, 60_000);
});
