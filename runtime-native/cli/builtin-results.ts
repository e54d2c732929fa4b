/**
 * What builtins return, for `magnolia help`: each shape as it is printed. It is not in the registry, because programs in browsers never
 * need it. A test calls the builtins and compares.
 */

const END = '{type: :end}';

/** An error value; sockets and HTTP have a code. */
function failed(text: string, code?: string): string {
  return code === undefined ? `{type: :error, error: '${text}'}` : `{type: :error, error: '${text}', code: ${code}}`;
}

const FILE_INFO = "{name: 'a.txt', len: 5, dir: false, mod: 1700000000}";
const NOT_RUNNING = failed('...', ':timeout');
const CODES = ':timeout, :reset, :closed, :eof, :tls, :limit';

function reading(what: string): readonly string[] {
  return [
    `{type: :data, data: '${what}'}`,
    '{type: :closed}    the peer has ended the stream',
    `${failed('...', ':timeout')}    code: ${CODES}`,
  ];
}

const SENT = ['{type: :sent, bytes: 5}', `${failed('...', ':reset')}    code: ${CODES}`];

export const RESULTS: { readonly [builtin: string]: readonly string[] } = {
  open: ['{type: :file, fd: 3}', failed('Could not open file: ...')],
  close: [END, failed('Unknown fd 9')],
  read: ["{type: :data, data: 'bytes'}    fewer than length at the end of the file", failed('Error reading file: ...')],
  write: [END, failed('Error writing file: ...')],
  stat: [`{type: :data, data: ${FILE_INFO}}    data: ? if there is no such file`, failed('Could not stat file ...')],
  ls: [`{type: :data, data: [${FILE_INFO}]}`, failed('Could not list directory ...')],
  mkdir: [END, failed('Could not make a new directory ...')],
  rm: [END, failed('Could not remove ...')],
  rename: [END, failed('Could not rename ...')],
  fsync: [END, failed('Could not sync ...')],
  exec: ["{type: :end, status: 0, stdout: '...', stderr: '...'}", failed('Could not start command in exec(): ...')],
  input: ["{type: :data, data: 'a line'}", "{type: :error, error: 'EOF', data: ''}    data: what came before the end"],
  args: ["['/usr/bin/magnolia', 'program.oak', 'first argument']"],
  env: ["{HOME: '/home/ann'}"],
  make_chan: ['{type: :channel, id: 0, cap: 0}'],
  chan_send: ['{type: :sent}'],
  chan_recv: ['{type: :data, data: value}'],
  chan_try_recv: ['{ok: true, data: value}', '{ok: false}    nothing is there'],
  process_await_signal: ['{type: :signal, name: :term}', NOT_RUNNING],
  process_on_signal: ['a function that removes the handler'],
  socket_connect: [
    "{type: :ok, socket: {type: :socket, id: 1}, local: '127.0.0.1:40000', remote: '127.0.0.1:25', tls: false}",
    `${failed('Could not connect socket: ...', ':refused')}    code: :timeout, :refused, :reset, :unreachable, :dns, :address, :tls, :cert`,
  ],
  socket_listen: [
    'a function that stops listening; its callback receives',
    "{type: :connect, socket: {type: :socket, id: 1}, local: '127.0.0.1:25', remote: '127.0.0.1:40000', tls: false}",
    `${failed('Could not listen on socket: ...', ':inuse')}    as the only event`,
  ],
  socket_serve: [
    "{type: :ok, local: '127.0.0.1:25', close: fn close, drain: fn drain, stats: fn stats, ...}",
    failed('Could not listen on socket: ...', ':inuse'),
  ],
  socket_send: SENT,
  socket_send_packet: SENT,
  socket_recv: reading('bytes'),
  socket_recv_exact: reading('bytes'),
  socket_recv_line: reading('a line'),
  socket_recv_until: reading('bytes'),
  socket_recv_all: reading('bytes'),
  socket_recv_packet: reading('bytes'),
  socket_starttls: ['{type: :ok, tls: true}', failed('Could not start TLS: ...', ':cert')],
  socket_set_timeout: ['{type: :ok}'],
  socket_close: ['{type: :closed}'],
  socket_close_write: ['{type: :closed}', failed('...', ':closed')],
};
