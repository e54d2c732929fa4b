/**
 * The network of a gateway: connections and listeners as frames over one WebSocket. docs/internals/tunnel.md has the protocol.
 *
 * A separate part of the bundle, loaded when a program first uses a gateway.
 */
import { formatAddress } from '../../builtins/sockets/address.ts';
import {
  type DialOptions,
  Failure,
  NOT_ALLOWED,
  type SocketBackend,
  type StreamOptions,
  type Target,
} from '../../builtins/sockets/backend.ts';
import { closeFrame, encodeFrame, type Frame, MOST_CONTROL } from '../../builtins/sockets/tunnel/frames.ts';
import {
  isMessage,
  type OpenedMessage,
  type OpenMessage,
  readMessage,
  writeMessage,
} from '../../builtins/sockets/tunnel/messages.ts';
import { codec } from '../../language/values/values.ts';
import { browserClock } from '../host.ts';
import { quicken } from './codec.ts';
import { TunnelConnection } from './connection.ts';
import { tlsMessage } from './credentials.ts';
import { type Holder, Link, type Loss } from './link.ts';
import { TunnelListener } from './listener.ts';

export type { LaterCredentials } from './credentials.ts';

export type GatewayBackend = Pick<SocketBackend, 'connect' | 'listen'> & Pick<Link, 'close'>;

export function gatewayBackend(url: string, token: string, Socket: typeof WebSocket): GatewayBackend {
  quicken(codec);
  const link = new Link(url, token, Socket);
  return {
    close: () => link.close(),
    connect(target, options, done) {
      const address = textOf(target);
      const message = { connect: address, ...streamFields(options) };
      return ask(link, 'dial', address, message, done, (number, { local, remote, encryption }) => {
        if (!isReachable(options, remote)) {
          link.send(closeFrame(number, 'drop'));
          return new Failure('permission', `dial tcp ${remote}: ${NOT_ALLOWED}`);
        }
        return new TunnelConnection(link, number, { local, remote, handshake: 'none', encryption }, options.lingerMs);
      });
    },
    listen(target, options, events, done) {
      const address = textOf(target);
      const { backlog, handshakeMs } = options;
      if (options.proxy !== null) {
        const text = `listen tcp ${address}: the PROXY protocol is not available through a gateway`;
        browserClock.defer(() => done(new Failure('unavailable', text)));
        return;
      }
      const message = { listen: address, ...streamFields(options), backlog, handshakeMs };
      ask(
        link,
        'listen',
        address,
        message,
        done,
        (number, { local }) => new TunnelListener(link, number, local, options, events),
      );
    },
  };
}

function textOf(target: Target): string {
  if (target.kind === 'unix') return `unix:${target.path}`;
  return formatAddress(target.host, target.port);
}

function streamFields({ tls, noDelay, keepAliveMs, lingerMs }: StreamOptions & Pick<DialOptions, 'tls'>) {
  return { tls: tls === null ? null : tlsMessage(tls), noDelay, keepAliveMs, lingerMs };
}

/** The page's own rules about addresses of names; the gateway has resolved the name, and has its own rules. */
function isReachable({ mayReach }: DialOptions, remote: string): boolean {
  return mayReach === undefined || mayReach(/^\[?(.*?)\]?:\d+$/.exec(remote)?.[1] ?? remote);
}

/** Asks the gateway to open something; `made` is called with its answer. Returns a function that gives up. */
function ask<O>(
  link: Link,
  action: 'dial' | 'listen',
  address: string,
  message: OpenMessage,
  done: (outcome: O | Failure) => void,
  made: (number: number, opened: OpenedMessage) => (O & Holder) | Failure,
): () => void {
  let state: 'asked' | 'given up' | 'over' = 'asked';
  let number: number | null = null;
  const settle = (outcome: O | Failure): void => {
    const isWanted = state === 'asked';
    state = 'over';
    if (isWanted) done(outcome);
  };
  const holder: Holder = {
    receive({ stream, kind, payload }: Frame) {
      if (kind === 'opened') {
        const opened = readMessage(payload, isMessage.opened);
        if (opened === null) return 'an opened that makes no sense';
        if (state !== 'asked') return null; // `close` follows
        const outcome = made(stream, opened);
        if (!(outcome instanceof Failure)) link.replace(stream, outcome);
        settle(outcome);
        return null;
      }
      if (kind === 'failed') {
        const failed = readMessage(payload, isMessage.failed);
        if (failed === null) return 'a failure that makes no sense';
        link.remove(stream);
        settle(new Failure(failed.code, failed.detail));
        return null;
      }
      if (kind === 'close' && state !== 'asked') {
        link.remove(stream);
        return null;
      }
      return state === 'asked' ? `a frame ${kind} before it was opened` : null;
    },
    lost: ({ code, refusal }: Loss) => settle(new Failure(code, `${action} tcp ${address}: ${refusal}`)),
  };
  const payload = writeMessage(message);
  if (payload.length > MOST_CONTROL) {
    browserClock.defer(() =>
      settle(new Failure('limit', `${action} tcp ${address}: the certificates are too large for a gateway`)),
    );
    return () => {
      state = 'over';
    };
  }
  number = link.add(holder);
  if (number === null)
    browserClock.defer(() => settle(new Failure('limit', `${action} tcp ${address}: no stream numbers are left`)));
  else link.send(encodeFrame(number, 'open', payload));
  return () => {
    if (state !== 'asked' || number === null) return;
    state = 'given up';
    link.send(closeFrame(number));
  };
}
