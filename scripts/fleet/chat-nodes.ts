/** Three nodes of examples/deploy/chat.oak over nats-server behind HAProxy; one is killed. */
import { connect, type Socket } from 'node:net';
import { freePort } from '../free-port.ts';
import { expect, magnolia, pause, startEngine, write } from './kit.ts';

/** A client of the chat that connects again when it is cut. */
class Member {
  readonly heard: string[] = [];
  welcomes = 0;
  isOver = false;
  #socket: Socket | null = null;
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
    this.#dial();
  }

  #dial(): void {
    if (this.isOver) return;
    let text = '';
    const socket = connect(this.#port, '127.0.0.1');
    this.#socket = socket;
    socket.on('data', (chunk) => {
      text += chunk;
      const lines = text.split(/\r?\n/);
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (line === 'welcome') this.welcomes++;
        else this.heard.push(line);
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => setTimeout(() => this.#dial(), 50));
  }

  say(text: string): void {
    this.#socket?.write(`${text}\n`);
  }

  close(): void {
    this.isOver = true;
    this.#socket?.destroy();
  }
}

async function until(isTrue: () => boolean, what: string, limitMs = 20_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(what);
    await pause(20);
  }
}

export async function chatNodes(): Promise<string> {
  const [nats, front, ...ports] = await Promise.all([freePort(), freePort(), freePort(), freePort(), freePort()]);
  const server = await startEngine('nats-server', ['-a', '127.0.0.1', '-p', String(nats)], nats);
  const nodes = ports.map((port) =>
    magnolia({ file: 'examples/deploy/chat.oak' }, [`127.0.0.1:${port}`, `nats://127.0.0.1:${nats}`], {
      env: { CHAT_PROXY: '127.0.0.1' },
    }),
  );
  await Promise.all(nodes.map((node) => node.line(/listening on/)));
  const config = write(
    'chat.cfg',
    `global
  hard-stop-after 1s
defaults
  mode tcp
  retries 5
  option redispatch 1
  timeout connect 3s
  timeout client 60s
  timeout server 60s
  default-server inter 200ms fall 2 rise 1 check send-proxy-v2
frontend front
  bind 127.0.0.1:${front}
  default_backend nodes
backend nodes
  balance roundrobin
${ports.map((port, i) => `  server n${i} 127.0.0.1:${port}`).join('\n')}
`,
  );
  const haproxy = await startEngine('haproxy', ['-db', '-f', config], front);
  const members = Array.from({ length: 9 }, () => new Member(front));
  await until(() => members.every(({ welcomes }) => welcomes === 1), 'nine members are welcomed');
  await pause(200);
  for (let i = 0; i < 50; i++) members[i % 9]?.say(`a${i}.`);
  const has = (member: Member, text: string): number => member.heard.filter((line) => line.endsWith(` ${text}`)).length;
  await until(() => members.every((member) => member.heard.length >= 50), 'everybody hears what anybody says');

  const counts = members.map(({ welcomes }) => welcomes);
  await nodes[0]?.end('SIGKILL');
  await until(() => members.reduce((sum, { welcomes }) => sum + welcomes, 0) >= 9 + 3, 'the members of the dead node come back');
  await pause(300);
  const living = members.filter(({ welcomes }, i) => welcomes === counts[i]);
  expect(living.length === 6, `${living.length} members stayed connected, not 6`);
  for (let i = 0; i < 50; i++) members[i % 9]?.say(`b${i}.`);
  await until(() => members.every((member) => has(member, 'b49.') > 0), 'the last message comes to everybody');
  await pause(200);
  for (const [n, member] of members.entries()) {
    for (let i = 0; i < 50; i++) expect(has(member, `b${i}.`) === 1, `member ${n} heard b${i}. ${has(member, `b${i}.`)} times`);
  }
  for (const member of living) {
    for (let i = 0; i < 50; i++) expect(has(member, `a${i}.`) === 1, `a${i}. was lost or doubled among the living`);
  }
  for (const member of members) member.close();
  for (const node of nodes.slice(1))
    expect((await node.end()) === 0, `a node does not end in order:\n${node.output.slice(-500)}`);
  await Promise.all([haproxy.end(), server.end()]);
  return '9 members on 3 nodes, one killed: nothing lost or doubled, all came back';
}
