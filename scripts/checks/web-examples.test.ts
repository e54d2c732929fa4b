/** The programs in examples/web do what they say. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-web-examples-'));

describe('examples/web', () => {
  const children: ChildProcess[] = [];

  afterAll(async () => {
    for (const child of children) {
      child.kill();
      await once(child, 'close');
    }
    rmSync(folder, { recursive: true });
  });

  /** A program with its arguments, and what it has printed. */
  function start(
    name: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): { child: ChildProcess; said(text: RegExp): Promise<string> } {
    const child = spawn(process.execPath, [join(root, 'dist/cli.cjs'), join(root, 'examples/web', name), ...args], {
      env: { ...process.env, ...env },
    });
    let out = '';
    let look = (): void => {};
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text) => {
        out += text;
        look();
      });
    }
    const said = (text: RegExp): Promise<string> =>
      new Promise((done) => {
        look = () => {
          const found = text.exec(out);
          if (found !== null) done(found[1] ?? '');
        };
        look();
      });
    return { child, said };
  }

  /** A server: its address, which it prints. */
  async function serving(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const started = start(name, args, env);
    children.push(started.child);
    return { ...started, url: await started.said(/(http:\/\/[^\s/]+)/) };
  }

  it('json-service.oak keeps notes', async () => {
    const { url } = await serving('json-service.oak', ['127.0.0.1:0']);
    const send = (method: string, path: string, body: string): Promise<Response> =>
      fetch(url + path, { method, body, headers: { 'content-type': 'application/json' } });
    const made = await send('POST', '/notes', '{"text": "buy tea"}');
    expect([made.status, made.headers.get('location'), await made.json()]).toEqual([201, '/notes/1', { id: 1, text: 'buy tea' }]);
    await send('POST', '/notes', '{"text": "sleep"}');
    expect(await (await send('PUT', '/notes/1', '{"text": "drink tea"}')).json()).toEqual({ id: 1, text: 'drink tea' });
    expect((await fetch(`${url}/notes/2`, { method: 'DELETE' })).status).toBe(204);
    expect(await (await fetch(`${url}/notes`)).json()).toEqual([{ id: 1, text: 'drink tea' }]);
    const refused = await Promise.all([
      send('POST', '/notes', '{"text"'),
      send('POST', '/notes', '[]'),
      send('PUT', '/notes/1', '{"text": 5}'),
      send('PUT', '/notes/2', '{"text": "x"}'),
      send('PATCH', '/notes/1', '{}'),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([400, 422, 422, 404, 405]);
  });

  it('static-site.oak shows Markdown and files, and nothing outside', async () => {
    const site = join(folder, 'site');
    execFileSync('mkdir', ['-p', join(site, 'notes')]);
    writeFileSync(join(site, 'index.md'), '# Tea & more\n\nSee [notes](notes/green).');
    writeFileSync(join(site, 'notes/green.md'), '*green*');
    writeFileSync(join(site, 'style.css'), 'p {}');
    writeFileSync(join(folder, 'secret.md'), 'secret');
    const { url } = await serving('static-site.oak', [site, '127.0.0.1:0']);
    expect(await (await fetch(`${url}/`)).text()).toContain('<title>Tea &amp; more</title>');
    expect(await (await fetch(`${url}/notes/green`)).text()).toContain('<p><em>green</em></p>');
    const style = await fetch(`${url}/style.css`);
    expect([style.headers.get('content-type'), style.headers.get('cache-control')]).toEqual([
      'text/css; charset=utf-8',
      'max-age=3600',
    ]);
    for (const path of ['/..%2fsecret', '/..%2fsecret.md', '/.%2e/secret', '/nothing'])
      expect((await fetch(url + path)).status).toBe(404);
  });

  it('chat.oak brings what is said to all in the room', async () => {
    const { url } = await serving('chat.oak', ['127.0.0.1:0'], { CHAT_ORIGIN: 'https://chat.test' });
    expect(await (await fetch(url)).text()).toContain('new WebSocket');
    expect((await fetch(`${url}/rooms/tea`)).status).toBe(426);
    const dial = (origin: string): WebSocket => new WebSocket(`${url.replace('http', 'ws')}/rooms/tea`, { origin });
    const stranger = dial('https://other.test');
    expect(String((await once(stranger, 'error'))[0])).toContain('403');
    const [ann, bob] = [dial('https://chat.test'), dial('https://chat.test')];
    await Promise.all([once(ann, 'open'), once(bob, 'open')]);
    const heard = once(ann, 'message');
    // Who said it is the second one or the first: both connect at once.
    bob.on('message', () => {});
    const saying = setInterval(() => bob.send('{"text": "Grüße"}'), 50); // a room begins when its first visitor is subscribed
    const [message] = await heard;
    clearInterval(saying);
    expect(JSON.parse(String(message))).toMatchObject({ text: 'Grüße' });
    bob.send('no JSON');
    const [code] = await once(bob, 'close');
    expect(code).toBe(1003);
    ann.terminate();
  });

  it('webhook-receiver.oak takes signed deliveries once', async () => {
    const { url, said } = await serving('webhook-receiver.oak', ['127.0.0.1:0'], { WEBHOOK_SECRET: 'shared' });
    const post = async (delivery: string, body: string, secret = 'shared'): Promise<number> => {
      const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      const headers = { 'content-type': 'application/json', 'x-delivery': delivery, 'x-signature-256': signature };
      return (await fetch(`${url}/hook`, { method: 'POST', body, headers })).status;
    };
    expect(await post('1', '{"a":1}')).toBe(202);
    expect(await post('1', '{"a":1}')).toBe(200);
    expect(await post('2', '{"a":2}', 'guessed')).toBe(401);
    expect(await post('', '{"a":3}')).toBe(400);
    expect(await post('3', '{')).toBe(400);
    expect(await post('4', '{"b":2}')).toBe(202);
    await said(/worked off 1: {"a":1}\nworked off 4: {"b":2}\n/);
  });

  it('patient-client.oak asks until it is answered, and gives up in the end', async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked++;
      if (asked === 1) response.socket?.destroy();
      else if (asked === 2) response.writeHead(503, { 'retry-after': '0' }).end();
      else response.end('at last');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const patient = start('patient-client.oak', [url]);
    await patient.said(/once more after .*EOF\nonce more after status 503\nat last\n/);
    expect(await once(patient.child, 'close')).toEqual([0, null]);
    server.close();
    const hopeless = start('patient-client.oak', [url, '2']);
    await hopeless.said(/once more after .*refused\ngave up: .*refused\n/);
    expect(await once(hopeless.child, 'close')).toEqual([1, null]);
  });
});
