/** Gateways that are none, for pages: one that answers as a test wants, and the ways to break the protocol. */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  CREDIT,
  decodeFrame,
  encodeFrame,
  endFrame,
  type Frame,
  MOST_DATA,
  PROTOCOL,
  windowFrame,
} from '../../../builtins/sockets/tunnel/frames.ts';

/** What `opened` says of every connection. */
export const opened = { local: '127.0.0.1:1', remote: '127.0.0.1:2', encryption: null };

/** A payload of JSON. */
export function message(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

export type OnFrame = (frame: Frame, socket: WebSocket) => void;

export interface FakeGateway {
  readonly url: string;
  /** The code with which the first page has closed its WebSocket. */
  readonly closed: Promise<number>;
  close(): void;
}

export async function fakeGateway(onFrame: OnFrame): Promise<FakeGateway> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => PROTOCOL });
  await new Promise((done) => server.once('listening', done));
  const closed = new Promise<number>((done) => {
    server.on('connection', (socket) => {
      socket.on('message', (data: Buffer) => onFrame(decodeFrame(Uint8Array.from(data)) as Frame, socket)); // pages send frames
      socket.on('close', done);
    });
  });
  const close = (): void => {
    for (const client of server.clients) client.terminate();
    server.close();
  };
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, closed, close }; // it listens on TCP
}

/** Opens whatever it is asked for, and then does its worst. */
export function opensAll(worst: (socket: WebSocket) => void): OnFrame {
  return (frame, socket) => {
    if (frame.kind !== 'open') return;
    socket.send(encodeFrame(frame.stream, 'opened', message(opened)));
    worst(socket);
  };
}

/** What breaks the protocol on stream 1, by what a page calls it. */
export const VIOLATIONS: { readonly [problem: string]: (socket: WebSocket) => void } = {
  'a message that is text': (socket) => socket.send('hello'),
  'a frame of 3 bytes': (socket) => socket.send(new Uint8Array(3)),
  'a frame of the unknown kind 77': (socket) => socket.send(Uint8Array.of(0, 0, 0, 1, 77)),
  'a frame data of stream 3, which was not opened': (socket) => socket.send(encodeFrame(3, 'data', Uint8Array.of(1))),
  'a frame data of stream 2, which was not opened': (socket) => socket.send(encodeFrame(2, 'data', Uint8Array.of(1))),
  'a frame opened on an open stream': (socket) => socket.send(encodeFrame(1, 'opened', message(opened))),
  'a failure that makes no sense': (socket) => socket.send(encodeFrame(1, 'failed', message({ code: 'no such', detail: 1 }))),
  'an upgrade that was not asked for': (socket) => socket.send(encodeFrame(1, 'upgrade')),
  'a close that was not asked for': (socket) => socket.send(encodeFrame(1, 'close')),
  'credit that was not taken': (socket) => socket.send(windowFrame(1, 1)),
  'data behind the end': (socket) => {
    socket.send(endFrame(1));
    socket.send(encodeFrame(1, 'data', Uint8Array.of(1)));
  },
  'data without credit': (socket) => {
    for (let sent = 0; sent <= 4 * CREDIT; sent += MOST_DATA) socket.send(encodeFrame(1, 'data', new Uint8Array(MOST_DATA)));
  },
};
