/** What the tests of gateways share: a gateway of this process, the network of a page, and a WebSocket that says what a test wants. */
import { createServer, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { networkPolicy } from '../../../builtins/sockets/policy.ts';
import { Driver } from '../../../builtins/sockets/testing/testing.ts';
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  type Kind,
  PROTOCOL,
  TOKEN_PREFIX,
} from '../../../builtins/sockets/tunnel/frames.ts';
import { type GatewayNetwork, gatewayNetwork } from '../../../runtime-js/gateway-network.ts';
import { NodeHost } from '../../host.ts';
import { installCodec } from '../../latin1.ts';
import { later } from '../../sockets/test-kit.ts';
import { type GatewayOptions, startGateway } from '../start-gateway.ts';

export const TOKEN = 'a-token-for-the-tests';

export interface TestGateway {
  readonly url: string;
  readonly log: readonly string[];
  close(): Promise<void>;
}

/** Starts a gateway that allows everything on this machine, and ends it with the test. */
export async function makeGateway(options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  installCodec();
  const log: string[] = [];
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    policy: networkPolicy('localhost,::1,unix:*'),
    origins: [],
    token: TOKEN,
    log: (text) => log.push(text),
    ...options,
  });
  if (typeof gateway === 'string') throw new Error(gateway);
  let isOver = false;
  const close = async (): Promise<void> => {
    if (isOver) return;
    isOver = true;
    await gateway.close();
  };
  later(close);
  return { url: `ws://${gateway.address}/`, log, close };
}

/** A machine whose sockets are those of a gateway. */
export function makePage(url: string, token = TOKEN): { readonly driver: Driver; readonly network: GatewayNetwork } {
  const network = gatewayNetwork(url, { token, WebSocket: WebSocket as unknown as typeof globalThis.WebSocket });
  later(() => network.close());
  return { driver: driverOf(network), network };
}

export function driverOf(network: GatewayNetwork): Driver {
  const host = new NodeHost();
  return new Driver(network, {
    now: () => host.now(),
    defer: (run) => host.defer(run),
    timer: (ms, run) => host.timer(ms, run),
  });
}

/** A page that speaks the protocol by hand. */
export interface RawPage {
  send(stream: number, kind: Kind, payload?: Uint8Array | object): void;
  sendBytes(bytes: Uint8Array | string): void;
  /** The next frame that fits. */
  frame(fits: (frame: Frame) => boolean): Promise<Frame>;
  /** All frames so far that were not asked for. */
  readonly frames: readonly Frame[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly socket: WebSocket;
}

export async function rawPage(
  url: string,
  { origin, protocols = [PROTOCOL, TOKEN_PREFIX + TOKEN] }: { origin?: string; protocols?: string[] } = {},
): Promise<RawPage> {
  const socket = new WebSocket(url, protocols, origin === undefined ? {} : { origin });
  later(() => socket.terminate());
  const frames: Frame[] = [];
  let look = (): void => {};
  socket.on('message', (data: Buffer) => {
    const frame = decodeFrame(Uint8Array.from(data));
    if (typeof frame === 'string') throw new Error(frame);
    frames.push(frame);
    look();
  });
  socket.on('error', () => {});
  const closed = new Promise<{ code: number; reason: string }>((done) => {
    socket.on('close', (code, reason) => done({ code, reason: reason.toString() }));
  });
  await new Promise((done) => socket.once('open', done).once('close', done));
  return {
    socket,
    frames,
    closed,
    sendBytes: (bytes) => socket.send(bytes),
    send: (stream, kind, payload = new Uint8Array(0)) => {
      socket.send(
        encodeFrame(stream, kind, payload instanceof Uint8Array ? payload : new TextEncoder().encode(JSON.stringify(payload))),
      );
    },
    frame: (fits) =>
      new Promise((done) => {
        look = () => {
          const at = frames.findIndex(fits);
          if (at < 0) return;
          look = () => {};
          done(frames.splice(at, 1)[0] as Frame); // it was found
        };
        look();
      }),
  };
}

/** What a frame says as JSON. */
export function said({ payload }: Frame): unknown {
  return JSON.parse(new TextDecoder().decode(payload));
}

export const streamOptions = { tls: null, noDelay: true, keepAliveMs: 0, lingerMs: 1000 };
/** What a page says to connect. */
export const opening = (address: string) => ({ connect: address, ...streamOptions });
/** What a page says to listen. */
export const listening = (address: string) => ({ listen: address, ...streamOptions, backlog: 511, handshakeMs: 1000 });

/** A server that does with each client what a test wants. */
export async function peer(onClient: (socket: Socket) => void = () => {}): Promise<{ port: number; clients: Socket[] }> {
  const clients: Socket[] = [];
  const server = createServer((socket) => {
    clients.push(socket);
    socket.on('error', () => {});
    onClient(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  later(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, clients };
}
