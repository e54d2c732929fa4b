/**
 * The builtins of each family that is created when a program first names one of them. The code of a family may be in a file of its own,
 * which is loaded at that moment (scripts/build/command-parts.ts). `npm run docs` writes this file.
 */
// biome-ignore format: lists of names
export const NAMES = {
  channels: ['go', 'make_chan', 'chan_send', 'chan_recv', 'chan_try_recv'],
  library: [
    '__each', '__map', '__filter', '__reduce', '__waiter', '__thread_id', '__slice', '__index_of', '__last_index_of',
    '__split', '__replace', '__join', '__lower', '__upper', '__sort', '__json_escape', '__json_parse', '__json_write',
    '__base64_encode', '__base64_decode', '__percent_encode', '__percent_decode', '__also', '__run_all', '__attempt',
    '__fail',
  ],
  digests: ['__digest', '__hex', '__hmac', '__pbkdf2', '__sign', '__verify'],
  mail: [
    '__line_safe', '__bare_line_end', '__control', '__eight_bit', '__plain_lines', '__short_lines', '__base64_like',
    '__is_utf8', '__to_utf8', '__imap_values', '__compact', '__imap_numbers', '__imap_open', '__mail_lacks',
    '__mail_head', '__mail_fields', '__mail_tokens', '__mail_word', '__usual_date', '__has_text', '__saslprep',
    '__one_blank', '__crlf', '__dot_stuff', '__dot_unstuff', '__base64_lines', '__base64_read', '__qp_encode',
    '__qp_decode',
  ],
  files: [
    'ls', 'stat', 'mkdir', 'rm', 'open', 'close', 'read', 'write', '__real_path', 'rename', '__rename_file', 'fsync',
    '__replace_file',
  ],
  processes: ['args', 'env', 'exit', 'exec', 'input'],
  memory: [
    'memread', 'pointer', 'memwrite', 'addr', 'syscall', 'sysproc', 'win_msg_loop', 'lock_thread', 'unlock_thread',
  ],
  info: [
    '___stdlibs', '___runtime_lib', '___runtime_lib?', '___runtime_gc', '___runtime_mem', '___runtime_proc',
    '___runtime_go_version', '___runtime_sys_info',
  ],
  sockets: [
    'socket_connect', 'socket_send', '__socket_line', 'socket_recv', 'socket_peek', 'socket_recv_exact',
    'socket_recv_line', 'socket_recv_until', 'socket_recv_all', 'socket_send_packet', 'socket_recv_packet',
    'socket_starttls', 'socket_handshake', 'socket_pipe', 'socket_close', 'socket_close_write', 'socket_set_timeout',
    'socket_info', 'socket_listen', 'socket_serve',
  ],
  http: ['listen', 'http_serve', 'req', 'ws_listen', 'ws_dial', 'ws_send', 'ws_recv', 'ws_close', '__http_close_idle'],
  dns: ['dns_lookup'],
  signals: ['process_await_signal', 'process_on_signal', 'process_pid', 'process_worker'],
  certificates: ['socket_self_signed'],
} as const;
