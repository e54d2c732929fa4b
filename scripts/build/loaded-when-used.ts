/** Modules that stay out of the bundles for Node, in a file of their own, because few programs use them. */
import type { Plugin } from 'esbuild';

const MODULE = /\/(make-certificate|node-http|lsp-connection|start-gateway)\.ts$/;

/** `import('./make-certificate.ts')` becomes an import of `make-certificate.cjs` beside the bundle. */
export const loadedWhenUsed: Plugin = {
  name: 'loaded when used',
  setup(build) {
    build.onResolve({ filter: MODULE }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: `./${MODULE.exec(path)?.[1]}.cjs`, external: true } : undefined,
    );
  },
};
