/** Reads the PROXY header at the beginning of an accepted stream. */
import type { Socket } from 'node:net';
import type { ProxyHeader } from '../../builtins/sockets/backend.ts';
import { readProxyHeader } from '../../builtins/sockets/proxy-header.ts';
import { LONGEST_TIMER_MS } from './tls.ts';

/** Leaves the stream paused behind the header. `done` gets null when there is none in time; the stream is destroyed then. */
export function readHeader(stream: Socket, limitMs: number, done: (header: ProxyHeader | null) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  const settle = (header: ProxyHeader | null): void => {
    clearTimeout(timer);
    stream.off('data', onData).off('end', onLoss).off('close', onLoss).off('error', onLoss).pause();
    if (header === null) stream.on('error', () => {}).destroy(); // later errors do not matter
    done(header);
  };
  const onData = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const reading = readProxyHeader(bytes);
    if (reading === 'more') return;
    if (reading === 'bad') {
      settle(null);
      return;
    }
    stream.pause();
    const rest = bytes.subarray(reading.length);
    if (rest.length > 0) stream.unshift(rest);
    settle(reading.header);
  };
  const onLoss = (): void => settle(null);
  const timer = limitMs > 0 ? setTimeout(onLoss, Math.min(limitMs, LONGEST_TIMER_MS)) : undefined;
  stream.on('data', onData).on('end', onLoss).on('close', onLoss).on('error', onLoss);
}
