/** The parser of HTTP for browsers: llhttp, which Node's own `http` uses, as the WebAssembly that comes with the package undici. */
import { createRequire } from 'node:module';
import type { Plugin } from 'esbuild';

/** Puts it in the place of runtime-js/http/llhttp-data.ts. */
export const llhttpInPlace: Plugin = {
  name: 'llhttp-in-place',
  setup(build) {
    build.onLoad({ filter: /\/http\/llhttp-data\.ts$/ }, () => {
      const wasm = parser();
      const warnings = wasm === null ? [{ text: 'The package undici is missing, run `npm ci`: no HTTP in browsers' }] : [];
      return { contents: `export const llhttp = '${wasm?.toString('base64') ?? ''}';`, loader: 'js', warnings };
    });
  },
};

function parser(): Buffer | null {
  try {
    return createRequire(import.meta.url)('undici/lib/llhttp/llhttp-wasm.js') as Buffer; // it has no types
  } catch {
    return null;
  }
}
