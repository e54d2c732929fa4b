/**
 * The network of a gateway: connections and listeners as frames over one WebSocket. docs/internals/tunnel.md has the protocol.
 *
 * A separate part of the bundle, loaded when a program first uses a gateway.
 */
import { formatAddress } from '../../builtins/sockets/address.ts';
import {
  type DialOptions,
  Failure,
  type NameRules,
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
  type ResolvedMessage,
  type ResolveMessage,
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
      return withAddresses(link, 'dial', target, options, done, (within) => {
        const message = { connect: address, ...within, ...streamFields(options) };
        const made = (number: number, { local, remote, encryption }: OpenedMessage) => {
          if (options.mayReach?.(hostOf(remote)) === false) {
            link.send(closeFrame(number, 'drop'));
            return new Failure('permission', `dial tcp ${remote}: ${NOT_ALLOWED}`);
          }
          const ends = { local, remote, handshake: 'none', encryption } as const;
          return link.replace(number, new TunnelConnection(link, number, ends, options.lingerMs));
        };
        return ask(link, 'dial', address, message, isMessage.opened, done, made);
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
      withAddresses(link, 'listen', target, options, done, (within) => {
        const message = { listen: address, ...within, ...streamFields(options), backlog, handshakeMs };
        const made = (number: number, { local }: OpenedMessage) =>
          link.replace(number, new TunnelListener(link, number, local, options, events));
        return ask(link, 'listen', address, message, isMessage.opened, done, made);
      });
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

function hostOf(address: string): string {
  return /^\[?(.*?)\]?:\d+$/.exec(address)?.[1] ?? address;
}

/**
 * Opens something within the page's own rules about the addresses of names: the gateway is asked for them first, and then told those
 * that it may use. Returns a function that gives up.
 */
function withAddresses(
  link: Link,
  action: 'dial' | 'listen',
  target: Target,
  { mayReach }: NameRules,
  done: (failure: Failure) => void,
  open: (within: { readonly within?: readonly string[] }) => () => void,
): () => void {
  if (mayReach === undefined || target.kind === 'unix') return open({});
  if (action === 'listen' && target.host === '') return open({}); // that is no name
  const address = textOf(target);
  let cancel = ask<readonly string[], ResolvedMessage>(
    link,
    action,
    address,
    { resolve: address, use: action },
    isMessage.resolved,
    (found) => {
      if (found instanceof Failure) {
        done(found);
        return;
      }
      const within = found.filter((ip) => mayReach(ip));
      const refused = formatAddress(found[0] ?? target.host, target.port);
      if (within.length > 0) cancel = open({ within });
      else done(new Failure('permission', `${action} tcp ${refused}: ${NOT_ALLOWED}`));
    },
    (number, { addresses }) => {
      link.send(closeFrame(number));
      return addresses;
    },
  );
  return () => cancel();
}

/** Asks the gateway for something; `made` is called with its answer. Returns a function that gives up. */
function ask<O, M>(
  link: Link,
  action: 'dial' | 'listen',
  address: string,
  message: OpenMessage | ResolveMessage,
  isAnswer: (value: unknown) => value is M,
  done: (outcome: O | Failure) => void,
  made: (number: number, answer: M) => O | Failure,
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
        const opened = readMessage(payload, isAnswer);
        if (opened === null) return 'an opened that makes no sense';
        if (state !== 'asked') return null; // `close` follows
        settle(made(stream, opened));
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
