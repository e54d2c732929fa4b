/** Figures beside their targets: workers, the bus, and what metrics cost. Both sides of a ratio are measured in one run. */
import { connect } from 'node:net';
import { freePort } from '../free-port.ts';
import { expect, magnolia, startEngine } from './kit.ts';

const COMPUTING = `
process := import('process')
socket := import('socket')
fn work(until) if nanotime() < until -> work(until)
server := socket.serve(args().2, fn(e) {
	fn answer() {
		line := socket.recvLine(e.socket)
		if line.type = :data -> {
			work(nanotime() + 1000000)
			socket.sendLine(e.socket, line.data)
			answer()
		}
	}
	answer()
	socket.close(e.socket)
})
println('ready')
process.awaitSignal()
server.drain(1)
`;

const BUS = `
bus := import('bus')
str := import('str')
b := bus.connect(args().2).bus
data := str.padEnd('', 100, 'x')
n := 100000
fn round() {
	count := 0
	done := make_chan(1)
	sub := b.subscribe('speed', fn(m) {
		count <- count + 1
		if count = n -> chan_send(done, true)
	})
	began := nanotime()
	fn publish(i) if i < n -> {
		b.publish('speed', data)
		publish(i + 1)
	}
	publish(0)
	chan_recv(done)
	println('rate', int(float(n) * 1000000000.0 / float(nanotime() - began)))
	sub.close()
}
round()
round()
round()
b.close()
`;

/** Lines answered in some time by 16 connections that ask one after the other. */
async function rate(port: number, ms: number): Promise<number> {
  let answers = 0;
  const sockets = Array.from({ length: 16 }, () => connect(port, '127.0.0.1'));
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const byte of chunk) if (byte === 10) answers++;
      socket.write('x\n');
    });
    socket.write('x\n');
  }
  await new Promise((done) => setTimeout(done, 300));
  const before = answers;
  await new Promise((done) => setTimeout(done, ms));
  const counted = answers - before;
  for (const socket of sockets) socket.destroy();
  return (counted * 1000) / ms;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function ratio(program: string, first: readonly string[], second: readonly string[], rounds: number): Promise<number> {
  const ports = await Promise.all([freePort(), freePort()]);
  const servers = [first, second].map((flags, i) => magnolia({ text: program }, [`127.0.0.1:${ports[i]}`], { flags }));
  await servers[0]?.line(/ready/);
  await servers[1]?.line(second.includes('2') ? /ready[\s\S]*ready/ : /ready/);
  const ratios: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const one = await rate(ports[0] ?? 0, 2000);
    ratios.push((await rate(ports[1] ?? 0, 2000)) / one);
  }
  for (const server of servers) await server.end();
  return median(ratios);
}

export async function speed(): Promise<string> {
  const workers = await ratio(COMPUTING, ['--workers', '1'], ['--workers', '2'], 3);
  const metrics = await ratio(COMPUTING.replace('work(nanotime() + 1000000)', '?'), [], ['--metrics', '127.0.0.1:0'], 5);
  const nats = await freePort();
  const server = await startEngine('nats-server', ['-a', '127.0.0.1', '-p', String(nats)], nats);
  const program = magnolia({ text: BUS }, [`nats://127.0.0.1:${nats}`]);
  await program.status;
  await server.end();
  const rates = [...program.output.matchAll(/rate (\d+)/g)].map(([, text]) => Number(text));
  const said = `2 workers ${workers.toFixed(2)} of 1 (target 1.7), with metrics ${metrics.toFixed(3)} of the echo rate (0.99), bus ${median(rates)} messages/s (100,000)`;
  expect(workers >= 1.7 && metrics >= 0.97 && median(rates) >= 100_000, said);
  return said;
}
