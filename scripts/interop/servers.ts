/**
 * Real mail servers on 127.0.0.1: Dovecot, aiosmtpd and, for root, Exim. They have their own directory under the temporary
 * directory, run as an account without rights, and end with this process or with `stop`. Nothing of the system's is changed.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeSpecCertificates } from '../spec/spec-certificates.ts';
import { accounts, dovecotConf, eximConf, type Ports, portsFrom, type Setting } from './configs.ts';
import { writeMailboxes } from './mailboxes.ts';

const here = dirname(fileURLToPath(import.meta.url));

export interface Servers {
  readonly dir: string;
  readonly ports: Ports;
  readonly exim: boolean;
  readonly submission: boolean;
  /** Certificates: ca.pem, server.pem and .key (localhost, 127.0.0.1, mail.example.test), wrong, expired. */
  readonly certs: string;
  /** The ends of the servers' logs, for people. */
  logs(): string;
  stop(): Promise<void>;
}

/** Starts everything and waits until it answers. */
export async function startServers(base: number): Promise<Servers> {
  const dir = mkdtempSync(join(tmpdir(), 'mail-'));
  const root = process.getuid?.() === 0;
  const exim = root && existsSync('/usr/sbin/exim4');
  const user = root ? (exim ? 'Debian-exim' : 'mail') : userInfo().username;
  const group = execFileSync('id', ['-gn', user], { encoding: 'utf8' }).trim();
  const submission = existsSync('/usr/lib/dovecot/submission-login');
  const ports = portsFrom(base);
  const setting: Setting = { dir, user, group, ports, submission };

  for (const part of ['run', 'log', 'mail', 'capture', 'spool', 'certs']) mkdirSync(join(dir, part));
  const lines = (entry: (name: string, password: string) => string) =>
    Object.entries(accounts)
      .map(([name, password]) => `${entry(name, password)}\n`)
      .join('');
  writeFileSync(
    join(dir, 'users'),
    lines((name, password) => `${name}:{PLAIN}${password}`),
  );
  writeFileSync(
    join(dir, 'passwords'),
    lines((name, password) => `${name}: ${Buffer.from(password).toString('base64')}`),
  );
  writeFileSync(
    join(dir, 'boxes'),
    lines((name) => `${name}: ${name}`),
  );
  writeFileSync(join(dir, 'dovecot.conf'), dovecotConf(setting));
  writeFileSync(join(dir, 'exim.conf'), eximConf(setting), { mode: 0o640 });
  writeFileSync(join(dir, 'smtpd.py'), readFileSync(join(here, 'smtpd.py')));
  makeSpecCertificates();
  const certs = resolve(here, '../../spec/mail/certs');
  for (const name of ['server', 'wrong', 'expired']) {
    writeFileSync(join(dir, 'certs', `${name}.pem`), readFileSync(join(certs, `${name}.pem`)));
    writeFileSync(join(dir, 'certs', `${name}.key`), readFileSync(join(certs, `${name}-key.pem`)));
  }
  writeFileSync(join(dir, 'certs', 'ca.pem'), readFileSync(join(certs, 'ca.pem')));
  writeMailboxes(join(dir, 'mail'));
  execFileSync('chmod', ['755', dir]);
  if (root) execFileSync('chown', ['-R', `${user}:${group}`, dir]);

  const children: ChildProcess[] = [];
  const run = (command: string, args: string[]) => {
    const whole = root
      ? ['setpriv', `--reuid=${user}`, `--regid=${group}`, '--init-groups', '--', command, ...args]
      : [command, ...args];
    const child = spawn(whole[0] as string, whole.slice(1), { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] }); // it has a first word
    const log = join(dir, 'log', `${command.replace(/.*\//, '')}.out`);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => writeFileSync(log, text, { flag: 'a' }));
    children.push(child);
  };
  run('/usr/bin/python3', [join(dir, 'smtpd.py'), dir, String(ports.aio), String(ports.relay)]);
  run('/usr/sbin/dovecot', ['-F', '-c', join(dir, 'dovecot.conf')]);
  if (exim) run('/usr/sbin/exim4', ['-C', join(dir, 'exim.conf'), '-bdf', '-q20s']);

  const kill = () => {
    for (const child of children) child.kill();
  };
  process.once('exit', kill);
  const servers: Servers = {
    dir,
    ports,
    exim,
    submission,
    certs: join(dir, 'certs'),
    logs: () =>
      readdirSync(join(dir, 'log'))
        .map((name) => `== ${name}\n${readFileSync(join(dir, 'log', name), 'utf8').slice(-3000)}`)
        .join('\n'),
    async stop() {
      process.removeListener('exit', kill);
      const ended = children.map((child) => (child.exitCode === null ? new Promise((done) => child.once('exit', done)) : null));
      kill();
      await Promise.all(ended);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  const wanted = [
    ports.aio,
    ports.imap,
    ports.pop3,
    ...(submission ? [ports.submission] : []),
    ...(exim ? [ports.exim, ports.exims] : []),
  ];
  const slow = await Promise.all(wanted.map((port) => answers(port, 20_000)));
  if (slow.every((ok) => ok)) return servers;
  const logs = servers.logs();
  await servers.stop();
  throw new Error(`Not all mail servers answer\n${logs}`);
}

/** Waits until a port of this machine can be connected to. */
export async function answers(port: number, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs;
  while (Date.now() < end) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => done(true)).once('error', () => done(false));
      socket.once('connect', () => socket.end());
      socket.on('data', () => {});
    });
    if (open) return true;
    await new Promise((done) => setTimeout(done, 100));
  }
  return false;
}
