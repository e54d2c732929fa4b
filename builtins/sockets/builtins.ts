/**
 * The socket functions that programs call, over whatever network they are given.
 *
 *     registry.add(socketBuiltins(nativeSockets()))
 *
 * One call makes the sockets of one machine: their numbers are counted in it.
 */
import { ProgramError } from '../../language/errors.ts';
import type { Machine } from '../../language/machine.ts';
import { display } from '../../language/render.ts';
import { type Fn, Str, SUSPENDED, type Suspended, type Value } from '../../language/values.ts';
import { type Builtin, builtin } from '../registry.ts';
import { parseAddress } from './address.ts';
import { type Credentials, Failure, type Listener, type SocketBackend, type Target, type TlsOptions } from './backend.ts';
import { address, anything, data, type Options, options, readOptions, size, socketOf, wrongOptions } from './options.ts';
import { connectedResult, errorResult, PREFIX } from './results.ts';
import type { Socket } from './socket.ts';
import { SocketTable } from './table.ts';

/** What programs may do, where the embedder wants a say; everything is allowed that is not forbidden. */
export interface SocketPolicy {
  mayConnect?(target: Target): boolean;
  mayListen?(target: Target): boolean;
}

/** A line without an end within so many bytes is an error. */
const MAX_LINE = 16 * 1024 * 1024;
/** How long a TLS handshake may take. */
const HANDSHAKE_MS = 30_000;
/** No JavaScript string can be longer. */
const MAX_BYTES = 0x1fffffe8;

/** The socket builtins of one machine. */
export function socketBuiltins(backend: SocketBackend, policy: SocketPolicy = {}): Builtin[] {
  const table = new SocketTable();
  const socket = socketOf(table);
  const group = 'sockets';
  const shared = { group, backend: group, suspends: true, callback: true } as const;

  return [
    builtin({
      ...shared,
      name: 'socket_connect',
      help: 'Connects to host:port: {type: :ok, socket, remote, local, tls}, or an error value.',
      params: [address, options],
      run: (machine, text, given) => connect(machine, backend, policy, table, text, given),
    }),
    builtin({
      ...shared,
      name: 'socket_send',
      help: 'Writes all of a string: {type: :sent, bytes}, or an error value.',
      params: [socket, data],
      run: (_machine, one, text) => one.send(text),
    }),
    builtin({
      ...shared,
      name: 'socket_recv',
      help: 'Waits for data and reads up to size bytes: {type: :data, data} or {type: :closed}, or an error value.',
      params: [socket, size],
      run: (_machine, one, bytes) => one.recv(bytes),
    }),
    builtin({
      ...shared,
      name: 'socket_recv_exact',
      help: 'Reads exactly size bytes: {type: :data, data}, or an error value when the stream ends before.',
      params: [socket, size],
      run: (_machine, one, bytes) =>
        bytes > MAX_BYTES ? errorResult(`${PREFIX.recvExact}requested size exceeds limit`, 'limit') : one.recvExact(bytes),
    }),
    builtin({
      ...shared,
      name: 'socket_recv_line',
      help: 'Reads a line that ends in LF or CRLF, without its end: {type: :data, data} or {type: :closed}, or an error value.',
      params: [socket],
      run: (_machine, one) => one.recvLine(MAX_LINE),
    }),
    builtin({
      ...shared,
      name: 'socket_starttls',
      help: 'Encrypts a connection from here on: {type: :ok, socket, remote, local, tls}, or an error value.',
      params: [socket, options],
      run: (_machine, one, given) => startTls(backend, one, given),
    }),
    builtin({
      ...shared,
      name: 'socket_close',
      help: 'Closes a socket; what was sent still arrives: {type: :closed}.',
      params: [socket],
      run: (machine, one) => {
        if (!one.closed) table.closed(machine, one);
        return one.close();
      },
    }),
    builtin({
      group,
      backend: group,
      suspends: true,
      name: 'socket_listen',
      help: 'Calls onConnect(event) in a thread of its own for each connection to host:port: a function that closes the port.',
      params: [
        anything('address', 'string'),
        anything('onConnect', 'function'),
        { ...anything('options', 'object'), standard: null },
      ],
      run: (machine, where, handler, given) => {
        if (!(where instanceof Str) || !isFunction(handler)) {
          throw new ProgramError(`Mismatched types in call socket_listen(${display(where)}, ${display(handler)})`);
        }
        const wrong = wrongOptions('socket_listen', given);
        if (wrong !== null) throw new ProgramError(wrong);
        return listen(machine, backend, policy, table, where.text, handler, readOptions(given));
      },
    }),
  ];
}

function connect(
  machine: Machine,
  backend: SocketBackend,
  policy: SocketPolicy,
  table: SocketTable,
  text: string,
  given: Options,
): Value | Suspended {
  const credentials = given.tls && given.server ? serverCredentials(backend, given) : null;
  const target = text === '' ? ({ kind: 'bad', code: 'address', detail: 'missing address' } as const) : parseAddress(text);
  if (target.kind === 'bad') return errorResult(`${PREFIX.connect}dial tcp: ${target.detail}`, target.code);
  if (policy.mayConnect?.(target) === false) {
    return errorResult(`${PREFIX.connect}dial tcp ${text}: connect: permission denied`, 'permission');
  }
  const host = target.kind === 'tcp' && target.host !== '' ? target.host : null;
  const thread = machine.block('world');
  backend.connect(target, given.tls ? clientSide(given, host, credentials) : null, (outcome) => {
    if (outcome instanceof Failure) {
      machine.wake(thread, errorResult(PREFIX.connect + outcome.detail, outcome.code));
      return;
    }
    const { id } = table.add(machine, outcome, host);
    machine.wake(thread, connectedResult(id, outcome.remote, outcome.local, outcome.encrypted));
  });
  return SUSPENDED;
}

function startTls(backend: SocketBackend, socket: Socket, given: Options): Value | Suspended {
  return socket.startTls(given.server ? serverSide(backend, given) : clientSide(given, socket.host, null));
}

/** TLS as a client. */
function clientSide(given: Options, host: string | null, credentials: Credentials | null): TlsOptions {
  const serverName = given.serverName ?? host;
  return { role: 'client', serverName, verify: !given.insecureSkipVerify, credentials, timeoutMs: HANDSHAKE_MS };
}

/** TLS as a server. */
function serverSide(backend: SocketBackend, given: Options): TlsOptions {
  const credentials = serverCredentials(backend, given);
  return { role: 'server', serverName: null, verify: false, credentials, timeoutMs: HANDSHAKE_MS };
}

/** The certificate that server mode cannot do without. */
function serverCredentials(backend: SocketBackend, { certFile, keyFile }: Options): Credentials {
  if (certFile === null || keyFile === null) throw new ProgramError('TLS server mode requires certFile and keyFile');
  const credentials = backend.loadCredentials({ certFile, keyFile });
  if (typeof credentials === 'string') throw new ProgramError(`Could not load TLS certificate: ${credentials}`);
  return credentials;
}

function listen(
  machine: Machine,
  backend: SocketBackend,
  policy: SocketPolicy,
  table: SocketTable,
  text: string,
  handler: Fn,
  given: Options,
): Value | Suspended {
  const tls = given.tls ? serverSide(backend, given) : null;
  const target = parseAddress(text === '' ? ':0' : text);
  if (target.kind === 'bad') return errorResult(`${PREFIX.listen}listen tcp: ${target.detail}`, target.code);
  if (policy.mayListen?.(target) === false) {
    return errorResult(`${PREFIX.listen}listen tcp ${text}: bind: permission denied`, 'permission');
  }
  const events = {
    connection: (connection: Parameters<SocketTable['add']>[1]) => {
      const socket = table.add(machine, connection, null);
      const event = connectedResult(socket.id, connection.remote, connection.local, connection.encrypted, true);
      machine.spawn(handler, [event]).onEnd = (_result, error) => {
        if (error === null || socket.closed) return;
        table.closed(machine, socket);
        socket.close();
      };
    },
    failed: ({ code, detail }: Failure, temporary: boolean) => {
      machine.spawn(handler, [errorResult((temporary ? PREFIX.acceptAgain : PREFIX.accept) + detail, code)]);
    },
  };
  const thread = machine.block('world');
  backend.listen(target, tls, events, (outcome) => {
    if (outcome instanceof Failure) {
      machine.wake(thread, errorResult(PREFIX.listen + outcome.detail, outcome.code));
      return;
    }
    machine.hold();
    machine.wake(thread, closeFunction(machine, outcome));
  });
  return SUSPENDED;
}

function isFunction(value: Value): value is Fn {
  return typeof value === 'function';
}

/** The function that a program closes its listener with; a second call does nothing. */
function closeFunction(machine: Machine, listener: Listener): Fn {
  let open = true;
  return function close() {
    if (open) {
      open = false;
      listener.close();
      machine.release();
    }
    return null;
  };
}
