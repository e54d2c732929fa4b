/**
 * HTTP with the `fetch` and `WebSocket` of a browser, in its own file (magnolia-http.js) that is loaded when a program first uses it.
 *
 * A page cannot have connections: the browser dials, so the network of such a program only says where it may go.
 */
import type { HttpEngine, HttpFamily } from '../../builtins/http/backend.ts';
import { httpFamily } from '../../builtins/http/builtins.ts';
import { ClosedConnection, Failure, type SocketBackend } from '../../builtins/sockets/backend.ts';
import type { ReadCertificates } from '../../builtins/sockets/certificate-files.ts';
import type { NetworkAccess } from '../../builtins/sockets/network.ts';
import { unusable } from '../../builtins/sockets/tls-choices.ts';
import { FetchCalls } from './fetch.ts';
import { PageWebSockets } from './websocket.ts';

const OWN_CERTIFICATES = 'browsers have their own';

/** A network whose connections carry nothing: the browser makes its own. */
const OF_THE_BROWSER: SocketBackend = {
  connect(target, _options, done) {
    const isUnix = target.kind === 'unix';
    queueMicrotask(() => {
      if (isUnix) done(new Failure('unavailable', `dial unix ${target.path}: there are no Unix sockets in browsers`));
      else done(new ClosedConnection({ local: '', remote: '', encrypted: false, cleanEnd: false }));
    });
    return () => {};
  },
  listen: (_target, _options, _events, done) => done(new Failure('unavailable', 'a page cannot listen')),
  loadCredentials: () => ({ kind: 'bad', what: 'certificate', detail: OWN_CERTIFICATES }),
};

/** The HTTP of a program whose embedder allows `fetch`. */
export function fetchFamily(access: NetworkAccess): HttpFamily {
  return httpFamily({ ...access, backend: OF_THE_BROWSER }, async () => fetchEngine(), noCertificates);
}

/** Certificates are the browser's business. */
const noCertificates: ReadCertificates = (_machine, _files, choices, go) => {
  if (choices.caFile !== null) unusable({ kind: 'bad', what: 'CA', detail: OWN_CERTIFICATES });
  if (choices.certFile !== null) unusable({ kind: 'bad', what: 'certificate', detail: OWN_CERTIFICATES });
  return go(choices);
};

function fetchEngine(): HttpEngine {
  const calls = new FetchCalls();
  const sockets = new PageWebSockets();
  return {
    request: (dial, request, events) => calls.start(dial, request, events),
    dialWebSocket: (dial, request, done) => sockets.dial(dial, request, done),
    closeIdle() {}, // the browser keeps connections as it likes
    close() {
      calls.close();
      sockets.close();
    },
    serve: () => {
      throw new Error('A page cannot listen');
    },
    codings: [],
    compress: (text, _coding, done) => done(text),
  };
}
