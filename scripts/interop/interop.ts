/**
 * `npm run interop [-- FILTER...]`: full sessions between our mail libraries and the software that people use, on this machine.
 *
 * Installs what is missing when it runs as root; otherwise the cases that need it are skipped, and it says so. `--short` runs the
 * few cases that CI runs, `--base PORT` moves the ports. A FILTER is a part of "PEER: NAME". The exit status is 1 if a case failed.
 */
import { parseArgs, styleText } from 'node:util';
import { buildIfStale } from '../build/build.ts';
import { damageCases } from './cases-damage.ts';
import { docsCases } from './cases-docs.ts';
import { hostileCases } from './cases-hostile.ts';
import { imapCases } from './cases-imap.ts';
import { mailboxCases } from './cases-mailbox.ts';
import { mimeCases } from './cases-mime.ts';
import { popCases } from './cases-pop.ts';
import { smtpCases } from './cases-smtp.ts';
import { peerFolder, provide } from './packages.ts';
import { startServers } from './servers.ts';
import { createWorld, runCases } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false }, base: { type: 'string', default: '25000' } },
});

const missing = provide();
if (missing.size > 0) {
  console.log(styleText(['yellow', 'bold'], `NOT INSTALLED, cases are skipped: ${[...missing].join(', ')}`));
}
if (missing.has('dovecot') || missing.has('aiosmtpd') || missing.has('openssl')) {
  console.log(styleText(['yellow', 'bold'], 'INTEROP SKIPPED: without Dovecot and aiosmtpd there is nothing to talk to'));
} else {
  await buildIfStale();
  const servers = await startServers(Number(values.base));
  try {
    const all = [
      ...smtpCases,
      ...popCases,
      ...imapCases,
      ...mailboxCases,
      ...mimeCases,
      ...damageCases,
      ...docsCases,
      ...hostileCases,
    ];
    const matching =
      positionals.length === 0 ? all : all.filter((one) => positionals.some((part) => `${one.peer}: ${one.name}`.includes(part)));
    const cases = values.short ? matching.filter((one) => one.short) : matching;
    const failed = await runCases(cases, createWorld(servers, peerFolder), missing);
    if (failed > 0) {
      console.log(servers.logs());
      process.exitCode = 1;
    }
  } finally {
    await servers.stop();
  }
}
