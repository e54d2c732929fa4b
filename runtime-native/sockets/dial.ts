/**
 * Connecting: every address of the host is tried, the next one when one has failed or has been silent for 250 ms.
 *
 * A silent attempt goes on beside the later ones, and the first to be connected wins. (Node's own `autoSelectFamily` gives up an
 * attempt after that time, so that a slow network connects to nothing at all.)
 */
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { formatAddress, isIPv4 } from '../../builtins/sockets/address.ts';
import { type DialOptions, Failure } from '../../builtins/sockets/backend.ts';
import { codeOf, errnoText } from '../errno.ts';
import { ReadTarget, streamSettings } from './connection.ts';
import { kindOf } from './errors.ts';

const NEXT_AFTER_MS = 250;

/** A stream that is connected. */
export interface Dialled {
  readonly stream: Socket;
  readonly inlet: ReadTarget | null;
  /** `ip:port` of the peer, where there is one way to write it; null otherwise. */
  readonly remote: string | null;
}

/** Connects to the first address that answers. Call the result to give up. */
export function dial(
  addresses: readonly string[],
  port: number,
  options: Omit<DialOptions, 'tls'>,
  done: (outcome: Dialled | Failure) => void,
): () => void {
  const attempts = new Set<Socket>();
  let next = 0;
  let timer: NodeJS.Timeout | undefined;
  let firstFailure: Failure | null = null;

  const giveUp = (): void => {
    clearTimeout(timer);
    for (const attempt of attempts) attempt.destroy();
    attempts.clear();
  };

  const tryNext = (): void => {
    clearTimeout(timer);
    const address = addresses[next++];
    if (address === undefined) return;
    const inlet = options.handOver === true ? null : new ReadTarget(); // its `onread` would take the data away from who has the stream
    const settings: TcpNetConnectOpts = { ...streamSettings(options), host: address, port };
    if (inlet !== null) settings.onread = inlet.options;
    const stream = connect(settings);
    attempts.add(stream);
    const onError = (error: Error): void => {
      stream.on('error', () => {}); // further errors do not matter
      if (!attempts.delete(stream)) return;
      firstFailure ??= failureOf(error, address, port);
      if (next < addresses.length) {
        tryNext();
      } else if (attempts.size === 0) {
        clearTimeout(timer);
        done(firstFailure);
      }
    };
    stream.once('error', onError);
    stream.once('connect', () => {
      if (!attempts.delete(stream)) return;
      giveUp();
      done({ stream, inlet, remote: isIPv4(address) ? formatAddress(address, port) : null });
      stream.off('error', onError); // the connection listens by now
    });
    if (next < addresses.length) timer = setTimeout(tryNext, NEXT_AFTER_MS);
  };
  tryNext();
  return giveUp;
}

function failureOf(error: Error, address: string, port: number): Failure {
  const call = ['EMFILE', 'ENFILE'].includes(codeOf(error)) ? 'socket' : 'connect';
  return new Failure(kindOf(error), `dial tcp ${formatAddress(address, port)}: ${call}: ${errnoText(error)}`);
}
