/**
 * Workers behind HAProxy: many clients, a rolling restart, new certificates and the end. No connection that began before SIGTERM is
 * refused or cut, and every server knows its client's address.
 */
import { connect } from 'node:tls';
import { freePort } from '../free-port.ts';
import { ask, certificate, expect, folder, magnolia, pause, startEngine, write } from './kit.ts';

const SERVER = `
process := import('process')
socket := import('socket')
server := socket.serve(args().2, fn(e) {
	line := socket.recvLine(e.socket, { timeout: 10 })
	if line.type = :data -> socket.sendLine(e.socket, e.remote + ' ' + line.data)
	socket.close(e.socket)
}, { proxyProtocol: :require, trusted: ['127.0.0.1'] })
secure := socket.serve(args().3, fn(e) {
	socket.sendLine(e.socket, 'secure')
	socket.close(e.socket)
}, { tls: true, certFile: 'cert.pem', keyFile: 'key.pem' })
println('ready', server.type, secure.type)
process.onSignal(:usr2, fn() println('reload', secure.reload().type))
process.awaitSignal()
secure.close()
println('drained', server.drain(10).remaining)
`;

/**
 * HAProxy connects to the server only after a client has connected to it. A client that begins within this time before SIGTERM may reach the
 * server when it has stopped listening, and is not counted.
 */
const THROUGH_BALANCER_MS = 100;

interface Result {
  readonly began: number;
  readonly answer: string;
  readonly isRight: boolean;
}

/** A client in a loop; each round is a new connection. */
async function client(port: number, name: string, until: () => boolean, results: Result[]): Promise<void> {
  for (let round = 0; !until(); round++) {
    const began = Date.now();
    const text = `${name}-${round}`;
    const { answer, source } = await askFrom(port, text);
    results.push({ began, answer, isRight: answer === `${source} ${text}` });
    if (answer === 'refused') await pause(20);
  }
}

async function askFrom(port: number, text: string): Promise<{ answer: string; source: string }> {
  const { connect: dial } = await import('node:net');
  return await new Promise((done) => {
    let answer = '';
    let source = '';
    const socket = dial(port, '127.0.0.1', () => {
      source = `127.0.0.1:${socket.localPort}`;
      socket.write(`${text}\n`);
    });
    socket.setTimeout(20_000, () => socket.destroy(new Error('timeout')));
    socket.on('data', (chunk) => {
      answer += chunk;
      if (answer.endsWith('\n')) socket.end();
    });
    socket.on('error', () => {});
    socket.on('close', () => done({ answer: answer.endsWith('\n') ? answer.trim() : source === '' ? 'refused' : 'cut', source }));
  });
}

/** The serial number of the certificate that a port shows. */
function serialAt(port: number): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      done(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    }).on('error', fail);
  });
}

export async function balancedWorkers(clients: number, seconds: number): Promise<string> {
  const [front, back, tls] = await Promise.all([freePort(), freePort(), freePort()]);
  const config = write(
    'balanced.cfg',
    `global
  maxconn 4000
  hard-stop-after 2s
defaults
  mode tcp
  retries 5
  option redispatch 1
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:${front} backlog 4096
  default_backend back
backend back
  server one 127.0.0.1:${back} send-proxy-v2
`,
  );
  certificate();
  const haproxy = await startEngine('haproxy', ['-db', '-f', config], front);
  const program = magnolia({ text: SERVER }, [`127.0.0.1:${back}`, `127.0.0.1:${tls}`], { flags: ['--workers', '2'] });
  await program.line(/ready ok ok[\s\S]*ready ok ok/);
  expect(/^127\.0\.0\.1:\d+ hello$/.test(await ask(front, 'hello')), 'the server behind HAProxy answers');

  const results: Result[] = [];
  let isOver = false;
  const loops = Array.from({ length: clients }, (_, n) => client(front, `c${n}`, () => isOver, results));
  await pause(seconds * 300);
  program.child.kill('SIGHUP');
  await program.line(/(ready ok ok[\s\S]*){4}/, 60_000); // both workers are new
  await pause(seconds * 300);
  const before = await serialAt(tls);
  certificate();
  const made = (program.output.match(/reload ok/g) ?? []).length;
  program.child.kill('SIGUSR2'); // the primary passes it on
  await program.line(new RegExp(`(reload ok[\\s\\S]*){${made + 2}}`));
  expect((await serialAt(tls)) !== before, 'the new certificate is shown after reload');
  await pause(seconds * 200);
  const termAt = Date.now();
  const status = await program.end('SIGTERM');
  isOver = true;
  await Promise.all(loops);
  await haproxy.end();
  const counted = results.filter(({ began }) => began < termAt - THROUGH_BALANCER_MS);
  const bad = (kind: string): number => counted.filter(({ answer }) => answer === kind).length;
  const wrong = counted.filter(({ answer, isRight }) => !isRight && answer !== 'cut' && answer !== 'refused').length;
  expect(status === 0, `status ${status} after SIGTERM:\n${program.output.slice(-1000)}`);
  expect(counted.length > clients, `only ${counted.length} connections`);
  expect(
    bad('refused') + bad('cut') + wrong === 0,
    `${counted.length} connections: ${bad('refused')} refused, ${bad('cut')} cut, ${wrong} wrong in ${folder}`,
  );
  return `${counted.length} connections of ${clients} clients, 0 refused, 0 cut, 0 wrong addresses`;
}
