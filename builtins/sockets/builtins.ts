/**
 * The socket functions that programs call, over any network.
 *
 *     registry.add(socketBuiltins(nativeSockets()))
 *
 * One call makes the sockets of one machine: their numbers are counted in it.
 */
import { mistake } from '../../language/runtime/errors.ts';
import type { Machine } from '../../language/runtime/machine.ts';
import { type Fn, type Obj, Str, SUSPENDED, type Suspended, str, type Value } from '../../language/values/values.ts';
import type { FileBackend } from '../files.ts';
import { type Builtin, builtin } from '../registry.ts';
import { addressHint, parseAddress } from './address.ts';
import { Failure, type SocketBackend } from './backend.ts';
import { withFiles, withKnownFiles } from './certificate-files.ts';
import { infoOf } from './info.ts';
import { MAX_BYTES, MAX_COLLECTED, MAX_LINE, MAX_PACKET } from './limits.ts';
import { checkListenSettings, dial, listenAt, type NetworkAccess, refused } from './network.ts';
import {
  address,
  anything,
  type CallOptions,
  type ConnectOptions,
  callOptions,
  closeOptions,
  connectOptions,
  data,
  delimiter,
  type ListenOptions,
  listenOptions,
  otherSocketOf,
  payload,
  payloadOf,
  pipeOptions,
  size,
  socketOf,
  startTlsOptions,
  times,
  width,
} from './options.ts';
import { Pipe } from './pipe.ts';
import type { SocketPolicy } from './policy.ts';
import { errorResult, okResult, PREFIX, withHint } from './results.ts';
import { closeFunction, serverResult } from './server-result.ts';
import { Serving, type ServingOptions } from './serving.ts';
import { SocketTable } from './table.ts';
import { clientSide, serverSide } from './tls-choices.ts';
import type { SocketWatch } from './watch.ts';

/** All that the builtins of one machine share. */
interface Context {
  readonly network: NetworkAccess;
  readonly table: SocketTable;
}

/** The socket builtins of one machine. `watch` receives their events; certificates are read among `files`. */
export function socketBuiltins(
  backend: SocketBackend,
  policy: SocketPolicy = {},
  watch: SocketWatch | null = null,
  files: FileBackend | null = null,
): Builtin[] {
  const context: Context = { network: { backend, policy, watch, files }, table: new SocketTable(watch) };
  const socket = socketOf(context.table);
  const group = 'sockets';
  const shared = { group, backend: group, suspends: true, callback: true } as const;
  const listening = { group, backend: group, suspends: true } as const;
  const listenParams = [
    anything('address', 'string'),
    anything('onConnect', 'function'),
    { ...anything('options', 'object'), options: listenOptions.options, defaultValue: null },
  ] as const;

  return [
    builtin({
      ...shared,
      name: 'socket_connect',
      help: 'Connects to host:port: {type: :ok, socket, remote, local, tls}, or an error value.',
      params: [address, connectOptions],
      run(machine, text, options) {
        const go = (read: ConnectOptions): Value | Suspended => connect(machine, context, text, read);
        return options.tls ? withKnownFiles(machine, files, options, go) : go(options);
      },
    }),
    builtin({
      ...shared,
      name: 'socket_send',
      help: 'Writes all of a string: {type: :sent, bytes}, or an error value.',
      params: [socket, payload, callOptions],
      run: (_machine, one, text, options) => one.sender.send(text, options.timeout),
      direct: (_machine, general) =>
        function call(a: Value, b: Value, c: Value) {
          const isPlain = arguments.length <= 3 && b instanceof Str && (c === undefined || c === null);
          const one = isPlain ? socket.read(a) : undefined;
          return one === undefined ? general.apply(null, arguments as unknown as Value[]) : one.sender.send(payloadOf(b as Str));
        },
    }),
    builtin({
      group,
      name: '__socket_line', // for lib/socket.oak, of a line that is not a string: without a network it answers as all do
      help: 'the error of adding the end of a line to a value that is no string',
      params: [anything('line', 'any value')],
      run(_machine, line) {
        throw mistake('operands', { op: '+', left: line, right: str('\r\n') });
      },
    }),
    builtin({
      ...shared,
      name: 'socket_recv',
      help: 'Waits for data and reads up to size bytes: {type: :data, data} or {type: :closed}, or an error value.',
      params: [socket, size, callOptions],
      run: (_machine, one, bytes, options) => one.receiver.recv(bytes, options.timeout),
    }),
    builtin({
      ...shared,
      name: 'socket_peek',
      help: 'Waits for data and returns up to size bytes, which stay for the next read: {type: :data, data} or {type: :closed}, or an error value.',
      params: [socket, size, callOptions],
      run: (_machine, one, bytes, options) => one.receiver.peek(bytes, options.timeout),
    }),
    builtin({
      ...shared,
      name: 'socket_recv_exact',
      help: 'Reads exactly size bytes: {type: :data, data}, or an error value when the stream ends before.',
      params: [socket, size, callOptions],
      run: (_machine, one, bytes, options) => {
        if (bytes > limitOf(options.maxBytes)) return errorResult(`${PREFIX.recvExact}requested size exceeds limit`, 'limit');
        return one.receiver.recvExact(bytes, options.timeout);
      },
    }),
    builtin({
      ...shared,
      name: 'socket_recv_line',
      help: 'Reads a line that ends in LF or CRLF, without its end: {type: :data, data} or {type: :closed}, or an error value.',
      params: [socket, callOptions],
      run: (_machine, one, options) => one.receiver.recvLine(lineLimit(one.receiver.maxLine, options), options.timeout),
      direct: (_machine, general) =>
        function call(a: Value, b: Value) {
          const one = arguments.length <= 2 && (b === undefined || b === null) ? socket.read(a) : undefined;
          return one === undefined ? general.apply(null, arguments as unknown as Value[]) : one.receiver.recvLine();
        },
    }),
    builtin({
      ...shared,
      name: 'socket_recv_until',
      help: 'Reads up to a delimiter, which is taken, too: {type: :data, data} or {type: :closed}, or an error value.',
      params: [socket, delimiter, callOptions],
      run: (_machine, one, end, options) =>
        one.receiver.recvUntil(end, lineLimit(one.receiver.maxLine, options), options.timeout, options.keep),
    }),
    builtin({
      ...shared,
      name: 'socket_recv_all',
      help: 'Reads everything until the end of the stream: {type: :data, data}, or an error value.',
      params: [socket, callOptions],
      run: (_machine, one, options) => one.receiver.recvAll(limitOf(options.maxBytes), options.timeout),
    }),
    builtin({
      ...shared,
      name: 'socket_send_packet',
      help: 'Writes the length of a string as a number of n bytes (1, 2 or 4), then the string: {type: :sent, bytes}.',
      params: [socket, data, width, callOptions],
      run: (_machine, one, text, bytes, options) => {
        if (text.length >= 2 ** (8 * bytes)) {
          return errorResult(`${PREFIX.send}packet of ${text.length} bytes needs a longer length than ${bytes}`, 'limit');
        }
        return one.sender.send(lengthBefore(text, bytes) + text, options.timeout);
      },
    }),
    builtin({
      ...shared,
      name: 'socket_recv_packet',
      help: 'Reads what socket_send_packet wrote: {type: :data, data} or {type: :closed}, or an error value.',
      params: [socket, width, callOptions],
      run: (_machine, one, bytes, options) => {
        return one.receiver.recvPacket(bytes, options.maxBytes < 0 ? MAX_PACKET : limitOf(options.maxBytes), options.timeout);
      },
    }),
    builtin({
      ...shared,
      name: 'socket_starttls',
      help: 'Encrypts a connection from here on: {type: :ok, socket, remote, local, tls}, or an error value.',
      params: [socket, startTlsOptions],
      run: (machine, one, options) =>
        withFiles(machine, files, options, (read) => {
          const limitMs = read.timeout;
          return one.startTls(read.server ? serverSide(backend, read, limitMs) : clientSide(backend, read, one.host, limitMs));
        }),
    }),
    builtin({
      ...shared,
      name: 'socket_handshake',
      help: 'Waits for the TLS handshake of an accepted socket: {type: :ok, socket, remote, local, tls}, or an error value.',
      params: [socket, callOptions],
      run: (_machine, one, options) => one.handshake(options.timeout),
    }),
    builtin({
      ...shared,
      name: 'socket_pipe',
      help: 'Copies between two sockets, both ways, until both directions have ended: {type: :ok, sent, received}, or an error value.',
      params: [socket, otherSocketOf(context.table), pipeOptions],
      run: (machine, a, b, { idle, maxBytes }) => {
        const refusal =
          a === b ? errorResult(`${PREFIX.pipe}a socket cannot be piped to itself`, 'other') : (a.whyNoPipe() ?? b.whyNoPipe());
        if (refusal !== null) return withCounts(refusal);
        const options = { idleMs: Math.max(idle, 0), maxBytes: maxBytes < 0 ? Number.POSITIVE_INFINITY : maxBytes };
        const pipe = new Pipe(machine, machine.block('external'), [a, b], options);
        a.startPipe(pipe.a);
        b.startPipe(pipe.b);
        return SUSPENDED;
      },
    }),
    builtin({
      ...shared,
      name: 'socket_close',
      help: 'Closes a socket; what was sent still arrives, unless the connection is reset: {type: :closed}.',
      params: [socket, closeOptions],
      run: (_machine, one, options) => one.close(options.reset),
      direct: (_machine, general) =>
        function call(a: Value, b: Value) {
          const one = arguments.length <= 2 && (b === undefined || b === null) ? socket.read(a) : undefined;
          return one === undefined ? general.apply(null, arguments as unknown as Value[]) : one.close();
        },
    }),
    builtin({
      ...shared,
      name: 'socket_close_write',
      help: 'Ends the sending direction; reading goes on: {type: :closed}.',
      params: [socket],
      run: (_machine, one) => one.closeWrite(),
    }),
    builtin({
      ...shared,
      name: 'socket_set_timeout',
      help: 'Limits the time of all later reads and writes to so many seconds, or {read, write}; ? for none: {type: :ok}.',
      params: [socket, times],
      run: (_machine, one, { read, write }) => {
        if (read >= 0) one.receiver.timeoutMs = read;
        if (write >= 0) one.sender.timeoutMs = write;
        return okResult();
      },
    }),
    builtin({
      ...shared,
      name: 'socket_info',
      help: 'What is known about a socket: {type: :ok, open, remote, local, tls, ...}.',
      params: [socket],
      run: (_machine, one) => infoOf(one),
    }),
    builtin({
      ...listening,
      name: 'socket_listen',
      help: 'Calls onConnect(event) in a thread of its own for each connection to host:port: a function that closes the port.',
      params: listenParams,
      run: (machine, where, handler, given) => listen(machine, context, 'socket_listen', where, handler, given),
    }),
    builtin({
      ...listening,
      name: 'socket_serve',
      help: 'As socket_listen, but gives {type: :ok, local, close, drain, stats}, so that port 0 is of use.',
      params: listenParams,
      run: (machine, where, handler, given) => listen(machine, context, 'socket_serve', where, handler, given),
    }),
  ];
}

/** The result of a pipe that was not begun. */
function withCounts(result: Obj): Obj {
  result.sent = 0;
  result.received = 0;
  return result;
}

/** The length of a text as a number of `width` bytes, the highest first. */
function lengthBefore({ length }: string, width: number): string {
  let bytes = '';
  for (let rest = length; bytes.length < width; rest = Math.floor(rest / 256)) bytes = String.fromCharCode(rest % 256) + bytes;
  return bytes;
}

function limitOf(maxBytes: number): number {
  return maxBytes < 0 ? MAX_COLLECTED : Math.min(maxBytes, MAX_BYTES);
}

function lineLimit(fallback: number, { maxLine }: Pick<CallOptions, 'maxLine'>): number {
  return maxLine < 0 ? fallback : Math.min(maxLine, MAX_BYTES);
}

function connect(machine: Machine, { network, table }: Context, text: string, options: ConnectOptions): Value | Suspended {
  const target = text === '' ? ({ kind: 'bad', code: 'address', detail: 'missing address' } as const) : parseAddress(text);
  const host = target.kind === 'tcp' && target.host !== '' ? target.host : null;
  const tls = options.tls ? clientSide(network.backend, options, host, options.timeout < 0 ? -1 : 0) : null;
  const failed = ({ code, detail }: Failure): Obj => {
    table.lastRefusal = detail;
    return errorResult(PREFIX.connect + detail, code);
  };
  if (target.kind === 'bad') {
    return withHint(failed(refused(network, text, new Failure(target.code, `dial tcp: ${target.detail}`))), addressHint(text));
  }

  const thread = machine.block('external');
  let stopTimer: (() => void) | null = null;
  const settings = { tls, noDelay: options.noDelay, keepAliveMs: options.keepAlive, lingerMs: options.linger };
  const giveUp = dial(network, text, target, settings, (outcome) => {
    stopTimer?.();
    if (outcome instanceof Failure) {
      machine.wake(thread, failed(outcome));
      return;
    }
    const { socket, result } = table.dialled(machine, outcome, host);
    socket.receiver.maxLine = lineLimit(MAX_LINE, options);
    machine.wake(thread, result);
  });
  if (options.timeout > 0) {
    stopTimer = machine.host.timer(options.timeout, () => {
      giveUp();
      machine.wake(thread, failed(refused(network, text, new Failure('timeout', 'i/o timeout'))));
    });
  }
  return SUSPENDED;
}

function listen(
  machine: Machine,
  { network, table }: Context,
  name: 'socket_listen' | 'socket_serve',
  where: Value,
  handler: Value,
  given: Value,
): Value | Suspended {
  if (!(where instanceof Str) || !isFunction(handler)) {
    throw mistake('argument-types', { builtin: name, values: [where, handler] });
  }
  const options = listenOptions.read(given);
  if (options === undefined) throw listenOptions.mistake(name, given);
  checkListenSettings(name, network.backend, options);
  const withTls: ServingOptions['withTls'] = (go, failed) => {
    const withTexts = (read: ListenOptions): Value | Suspended => go(serverSide(network.backend, read, options.handshakeTimeout));
    return options.tls ? withFiles(machine, network.files, options, withTexts, failed) : go(null);
  };
  return withTls((tls) => {
    const maxConnections = options.maxConnections < 0 ? Number.POSITIVE_INFINITY : options.maxConnections;
    const serving = new Serving(machine, table, handler, { maxLine: lineLimit(MAX_LINE, options), maxConnections, withTls });
    const thread = machine.block('external');
    listenAt(network, where.text === '' ? ':0' : where.text, { ...options, tls }, serving, (outcome) => {
      if (outcome instanceof Failure) {
        const isAboutAddress = outcome.code === 'address' || outcome.code === 'dns';
        const error = errorResult(PREFIX.listen + outcome.detail, outcome.code);
        machine.wake(thread, withHint(error, isAboutAddress ? addressHint(where.text) : null));
        return;
      }
      serving.started(outcome);
      machine.wake(thread, name === 'socket_listen' ? closeFunction(serving) : serverResult(serving, outcome.local));
    });
    return SUSPENDED;
  });
}

function isFunction(value: Value): value is Fn {
  return typeof value === 'function';
}
