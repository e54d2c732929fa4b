/** What Node has for embedded programs. Nothing of it is open to a program unless its options say so. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Platform } from '../embedding/options.ts';
import { Source } from '../language/syntax/source.ts';
import { utf8Encode } from '../language/values/bytes.ts';
import { nodeFiles } from './files.ts';
import { NodeHost } from './host.ts';
import { nodeInfo } from './info.ts';
import { toText } from './latin1.ts';
import { compiledLibrary, libraryNames } from './library.ts';
import { memoryInUse } from './memory.ts';
import { nativeModules } from './modules.ts';
import { nodeProcesses } from './processes.ts';
import { nativeSockets } from './sockets/backend.ts';
import { published } from './sockets/diagnostics.ts';
import { decode } from './text.ts';

/** Gives the clock, and lets strings use Node's conversions. */
const host = new NodeHost();

export const nodePlatform: Platform = {
  clock: host,
  sink: { bytes: (bytes) => process.stdout.write(bytes) },
  complain: (report) => process.stderr.write(report),
  secureBytes: (count) => toText(randomBytes(count)),
  info: { ...nodeInfo, pid: 0, exe: null }, // a program has no process of its own
  memoryInUse,
  library: {
    names: libraryNames,
    find: compiledLibrary,
    source(name) {
      const loaded = compiledLibrary(name)?.load();
      if (loaded === undefined) return undefined;
      return utf8Encode((loaded instanceof Source ? loaded : loaded.unit.source()).text);
    },
  },
  fuel: undefined,
  system: {
    directory: () => process.cwd(),
    files: nodeFiles,
    modules: nativeModules(),
    async readText(path) {
      const whole = resolve(path);
      return { path: whole, text: decode(await readFile(whole)) };
    },
    network: nativeSockets,
    watch: published,
    exec: (command, done) => nodeProcesses([]).exec(command, done),
  },
};
