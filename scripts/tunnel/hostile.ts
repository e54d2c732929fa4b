/** Gateways that break the protocol: their page has error values, in the words of the same page in Node, and goes on. */
import { encodeFrame } from '../../builtins/sockets/tunnel/frames.ts';
import { fakeGateway, opensAll, VIOLATIONS } from '../../runtime-native/gateway/testing/fake-gateway.ts';
import { type Browser, expect } from './kit.ts';

const LIMIT_MS = 10_000;
const CLOSED_BY_PAGE = 4002;
const TINY_FRAMES = 20_000;
/** A browser hands over one message a turn, so what comes before the violation is read before. */
const READ_BEFORE: { readonly [problem: string]: string } = {
  'data behind the end': 'eof Could not read exact socket data: EOF',
};
/** What is read at once has its credit back before the next message comes. */
const READ_AT_ONCE = 'data without credit';

const program = `
std := import('std')
socket := import('socket')
conn := socket.connect('127.0.0.1:2').socket
got := socket.recvExact(conn, int(env().SIZE))
if got.type {
	:data -> println(len(got.data), 'bytes')
	_ -> println(got.code, got.error)
}
println(socket.recv(conn, 1, { timeout: 0.01 }).type)
`;

export async function hostileGateways(browser: Browser): Promise<string> {
  const run = async (url: string, size: number): Promise<string> => {
    const job = {
      gateway: { url, token: 'a-token-of-somebody' },
      file: '/hostile.oak',
      text: program,
      env: { SIZE: String(size) },
    };
    const { out, err, code } = await browser.run(0, job, LIMIT_MS);
    expect(code === 0 && err === '', `${code} ${err}`);
    return out;
  };
  for (const [problem, act] of Object.entries(VIOLATIONS)) {
    if (problem === READ_AT_ONCE) continue;
    const { url, closed, close } = await fakeGateway(opensAll(act));
    const words = `gateway ${url} broke the protocol of the tunnel: ${problem}`;
    const error = `protocol Could not read exact socket data: read tcp 127.0.0.1:1->127.0.0.1:2: read: ${words}`;
    const out = await run(url, 100_000_000);
    expect(out === `${READ_BEFORE[problem] ?? error}\nclosed\n`, `${problem}: ${out}`);
    expect((await closed) === CLOSED_BY_PAGE || problem in READ_BEFORE, `${problem}: the page has not left`);
    close();
  }
  // As many frames as there can be in one credit: each is a byte.
  const tiny = await fakeGateway(
    opensAll((socket) => {
      const frame = encodeFrame(1, 'data', Uint8Array.of(120));
      for (let i = 0; i < TINY_FRAMES; i++) socket.send(frame);
    }),
  );
  const out = await run(tiny.url, TINY_FRAMES);
  tiny.close();
  expect(out === `${TINY_FRAMES} bytes\nerror\n`, `${TINY_FRAMES} frames of a byte: ${out}`);
  return `${Object.keys(VIOLATIONS).length - 1} ways to break the protocol are error values, ${TINY_FRAMES} frames of a byte are read`;
}
