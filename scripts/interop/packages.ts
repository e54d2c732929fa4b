/** The software that the interop cases need: what is missing, and how it gets here. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How to tell that something is there, and the Debian packages that bring it. */
const software: { readonly [name: string]: { there(): boolean; readonly packages: readonly string[] } } = {
  dovecot: { there: () => found('dovecot'), packages: ['dovecot-core', 'dovecot-imapd', 'dovecot-pop3d'] },
  'dovecot-submission': { there: () => existsSync('/usr/lib/dovecot/submission-login'), packages: ['dovecot-submissiond'] },
  aiosmtpd: { there: () => works('/usr/bin/python3', ['-c', 'import aiosmtpd']), packages: ['python3-aiosmtpd'] },
  exim4: { there: () => found('exim4') && root(), packages: ['exim4-base', 'exim4-config', 'exim4-daemon-heavy'] },
  openssl: { there: () => found('openssl'), packages: ['openssl'] },
  curl: { there: () => found('curl'), packages: ['curl'] },
  swaks: { there: () => found('swaks'), packages: ['swaks', 'libnet-ssleay-perl', 'libauthen-sasl-perl', 'libdigest-hmac-perl'] },
  msmtp: { there: () => found('msmtp'), packages: ['msmtp'] },
  mpop: { there: () => found('mpop'), packages: ['mpop'] },
  fetchmail: { there: () => found('fetchmail'), packages: ['fetchmail'] },
  offlineimap: { there: () => found('offlineimap'), packages: ['offlineimap3'] },
  mbsync: { there: () => found('mbsync'), packages: ['isync'] },
};

/** The npm packages that are peers, in the versions that were tried. */
const peers: { readonly [name: string]: string } = { nodemailer: '7', imapflow: '1', 'smtp-server': '3' };

/** Where they are installed, apart from our own dependencies. */
export const peerFolder = join(tmpdir(), 'magnolia-mail-peers');

const root = () => process.getuid?.() === 0;
const path = `${process.env.PATH}:/usr/sbin:/sbin`;

function works(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore', env: { ...process.env, PATH: path } });
    return true;
  } catch {
    return false;
  }
}

function found(command: string): boolean {
  return works('sh', ['-c', `command -v ${command}`]);
}

/** Installs what is missing, where that is possible; the names of what still is not there. */
export function provide(): Set<string> {
  const missing = provideSoftware(Object.keys(software));
  for (const name of installPeers()) missing.add(name);
  return missing;
}

/** The same of some of the software. */
export function provideSoftware(names: readonly string[]): Set<string> {
  const lacking = () => Object.entries(software).filter(([name, one]) => names.includes(name) && !one.there());
  const wanted = lacking().flatMap(([, { packages }]) => packages);
  if (wanted.length > 0 && root() && found('apt-get')) {
    console.log(`Installing ${wanted.join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...wanted]]) {
      try {
        execFileSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env });
      } catch {
        console.log(`apt-get ${args[0]} failed`);
      }
    }
  }
  return new Set(lacking().map(([name]) => name));
}

function installPeers(): string[] {
  const lacking = () => Object.keys(peers).filter((name) => !existsSync(join(peerFolder, 'node_modules', name)));
  const wanted = lacking();
  if (wanted.length > 0) {
    mkdirSync(peerFolder, { recursive: true });
    writeFileSync(join(peerFolder, 'package.json'), '{"private": true}');
    const versions = wanted.map((name) => `${name}@${peers[name]}`);
    works('npm', ['install', '--prefix', peerFolder, '--no-audit', '--no-fund', '--ignore-scripts', ...versions]);
  }
  return lacking();
}
