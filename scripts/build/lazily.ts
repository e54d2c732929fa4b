import { builtinModules } from 'node:module';

/** Modules of Node that are loaded at the first use of something that they export, as is the list of the library's modules. */

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

/** The module is kept: asking `require` again takes Node 0.6 us, and a connection uses a dozen of such exports. */
const KEEPING = 'let module; return new Proxy({}, { get: (_, key) => (module ??= require(name))[key] });';

/** What the code of `lazily` needs in front of it; a directive only counts as the first statement. */
export const LAZILY = `"use strict";\nconst $lazily = (name) => { ${KEEPING} };\n`;

/** Replaces the `require`s of a bundle that esbuild made as CommonJS; each stays as long as it was, for the source map. */
export function lazily(text: string): string {
  return text.replace(
    new RegExp(`(=\\s?)require\\("(node:(?:${LAZY.join('|')})|\\./(?:library|magnolia-\\w+)\\.cjs)"\\)`, 'g'),
    '$1$lazily("$2")',
  );
}

/**
 * The parts of the package that are CommonJS get modules of Node from `process`, which Node 20.16 and later has: in a bundle that is an ES
 * module there is no `require`.
 */
export function withoutRequire(text: string): string {
  const builtin = new RegExp(`\\brequire\\("((?:node:)?(?:${builtinModules.join('|')}))"\\)`, 'g');
  const head = 'const $builtin = (name, old) => process.getBuiltinModule?.(name) ?? old();\n';
  return `"use strict";\n${head}${text.replace(builtin, '$builtin("$1", () => require("$1"))')}`;
}
