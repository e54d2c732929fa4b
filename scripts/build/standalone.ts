/**
 * The runtimes that `magnolia build` writes in front of a program: dist/standalone/node.mjs and browser.mjs. They have no compiler.
 *
 * Each is the beginning of a module: its imports and definitions, without exports.
 */
import { join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { replaceFile } from './files.ts';
import { LAZILY, lazily } from './lazily.ts';

const COMPILER = /\/compile\.ts$/;

/** Takes no-compiler.ts in place of compile.ts. */
const withoutCompiler: Plugin = {
  name: 'without compiler',
  setup(setup) {
    setup.onResolve({ filter: COMPILER }, ({ importer, path, resolveDir }) =>
      importer.endsWith('no-compiler.ts') ? undefined : { path: join(resolveDir, path.replace(COMPILER, '/no-compiler.ts')) },
    );
  },
};

/** A built program has its own part of the library. */
const withoutLibrary: Plugin = {
  name: 'without library',
  setup(setup) {
    setup.onLoad({ filter: /\/library-data\.ts$/ }, () => ({
      contents: 'export const library = { names: {}, files: {}, manifest: () => ({ modules: [], elsewhere: [] }) };', // nothing asks for code
    }));
  },
};

/** Modules of Node are asked for in the way of CommonJS, because an ES module would load all of them before it begins. */
const REQUIRE = `import { createRequire as $createRequire } from 'node:module';
const require = $createRequire(import.meta.url);
const $start = (() => {
const module = {};
${LAZILY}`;

/** Writes both into `dist`. */
export async function buildStandalone(root: string, dist: string, common: BuildOptions): Promise<void> {
  const shared: BuildOptions = {
    ...common,
    sourcemap: false,
    minifyWhitespace: true,
    minifyIdentifiers: true,
    plugins: [withoutCompiler, withoutLibrary],
  };
  await write(join(dist, 'standalone/node.mjs'), {
    ...shared,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    entryPoints: [join(root, 'runtime-native/cli/standalone.ts')],
    banner: { js: REQUIRE },
    footer: { js: 'return module.exports.start;\n})();' },
    external: ['bufferutil', 'utf-8-validate'], // faster versions of parts of ws, for those who install them
  });
  await write(join(dist, 'standalone/browser.mjs'), {
    ...shared,
    platform: 'browser',
    target: 'es2022',
    entryPoints: [join(root, 'runtime-js/standalone.ts')],
  });
}

async function write(path: string, options: BuildOptions): Promise<void> {
  const { outputFiles = [] } = await build(options);
  const text = outputFiles[0]?.text ?? '';
  await replaceFile(path, options.platform === 'node' ? lazily(text) : withoutExports(text));
}

/** `export { a as start };` becomes `const $start = a;`. */
function withoutExports(text: string): string {
  const found = /export\s*\{([^}]*)\};?\s*$/.exec(text);
  if (found === null) throw new Error('The bundle does not end with its exports');
  const names = (found[1] ?? '').split(',').map((pair) => pair.trim().split(/\s+as\s+/));
  const constants = names.map(([local, name]) => `const $${name ?? local} = ${local};`);
  return `${text.slice(0, found.index)}\n${constants.join('\n')}\n`;
}
