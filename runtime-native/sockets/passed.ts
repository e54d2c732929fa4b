/**
 * Listening sockets that the parent process passed, as systemd does (sd_listen_fds(3)): descriptors from 3 on,
 * counted by LISTEN_FDS, named by LISTEN_FDNAMES, for the process LISTEN_PID.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { formatAddress } from '../../builtins/sockets/address.ts';
import { Failure, type PassedSocket } from '../../builtins/sockets/backend.ts';
import { workerIdentity } from '../worker.ts';

const FIRST = 3;

/** The socket with a number or a name; of one name the first. */
export function passedSocket(name: string): PassedSocket | Failure {
  const fds = passedDescriptors();
  if (typeof fds === 'string') return new Failure('address', `listen fd:${name}: ${fds}`);
  const fd = /^\d+$/.test(name) ? Number(name) : FIRST + fds.names.indexOf(name);
  if (fd < FIRST || fd >= FIRST + fds.count) {
    const named = fds.names.length === 0 ? '' : ` (${fds.names.join(', ')})`;
    return new Failure(
      'address',
      `listen fd:${name}: no such passed socket; there are fd:${FIRST} to fd:${FIRST + fds.count - 1}${named}`,
    );
  }
  return { fd, target: targetOf(fd) };
}

function passedDescriptors(): { readonly count: number; readonly names: readonly string[] } | string {
  const { LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES = '' } = process.env;
  const count = Number(LISTEN_FDS ?? 0);
  if (!(Number.isInteger(count) && count > 0)) return 'no socket was passed to this process (LISTEN_FDS)';
  const owner = ownerOfSockets();
  if (Number(LISTEN_PID) !== owner) return `the passed sockets are for the process ${LISTEN_PID} (LISTEN_PID), this is ${owner}`;
  return { count, names: LISTEN_FDNAMES === '' ? [] : LISTEN_FDNAMES.split(':') };
}

/** The process that has them: under `--workers` the primary. */
function ownerOfSockets(): number {
  return workerIdentity === null ? process.pid : process.ppid;
}

/** Where a descriptor listens, as far as the system shows. */
function targetOf(fd: number): PassedSocket['target'] {
  const inode = /^socket:\[(\d+)\]$/.exec(textOf(() => readlinkSync(`/proc/${ownerOfSockets()}/fd/${fd}`)))?.[1];
  for (const file of ['tcp', 'tcp6']) {
    for (const line of textOf(() => readFileSync(`/proc/self/net/${file}`, 'latin1')).split('\n')) {
      const fields = line.trim().split(/\s+/);
      const [address = '', port = ''] = fields[1]?.split(':') ?? [];
      if (inode !== undefined && fields[9] === inode)
        return { kind: 'tcp', host: hostOf(address), port: Number.parseInt(port, 16) };
    }
  }
  for (const line of textOf(() => readFileSync('/proc/self/net/unix', 'latin1')).split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (inode !== undefined && fields[6] === inode) return { kind: 'unix', path: fields.slice(7).join(' ') };
  }
  return null;
}

/** An address as the kernel prints it: groups of four bytes, each in the order of the machine. */
function hostOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1) bytes.swap32();
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  return groups.every((group) => group === '0') ? '::' : formatAddress(groups.join(':'), 0).replace(/^\[|\]:0$|:0$/g, '');
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
