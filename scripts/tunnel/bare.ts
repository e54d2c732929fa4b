/** What a WebSocket itself can: data and questions between the browser and a server of `ws`, with the credit of the tunnel and nothing else. */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { CREDIT, MOST_DATA } from '../../builtins/sockets/tunnel/frames.ts';
import type { Browser } from './kit.ts';

const LIMIT_MS = 120_000;
const STEP = CREDIT / 2;

/** What the browser is to do (page-program.mjs): so many bytes to move, or questions to ask. */
export interface BareJob {
  readonly url: string;
  readonly what: string;
  readonly count: number;
  readonly credit: number;
  readonly step: number;
  readonly frame: number;
}

export interface Bare {
  /** How many milliseconds it took. */
  measure(what: string, count: number): Promise<number>;
  close(): void;
}

export async function startBare(browser: Browser): Promise<Bare> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  server.on('connection', serve);
  await new Promise<void>((done) => server.once('listening', done));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    async measure(what, count) {
      const bare: BareJob = {
        url: `ws://127.0.0.1:${port}/${what}/${count}`,
        what,
        count,
        credit: CREDIT,
        step: STEP,
        frame: MOST_DATA,
      };
      const { out, err, code } = await browser.run(0, { bare }, LIMIT_MS);
      if (code !== 0) throw new Error(`a bare WebSocket: ${code} ${err}`);
      return Number(out);
    },
    close: () => server.close(),
  };
}

/** Sends or takes so many bytes, or answers. */
function serve(socket: WebSocket, { url = '' }: IncomingMessage): void {
  const [, what, count = ''] = url.split('/');
  if (what === 'ask') socket.on('message', (data) => socket.send(data));
  else if (what === 'up') takeBytes(socket, Number(count));
  else sendBytes(socket, Number(count));
}

function sendBytes(socket: WebSocket, count: number): void {
  const frame = Buffer.alloc(MOST_DATA);
  let left = count;
  let credit = CREDIT;
  const more = (): void => {
    for (; left > 0 && credit > 0; credit -= MOST_DATA, left -= MOST_DATA) socket.send(frame);
  };
  socket.on('message', () => {
    credit += STEP;
    more();
  });
  more();
}

function takeBytes(socket: WebSocket, count: number): void {
  const step = Buffer.alloc(9);
  let taken = 0;
  socket.on('message', (data: Buffer) => {
    taken += data.length;
    if (taken % STEP === 0) socket.send(step);
    if (taken >= count) socket.close();
  });
}
