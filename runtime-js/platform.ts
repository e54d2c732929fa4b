/** What a browser has for programs: a clock, a console, random numbers; no files, no sockets, no other programs. */
import type { Platform } from '../embedding/options.ts';
import { codec } from '../language/values/values.ts';
import { browserClock } from './host.ts';
import { bundledLibrary } from './library.ts';
import { digestsOnCall, mailOnCall } from './loaded-on-call.ts';

/** The maximum of one call of `getRandomValues`. */
const RANDOM_BYTES_AT_ONCE = 65_536;

/** What Chromium reports of its memory, to pages and not to workers; not standardised. */
interface ChromiumPerformance {
  readonly memory?: { readonly usedJSHeapSize: number };
}

function memoryInUse(): number | null {
  return (performance as ChromiumPerformance).memory?.usedJSHeapSize ?? null;
}

/** The name as the parser of addresses has it; it takes only names of hosts. */
function domainToAscii(domain: string): string {
  try {
    return /[\s/\\?#@:[\]]/.test(domain) ? '' : new URL(`http://${domain}`).hostname;
  } catch {
    return '';
  }
}

export const browserPlatform: Platform = {
  clock: browserClock,
  output: { text: (text) => console.log(text.replace(/\n$/, '')) }, // the console ends lines by itself
  complain: (report) => console.error(report),
  secureBytes(count) {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += RANDOM_BYTES_AT_ONCE)
      crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES_AT_ONCE));
    return codec.decode(bytes, 0, count);
  },
  domainToAscii,
  info: {
    version: 'js',
    os: 'js',
    arch: 'js',
    cpus: () => 1,
    pid: 0,
    exe: null,
    memory: () => ({ live: memoryInUse() ?? 0, heap: memoryInUse() ?? 0 }),
  },
  memoryInUse,
  library: bundledLibrary,
  digestBuiltins: digestsOnCall,
  mailBuiltins: mailOnCall,
  fuel: 500, // a worker's stack is half as large as a page's; measured, 2,000 is no faster
  system: { directory: () => '/', files: null, modules: null, readText: null, network: null, http: null, exec: null },
};
