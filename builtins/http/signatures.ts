/** The HTTP builtins by name, for runtimes with and without a network. */
import type { NAMES } from '../names.ts';
import type { Builtin } from '../registry.ts';
import { anything } from '../sockets/options.ts';

const address = anything('address', 'string');
const handler = anything('handler', 'function');
const options = { ...anything('options', 'object'), defaultValue: null };
const websocket = anything('websocket', 'websocket');

type Signature = Pick<Builtin, 'help' | 'params' | 'callback'>;

/** What each does and takes. */
export const SIGNATURES: { readonly [name in (typeof NAMES.http)[number]]: Signature } = {
  listen: {
    help: 'Serves HTTP at host:port: calls handler({type: :req, req, end}) for each request. Returns a function that closes the server.',
    params: [address, handler, options],
  },
  http_serve: {
    help: 'As listen, with the result {type: :ok, local, close, drain, stats}, so that port 0 is of use.',
    params: [address, handler, options],
  },
  req: {
    help: 'Sends an HTTP request {url, method, headers, body}: {type: :resp, resp: {status, headers, body}}, or an error value.',
    params: [anything('request', 'object')],
    callback: true,
  },
  ws_listen: {
    help: 'Serves WebSockets at host:port under a path: calls handler({type: :connect, socket, req}) for each. Returns a function that closes the server.',
    params: [address, anything('path', 'string'), handler, options],
  },
  ws_dial: {
    help: 'Opens a WebSocket: {type: :ok, socket, status: 101, headers}, or {type: :error, error, status, headers}.',
    params: [anything('url', 'string'), anything('headers', 'object'), options],
    callback: true,
  },
  ws_send: {
    help: 'Sends a message (opcode 1 is text, 2 binary, 9 ping, 10 pong): {type: :sent}, or an error value.',
    params: [websocket, anything('data', 'string'), anything('opcode', 'int')],
    callback: true,
  },
  ws_recv: {
    help: 'Waits for a message: {type: :message, opcode, data} or {type: :closed, code, reason}, or an error value.',
    params: [websocket],
    callback: true,
  },
  ws_close: {
    help: 'Closes a WebSocket: {type: :closed, code, reason}, or an error value.',
    params: [websocket, anything('code', 'int'), anything('reason', 'string')],
    callback: true,
  },
  __http_close_idle: {
    help: 'closes the connections of a client that no request uses',
    params: [anything('pool', 'atom')],
  },
};
