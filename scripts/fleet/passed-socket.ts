/** systemd-socket-activate passes a socket; the first connection starts the program and is served. */
import { ask, cli, engine, expect, freePort, Running, write } from './kit.ts';

const SERVER = `
process := import('process')
socket := import('socket')
server := socket.serve('fd:3', fn(e) {
	socket.sendLine(e.socket, 'hello ' + socket.recvLine(e.socket, { timeout: 5 }).data)
	socket.close(e.socket)
})
if server.type = :error -> println(server.error)
process.awaitSignal()
server.drain(5)
`;

export async function passedSocket(): Promise<string> {
  const activate = engine('systemd-socket-activate');
  if (activate === null) throw new Error('systemd-socket-activate is not installed (package systemd)');
  const port = await freePort();
  const program = write('passed.oak', SERVER);
  const started = new Running(activate, ['-l', `127.0.0.1:${port}`, process.execPath, cli, program]);
  await started.line(/Listening on/);
  const answer = await ask(port, 'first');
  expect(answer === 'hello first', `the first connection got "${answer}":\n${started.output.slice(-500)}`);
  expect((await started.end()) === 0, 'the program does not end in order');
  return 'the first connection is served';
}
