/** What Node has for embedded programs. Nothing of it is open to a program unless its options say so. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { domainToASCII } from 'node:url';
import { digestBuiltins } from '../builtins/digests/builtins.ts';
import { httpFamily } from '../builtins/http/builtins.ts';
import { mailBuiltins } from '../builtins/lib-support/mail-builtins.ts';
import { withFiles } from '../builtins/sockets/certificate-files.ts';
import type { Platform } from '../embedding/options.ts';
import { nodeDigests } from './digests.ts';
import { nodeDns } from './dns.ts';
import { nodeFiles } from './files.ts';
import { nodeClock } from './host.ts';
import { loadHttp } from './http/load.ts';
import { nodeInfo } from './info.ts';
import { toText } from './latin1.ts';
import { memoryInUse } from './memory.ts';
import { fileModules, nativeLibrary } from './modules.ts';
import { nodeExec } from './processes.ts';
import { nativeCertificates } from './self-signed.ts';
import { nativeSignals } from './signals.ts';
import { nativeSockets } from './sockets/backend.ts';
import { published } from './sockets/diagnostics.ts';
import { decode } from './text.ts';

export const nodePlatform: Platform = {
  clock: nodeClock,
  output: { bytes: (bytes) => process.stdout.write(bytes) },
  complain: (report) => process.stderr.write(report),
  secureBytes: (count) => toText(randomBytes(count)),
  domainToAscii: domainToASCII,
  info: { ...nodeInfo, pid: 0, exe: null }, // programs share the process
  memoryInUse,
  certificates: () => nativeCertificates,
  library: nativeLibrary(null),
  digestBuiltins: () => digestBuiltins(nodeDigests),
  mailBuiltins: () => mailBuiltins,
  fuel: undefined,
  system: {
    directory: () => process.cwd(),
    files: () => nodeFiles,
    modules: fileModules,
    async readText(path) {
      const whole = resolve(path);
      return { path: whole, text: decode(await readFile(whole)) };
    },
    network: () => nativeSockets(),
    watch: published,
    http: (network) => httpFamily(network, loadHttp, withFiles),
    exec: (command, done) => nodeExec(command, done),
    signals: () => nativeSignals(),
    dns: () => nodeDns,
  },
};
