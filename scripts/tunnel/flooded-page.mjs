/**
 * A page whose streams are flooded: connects STREAMS times to ADDRESS through the gateway GATEWAY, reads nothing, and sends what nobody
 * reads. Prints how many KiB more are in use for each stream.
 */
import { WebSocket } from 'ws';
import { createRuntime, gatewayNetwork } from '../../dist/browser.js';

const { ADDRESS = '', GATEWAY = '', STREAMS = '' } = process.env;
const program = `
socket := import('socket')
block := '0123456789abcdef'
fn grow(text) if len(text) < 1048576 {
	true -> grow(text + text)
	_ -> text
}
whole := grow(block)
fn open(number) if number > 0 -> {
	conn := socket.connect('${ADDRESS}').socket
	go(fn() socket.send(conn, whole))
	open(number - 1)
}
open(int('${STREAMS}'))
wait(3600)
`;
const kib = () => {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage(); // what is in use; the process keeps more for later
  return (heapUsed + external) / 1024;
};
const network = gatewayNetwork(GATEWAY, { WebSocket });
await createRuntime({ network }).run(`socket := import('socket'), socket.close(socket.connect('${ADDRESS}').socket)`);
const before = kib();
createRuntime({ network })
  .run(program)
  .catch((error) => console.error(error));
let now = before;
let last = 0;
do {
  last = now;
  await new Promise((done) => setTimeout(done, 1000));
  now = kib();
} while (Math.abs(now - last) > 256);
console.log(Math.round((now - before) / Number(STREAMS)));
process.stdin.on('end', () => process.exit()).resume();
