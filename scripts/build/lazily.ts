/** Modules of Node that are loaded at the first use of something that they export. */

const LAZY = [
  'child_process',
  'crypto',
  'diagnostics_channel',
  'dns',
  'fs/promises',
  'http',
  'net',
  'os',
  'perf_hooks',
  'readline',
  'tls',
  'v8',
  'vm',
  'zlib',
];

/** What the code of `lazily` needs in front of it; a directive only counts as the first statement. */
export const LAZILY = '"use strict";\nconst $lazily = (name) => new Proxy({}, { get: (_, key) => require(name)[key] });\n';

/** Replaces the `require`s of a bundle that esbuild made as CommonJS; each stays as long as it was, for the source map. */
export function lazily(text: string): string {
  return text.replace(new RegExp(`(=\\s?)require\\("node:(${LAZY.join('|')})"\\)`, 'g'), '$1$lazily("node:$2")');
}
