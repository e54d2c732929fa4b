/** The network of a gateway (`magnolia gateway`), for pages. The part that speaks to it is loaded when it is used. */
import { Failure, type SocketBackend } from '../builtins/sockets/backend.ts';
import { certificateProblem, rootsProblem } from '../builtins/sockets/pem.ts';
import type { GatewayBackend, LaterCredentials } from './gateway/gateway-backend.ts';

export interface GatewayOptions {
  /** The token of the gateway; by default the text after `#` in its link. */
  readonly token?: string;
  /** The constructor of WebSockets; the global one unless given. */
  readonly WebSocket?: typeof WebSocket;
}

/** The sockets of a gateway. All programs that are given it share one WebSocket, which is opened when it is needed. */
export interface GatewayNetwork extends SocketBackend {
  /** Ends the WebSocket: what was sent still arrives, what is open is closed. It is opened again when a program needs it. */
  close(): Promise<void>;
}

/**
 * A network of real sockets, those of the machine on which a gateway runs.
 *
 *     const network = gatewayNetwork('ws://127.0.0.1:8090', { token });
 *     await createRuntime({ network }).run(program);
 *
 * The gateway decides what may be reached. It sees what passes in the clear, also of connections that it encrypts.
 */
export function gatewayNetwork(url: string, options: GatewayOptions = {}): GatewayNetwork {
  const { protocol, hash, href } = new URL(url); // a TypeError says what is wrong with it
  if (protocol !== 'ws:' && protocol !== 'wss:') throw new TypeError(`A gateway has a ws: or wss: URL, not ${protocol}`);
  const token = options.token ?? hash.slice(1);
  const Socket = options.WebSocket ?? WebSocket;
  let backend: Promise<GatewayBackend> | null = null;
  const load = (): Promise<GatewayBackend> => {
    backend ??= import('./gateway/gateway-backend.ts').then(({ gatewayBackend }) =>
      gatewayBackend(href.replace(/#.*/, ''), token, Socket),
    );
    return backend;
  };
  const notLoaded = (error: unknown): Failure => {
    backend = null;
    return new Failure('unavailable', `the network of gateways could not be loaded: ${error}`);
  };
  return {
    connect(target, settings, done) {
      let isWanted = true;
      let cancel = (): void => {
        isWanted = false;
      };
      load().then(
        (ready) => {
          if (isWanted) cancel = ready.connect(target, settings, done);
        },
        (error) => done(notLoaded(error)),
      );
      return () => cancel();
    },
    listen(target, settings, events, done) {
      load().then(
        (ready) => ready.listen(target, settings, events, done),
        (error) => done(notLoaded(error)),
      );
    },
    // The gateway makes the most of them; a text that is not a certificate is a mistake of the program, as elsewhere.
    loadCredentials(sources): LaterCredentials | ReturnType<SocketBackend['loadCredentials']> {
      const { cert, key, ca, caName } = sources;
      const wrong = cert === null || key === null ? null : certificateProblem(cert, key);
      if (wrong !== null) return { kind: 'bad', what: 'certificate', detail: wrong };
      const strange = ca === null ? null : rootsProblem(ca, caName);
      return strange === null ? { kind: 'credentials', sources } : { kind: 'bad', what: 'CA', detail: strange };
    },
    close: async () => (await backend)?.close(),
  };
}
