/** Modules that are separate files beside the bundles. */
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

const MODULE = /\/(make-certificate|node-http|lsp-connection|start-gateway|other-commands)\.ts$/;

const APART = ['policy', 'address', 'peers'];

/** The entry of dist/policy.js: what users may take alone, and what it needs. Bundlers leave out whole files. */
export const APART_ENTRY = APART.map((name) => `export * from './builtins/sockets/${name}.ts';\n`).join('');

/** The package imports it from there. */
export const apart: Plugin = {
  name: 'apart',
  setup(build) {
    build.onResolve({ filter: new RegExp(`/(${APART.join('|')})\\.ts$`) }, ({ path, resolveDir }) =>
      /\/builtins\/sockets\/\w+\.ts$/.test(join(resolveDir, path).replaceAll('\\', '/'))
        ? { path: './policy.js', external: true }
        : undefined,
    );
  },
};

/**
 * `import('./make-certificate.ts')`, of what few programs use, becomes an import of `make-certificate.cjs` beside the bundle; and the
 * library is that of library.cjs.
 */
export const besideTheBundle: Plugin = {
  name: 'beside the bundle',
  setup(build) {
    build.onResolve({ filter: MODULE }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: `./${MODULE.exec(path)?.[1]}.cjs`, external: true } : undefined,
    );
    build.onResolve({ filter: /\/library-data\.ts$/ }, () => ({ path: './library.cjs', external: true }));
  },
};
