/** Servers in their own process: of lines, of lines in TLS, of HTTP, and of HTTP without answers. Answers what they hold when it is asked. */
import { readdirSync } from 'node:fs';
import { createRuntime } from '../../runtime-native/index.ts';

const PROGRAM = `
socket := import('socket')
identity := socket.selfSigned(['localhost'])
fn answer(event) if event.type = :connect {
	true -> {
		c := event.socket
		fn loop if line := socket.recvLine(c, {maxLine: 65536, timeout: 2}) {
			_ -> if line.type = :data & socket.sendLine(c, line.data, {timeout: 2}).type = :sent {
				true -> loop()
				_ -> socket.close(c)
			}
		}
		loop()
	}
}
options := {linger: 1, handshakeTimeout: 2}
secure := {linger: 1, handshakeTimeout: 2, tls: true, cert: identity.cert, key: identity.key}
[
	socket.serve('127.0.0.1:0', answer, options).local
	socket.serve('127.0.0.1:0', answer, secure).local
	import('http').serve('127.0.0.1:0', fn(evt) if evt.type = :req -> (evt.end)({status: 200, headers: {}, body: evt.req.url})).local
	import('http').serve('127.0.0.1:0', fn(evt) ?).local
]`;

/** What the servers hold now. */
export interface Held {
  readonly descriptors: number;
  /** Without garbage. */
  readonly bytes: number;
}

const runtime = createRuntime({ network: 'system', onProblem: ({ message }) => console.error(message) });
process.send?.(await runtime.evaluate(PROGRAM));
process.on('message', () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const held: Held = { descriptors: readdirSync('/proc/self/fd').length, bytes: heapUsed + external };
  process.send?.(held);
});
