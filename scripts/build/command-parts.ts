/**
 * What runs a program, in parts: dist/magnolia.cjs, which each start loads, and a file for each of `PARTS`, which is loaded when something
 * of it is used. A part uses the modules of magnolia.cjs, and has no copies of them.
 *
 * esbuild splits ES modules only, so each file is split first and becomes CommonJS then. The imports between the files become constants:
 * an access by `exports.name` would cost time wherever the language calls a function of another module.
 */
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Plugin, transform } from 'esbuild';
import { besideTheBundle } from './beside-the-bundle.ts';
import { replaceFile } from './files.ts';
import { LAZILY, lazily } from './lazily.ts';

const MAIN = 'runtime-native/cli/main.ts';

/** The modules through which the rest of a part is reached. No other module uses them before a program runs. */
const PARTS: { readonly [name: string]: readonly string[] } = {
  compiler: ['language/runtime/compile.ts'],
  errors: [
    'language/diagnostics/describe.ts',
    'language/diagnostics/nearest.ts',
    'language/diagnostics/report.ts',
    'language/diagnostics/trace.ts',
    'language/runtime/function-text.ts',
    'language/runtime/mistakes.ts',
  ],
  library: ['builtins/digests/builtins.ts', 'builtins/lib-support/builtins.ts', 'runtime-native/digests.ts'],
  mail: ['builtins/lib-support/mail-builtins.ts'],
  network: [
    'builtins/dns.ts',
    'builtins/http/builtins.ts',
    'builtins/http/proxy.ts',
    'builtins/http/unavailable.ts',
    'builtins/sockets/builtins.ts',
    'builtins/sockets/certificate-files.ts',
    'builtins/sockets/unavailable.ts',
    'runtime-native/dns.ts',
    'runtime-native/sockets/backend.ts',
  ],
  options: [
    'builtins/sockets/policy.ts',
    'embedding/built.ts',
    'embedding/memory-files.ts',
    'runtime-native/cli/program-metrics.ts',
    'runtime-native/fence.ts',
    'runtime-native/sockets/trace.ts',
  ],
  system: [
    'builtins/certificates.ts',
    'builtins/channels.ts',
    'builtins/files.ts',
    'builtins/raw-memory.ts',
    'builtins/runtime-info.ts',
    'builtins/signals.ts',
    'embedding/closing.ts',
    'runtime-native/files.ts',
    'runtime-native/processes.ts',
    'runtime-native/self-signed.ts',
    'runtime-native/signals.ts',
  ],
};

/** Makes the entries of the parts; in all other modules an import of one becomes a `require` of its file. */
function inParts(root: string): Plugin {
  const partOf = new Map(
    Object.entries(PARTS).flatMap(([part, files]) => files.map((file) => [join(root, file), part] as const)),
  );
  return {
    name: 'in parts',
    setup(setup) {
      setup.onResolve({ filter: /^part:/ }, ({ path }) => ({ path, namespace: 'part' }));
      setup.onLoad({ filter: /.*/, namespace: 'part' }, ({ path }) => {
        // Each part imports the main module: what that needs is in one file, which is loaded before.
        const files = PARTS[path.slice('part:'.length)] ?? [];
        const lines = [`export { main } from './${MAIN}';`, ...files.map((file) => `export * from './${file}';`)];
        return { contents: lines.join('\n'), resolveDir: root };
      });
      setup.onResolve({ filter: /\.ts$/ }, ({ path, importer, namespace, resolveDir }) => {
        const part = partOf.get(join(resolveDir, path));
        if (part === undefined || namespace === 'part' || partOf.get(importer) === part) return undefined;
        return { path: `./magnolia-${part}.cjs`, external: true };
      });
    },
  };
}

/** Writes magnolia.cjs and its parts into `dist`. */
export async function writeParts(root: string, dist: string, common: BuildOptions): Promise<void> {
  const entries = Object.keys(PARTS).map((name) => ({ in: `part:${name}`, out: `magnolia-${name}` }));
  const { outputFiles = [], metafile } = await build({
    ...common,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    splitting: true,
    sourcemap: 'inline',
    metafile: true,
    write: false,
    outdir: dist,
    chunkNames: 'magnolia-shared-[hash]',
    entryPoints: entries,
    plugins: [inParts(root), besideTheBundle],
  });
  const [core = ''] = Object.entries(metafile?.outputs ?? {}).find(([, { inputs }]) => MAIN in inputs) ?? [];
  const rename = (file: string): string => (file === basename(core) ? 'magnolia.cjs' : file.replace(/\.js$/, '.cjs'));
  for (const { path, text } of outputFiles) {
    const name = rename(basename(path));
    const { code, map } = await transform(commonJs(text, rename), {
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      supported: { 'dynamic-import': false }, // `require`, which a function in V8's cache can call
      lineLimit: 250,
      minifySyntax: true,
      banner: LAZILY,
      sourcemap: true,
      sourcesContent: false,
      sourcefile: name,
      logLevel: 'error',
    });
    await replaceFile(join(dist, name), `${lazily(code)}//# sourceMappingURL=${name}.map\n`);
    await replaceFile(join(dist, `${name}.map`), map);
  }
}

/** A file that esbuild has split off, with its imports of the others as constants. Lines stay lines, for the source map. */
function commonJs(text: string, rename: (file: string) => string): string {
  const pairs = (names: string): string => names.replace(/([\w$]+) as ([\w$]+)/g, '$1: $2');
  const turned = (names: string): string => names.replace(/([\w$]+) as ([\w$]+)/g, '$2: $1');
  return text
    .replace(/^import (?:\{([^}]*)\} from )?"\.\/([\w-]+\.js)";$/gm, (_, names: string | undefined, file: string) => {
      const required = `require("./${rename(file)}");`;
      return names === undefined ? required : `const {${pairs(names)}} = ${required}`;
    })
    .replace(/^export \{([^}]*)\};$/m, (_, names: string) => `module.exports = {${turned(names)}};`);
}
