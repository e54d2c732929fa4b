/** systemd-socket-activate passes a socket; the first connection starts the program, or its workers, and is served. */
import { freePort } from '../free-port.ts';
import { ask, cli, engine, expect, Running, write } from './kit.ts';

const SERVER = `
process := import('process')
socket := import('socket')
str := import('str')
inherited := str.contains?(exec('env', [], '').stdout, 'LISTEN_')
server := socket.serve('fd:3', fn(e) {
	socket.sendLine(e.socket, 'hello ' + socket.recvLine(e.socket, {timeout: 5}).data + ' ' + string(inherited))
	socket.close(e.socket)
})
if server.type = :error -> println(server.error)
process.awaitSignal()
server.drain(5)
`;

export async function passedSocket(): Promise<string> {
  const activate = engine('systemd-socket-activate');
  if (activate === null) throw new Error('systemd-socket-activate is not installed (package systemd)');
  const program = write('passed.oak', SERVER);
  for (const flags of [[], ['--workers', '2']]) {
    const port = await freePort();
    const started = new Running(activate, ['-l', `127.0.0.1:${port}`, process.execPath, cli, 'run', ...flags, program]);
    await started.line(/Listening on/);
    for (const text of ['first', 'second', 'third']) {
      const answer = await ask(port, text);
      expect(answer === `hello ${text} false`, `the ${text} connection got "${answer}":\n${started.output.slice(-500)}`);
    }
    expect((await started.end()) === 0, `the program does not end in order:\n${started.output.slice(-500)}`);
  }
  return 'the first connections are served, by one process and by two workers; other programs do not inherit the socket';
}
