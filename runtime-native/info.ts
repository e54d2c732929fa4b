/** What a program can find out about the process and the machine that it runs on. */
import { availableParallelism } from 'node:os';
import type { RuntimeInfo } from '../builtins/runtime-info.ts';
import { utf8Encode } from '../language/values/bytes.ts';

/** How Go names what Node names otherwise. */
const SYSTEMS: { readonly [platform: string]: string } = { win32: 'windows', sunos: 'solaris' };
const PROCESSORS: { readonly [arch: string]: string } = { x64: 'amd64', ia32: '386' };

export const nodeInfo: Omit<RuntimeInfo, 'modules' | 'source'> = {
  version: `node ${process.version}`,
  os: SYSTEMS[process.platform] ?? process.platform,
  arch: PROCESSORS[process.arch] ?? process.arch,
  cpus: () => availableParallelism(),
  pid: process.pid,
  exe: utf8Encode(process.execPath),
  memory() {
    const { heapUsed, heapTotal } = process.memoryUsage();
    return { live: heapUsed, heap: heapTotal };
  },
};
