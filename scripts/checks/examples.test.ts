/** The longer examples do what they say. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = resolve(__dirname, '../..');
const cli = join(root, 'dist/cli.cjs');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-examples-'));

afterAll(() => rmSync(folder, { recursive: true }));

/** A client of the chat server: what it is sent, in order. */
class Client {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => {}); // the server may be the one to end it
    this.#lines = createInterface(this.#socket)[Symbol.asyncIterator]();
  }

  send(message: unknown): void {
    this.sendLine(JSON.stringify(message));
  }

  sendLine(line: string): void {
    this.#socket.write(`${line}\n`);
  }

  /** The next message; null at the end. */
  async next(): Promise<unknown> {
    const { done, value } = await this.#lines.next();
    return done === true ? null : JSON.parse(value);
  }

  async ask(message: unknown): Promise<unknown> {
    this.send(message);
    return this.next();
  }

  close(): void {
    this.#socket.destroy();
  }
}

describe('examples/chat-server.oak', () => {
  let server: ChildProcess;
  let port = 0;
  const clients: Client[] = [];
  const client = (): Client => {
    const made = new Client(port);
    clients.push(made);
    return made;
  };

  beforeAll(async () => {
    server = spawn(process.execPath, [cli, join(root, 'examples/chat-server.oak'), '127.0.0.1:0', '2']);
    port = await new Promise<number>((done) => {
      server.stdout?.on('data', (chunk) => done(Number(/:(\d+)\s*$/.exec(String(chunk))?.[1])));
    });
  });
  afterAll(async () => {
    for (const one of clients) one.close();
    server.kill();
    await new Promise((done) => server.once('close', done));
  });

  it('brings what is said to all in the room', async () => {
    const [ann, bob] = [client(), client()];
    expect(await ann.ask({ type: 'hello', name: 'ann' })).toEqual({ type: 'welcome', name: 'ann' });
    expect(await bob.ask({ type: 'hello', name: 'bob' })).toEqual({ type: 'welcome', name: 'bob' });
    expect(await ann.ask({ type: 'join', room: 'tea' })).toEqual({ type: 'joined', room: 'tea', name: 'ann' });
    expect(await bob.ask({ type: 'join', room: 'tea' })).toEqual({ type: 'joined', room: 'tea', name: 'bob' });
    expect(await ann.next()).toEqual({ type: 'joined', room: 'tea', name: 'bob' });

    const said = { type: 'said', room: 'tea', name: 'ann', text: 'Grüße 😀' };
    expect(await ann.ask({ type: 'say', room: 'tea', text: 'Grüße 😀' })).toEqual(said);
    expect(await bob.next()).toEqual(said);
    expect(await bob.ask({ type: 'who', room: 'tea' })).toEqual({ type: 'names', room: 'tea', names: ['ann', 'bob'] });
    expect(await bob.ask({ type: 'rooms' })).toEqual({ type: 'rooms', rooms: ['tea'] });

    expect(await ann.ask({ type: 'quit' })).toEqual({ type: 'left', room: 'tea', name: 'ann' });
    expect(await ann.next()).toEqual({ type: 'bye' });
    expect(await ann.next()).toBeNull();
    expect(await bob.next()).toEqual({ type: 'left', room: 'tea', name: 'ann' });
    bob.close();
  });

  it('refuses what it cannot do, and goes on', async () => {
    const carl = client();
    const error = (text: string) => ({ type: 'error', error: text });
    carl.sendLine('{"type"');
    expect(await carl.next()).toEqual(error('no JSON object'));
    expect(await carl.ask({ type: 'join', room: 'tea' })).toEqual(error('say hello first'));
    expect(await carl.ask({ type: 'hello', name: 'a b' })).toEqual(error('no such name is possible'));
    expect(await carl.ask({ type: 'hello', name: 'carl' })).toEqual({ type: 'welcome', name: 'carl' });
    expect(await carl.ask({ type: 'say', room: 'nowhere', text: 'x' })).toEqual(error('you are not in that room'));
    expect(await carl.ask({ type: 'dance' })).toEqual(error('no such type'));
    expect(await client().ask({ type: 'hello', name: 'carl' })).toEqual(error('the name is taken'));
  });

  it('disconnects silent clients, and clients that send endless lines', async () => {
    const [silent, endless] = [client(), client()];
    endless.sendLine('x'.repeat(10_000));
    expect(await endless.next()).toMatchObject({ type: 'error' });
    expect(await endless.next()).toBeNull();
    expect(await silent.next()).toMatchObject({ type: 'error' });
    expect(await silent.next()).toBeNull();
  });
});

describe('examples/log-analyser.oak', () => {
  const analyse = (file: string): string =>
    execFileSync(process.execPath, [cli, join(root, 'examples/log-analyser.oak'), file, '2'], { encoding: 'utf8' });

  it('counts', () => {
    const line = (path: string, status: number) =>
      `192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET ${path} HTTP/1.1" ${status} 100`;
    const file = join(folder, 'access.log');
    writeFileSync(file, `${[line('/a?x=1', 200), line('/a?x=2', 200), 'nonsense', line('/b', 404)].join('\r\n')}`);
    const out = analyse(file);
    expect(out).toMatch(/lines +4\nstrange +1\nerrors +1\nbytes +300\n/);
    expect(out).toContain('2  /a\n');
    expect(out).toContain('1  404 /b\n');
  });
});

describe('a library given by --lib', () => {
  it('takes the place of one module, with our builtins below it', () => {
    const lib = join(folder, 'lib');
    execFileSync('mkdir', ['-p', lib]);
    // Written as the reference's own modules are: imports of others by name, and a loop that calls itself.
    writeFileSync(
      join(lib, 'str.oak'),
      `
{ default: default, slice: slice } := import('std')
fn upper?(c) c >= 'A' & c <= 'Z'
fn join(strings, joiner) {
	joiner := default(joiner, '')
	fn sub(i, acc) if i {
		len(strings) -> acc
		0 -> sub(1, acc << strings.0)
		_ -> sub(i + 1, acc << joiner << strings.(i))
	}
	'mine: ' + sub(0, '')
}
`,
    );
    const program = join(folder, 'main.oak');
    writeFileSync(
      program,
      `
str := import('str')
json := import('json')
print(str.join(['a', 'b'], '-') + ' ' + string(str.upper?('A')) + ' ' + string(str.split) + ' ' + json.serialize([1]) + '\\n')
`,
    );
    const out = execFileSync(process.execPath, [cli, '--lib', lib, program], { encoding: 'utf8' });
    expect(out).toBe('mine: a-b true ? [1]\n');
  });
});
