/** Modules that stay out of the bundles for Node, in a file of their own, because few programs use them. */
import type { Plugin } from 'esbuild';

/** `import('./make-certificate.ts')` becomes an import of `make-certificate.cjs` beside the bundle. */
export const loadedWhenUsed: Plugin = {
  name: 'loaded when used',
  setup(build) {
    build.onResolve({ filter: /\/make-certificate\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './make-certificate.cjs', external: true } : undefined,
    );
  },
};
