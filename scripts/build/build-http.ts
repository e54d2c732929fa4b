/** HTTP on Node in a file of its own, dist/http.cjs, for the command and for the package: loaded when a program first uses it. */
import { join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { replaceFile } from './files.ts';

const ENTRY = 'runtime-native/http/engine.ts';

/** Leaves the engine out of a bundle. */
export const httpApart: Plugin = {
  name: 'http-apart',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\/engine\.ts$/ }, ({ importer }) =>
      importer.replaceAll('\\', '/').endsWith('runtime-native/http/load.ts') ? { path: './http.cjs', external: true } : null,
    );
  },
};

/** Builds the engine into `dist`. */
export async function buildHttp(root: string, dist: string, common: BuildOptions): Promise<void> {
  const { outputFiles = [] } = await build({
    ...common,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    entryPoints: { http: join(root, ENTRY) },
    outExtension: { '.js': '.cjs' },
    outdir: dist,
    external: ['bufferutil', 'utf-8-validate'], // faster versions of parts of ws, for those who install them
  });
  for (const { path, contents } of outputFiles) await replaceFile(path, contents);
}
