/**
 * `npm run build`: the sources become dist/, which is all that users install.
 *
 *     dist/cli.cjs     the `magnolia` command, with magnolia*.cjs (build-command.ts)
 *     dist/index.js    the package for Node: names of what is in native.js and policy.js
 *     dist/index.cjs   the same in CommonJS, for tools and Nodes that cannot require an ES module
 *     dist/browser.js  the package for browsers: names of what is in web.js, policy.js and magnolia-*.js
 *     dist/static.js   the same in one file
 *     dist/types/      declarations for both
 *     dist/library.cjs, dist/lib/   the standard library for Node (build-library.ts)
 *     dist/codemirror.js           the mode for CodeMirror
 *     dist/standalone/ what `magnolia build` writes in front of programs
 *     dist/make-certificate.cjs    makes certificates, for the two that run on Node
 *     dist/start-gateway.cjs       what `magnolia gateway` starts
 *     dist/lsp-connection.cjs      the protocol of `magnolia lsp`
 *
 * `--if-stale` returns at once when nothing changed since the last build. Each file is replaced in one step,
 * so that programs may run while we build.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build as bundle, type Metafile } from 'esbuild';
import { APART_ENTRY, apart, besideTheBundle } from './beside-the-bundle.ts';
import { libraryApart, writeBrowserLibrary } from './browser-library.ts';
import { buildCommand, writeCache, writeLauncher } from './build-command.ts';
import { buildLibrary } from './build-library.ts';
import { replaceFile } from './files.ts';
import { withoutRequire } from './lazily.ts';
import { llhttpInPlace } from './llhttp.ts';
import { buildStandalone } from './standalone.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const dist = join(root, 'dist');
const stamp = join(dist, '.stamp');

/** What is in dist/ and not written by each build. */
const OTHERS: ReadonlySet<string> = new Set(['cache', 'playground', '.stamp']);
/** The clock of a file system may lag behind the one of the process by this much. */
const CLOCK_MS = 1000;

const inputs = [
  'language',
  'builtins',
  'embedding',
  'tools',
  'runtime-native',
  'runtime-js',
  'lib',
  'docs/language.md',
  'scripts/build',
  'package.json',
];

const common = {
  bundle: true,
  format: 'esm',
  sourcemap: 'linked',
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  outdir: dist,
  absWorkingDir: root,
  write: false,
} satisfies BuildOptions;

/** What Node loads is readable, has its names in stack traces, and has no long lines: an uncaught error shows the line. */
const node = { ...common, platform: 'node', target: 'node20', lineLimit: 250 } satisfies BuildOptions;

const browser = { ...common, platform: 'browser', target: 'es2022', minifyWhitespace: true } satisfies BuildOptions;

/** The parts of dist/web.js: some are loaded with it, and some, such as HTTP, when a program uses them. */
const WEB_PART = /^magnolia-[a-z-]+-[A-Z0-9]{8}\.js(\.map)?$/;

/** The names of the parts of dist/web.js that are built. */
export async function webParts(): Promise<string[]> {
  return (await readdir(dist)).filter((name) => WEB_PART.test(name));
}

interface Bundle {
  readonly entry: string;
  readonly options: BuildOptions & { write: false };
  /** The file in which users find its names. */
  readonly names?: string;
}

const bundles: readonly Bundle[] = [
  {
    entry: 'runtime-native/index.ts',
    options: { ...node, entryPoints: { native: 'runtime-native/index.ts' }, plugins: [besideTheBundle, apart] },
    names: 'index.js',
  },
  {
    entry: 'runtime-native/index.ts',
    options: {
      ...node,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      supported: { 'dynamic-import': false },
      entryPoints: { index: 'runtime-native/index.ts' },
      sourcemap: false,
      plugins: [besideTheBundle],
    },
  },
  {
    entry: 'runtime-native/make-certificate.ts',
    options: {
      ...node,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      entryPoints: { 'make-certificate': 'runtime-native/make-certificate.ts' },
      sourcemap: false,
    },
  },
  {
    entry: 'runtime-native/http/node-http.ts',
    options: {
      ...node,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      entryPoints: { 'node-http': 'runtime-native/http/node-http.ts' },
      sourcemap: false,
      external: ['bufferutil', 'utf-8-validate'], // faster versions of parts of ws, for those who install them
    },
  },
  {
    entry: 'runtime-native/gateway/start-gateway.ts',
    options: {
      ...node,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      entryPoints: { 'start-gateway': 'runtime-native/gateway/start-gateway.ts' },
      sourcemap: false,
      alias: { bufferutil: './runtime-native/gateway/buffer-util.ts' },
      external: ['utf-8-validate'],
    },
  },
  {
    entry: 'runtime-native/cli/lsp-connection.ts',
    options: {
      ...node,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      entryPoints: { 'lsp-connection': 'runtime-native/cli/lsp-connection.ts' },
      sourcemap: false,
    },
  },
  {
    entry: 'builtins/sockets/policy.ts',
    options: {
      ...browser,
      platform: 'neutral',
      lineLimit: 120,
      minifyIdentifiers: true,
      stdin: { contents: APART_ENTRY, resolveDir: root },
      outfile: join(dist, 'policy.js'),
      outdir: '',
    },
  },
  {
    entry: 'runtime-js/index.ts',
    options: {
      ...browser,
      entryPoints: { web: 'runtime-js/index.ts' },
      splitting: true, // what runtime-js imports when it is used becomes a part
      chunkNames: 'magnolia-[name]-[hash]',
      minifyIdentifiers: true, // those of emitted code are made at run time
      plugins: [libraryApart, llhttpInPlace, apart],
    },
    names: 'browser.js',
  },
  {
    entry: 'runtime-js/codemirror/index.ts',
    options: {
      ...browser,
      entryPoints: { codemirror: 'runtime-js/codemirror/index.ts' },
      sourcemap: false,
      minifyIdentifiers: true,
      external: ['@codemirror/*'], // those of the page: two of them do not work together
    },
  },
];

/** Types for those who `require` the package. */
const REQUIRED_TYPES = `import type * as api from './runtime-native/index.js' with { 'resolution-mode': 'import' };
declare const required: typeof api;
export = required;
`;

/** Builds everything whose entry exists. */
export async function build(): Promise<void> {
  const started = Date.now();
  const ready = bundles.filter(({ entry }) => {
    const there = existsSync(join(root, entry));
    if (!there) console.error(`build: no ${entry} yet, left out`);
    return there;
  });

  await mkdir(dist, { recursive: true });
  await Promise.all([
    buildCommand(root, dist, common),
    buildStandalone(root, dist, common),
    Promise.all(ready.map(writeBundle)),
    buildLibrary(join(root, 'lib'), dist),
    writeBrowserLibrary(join(root, 'lib'), dist),
    readFile(join(root, 'docs/language.md')).then((page) => replaceFile(join(dist, 'lib/language.md'), page)),
    replaceFile(join(dist, 'types/index.d.cts'), REQUIRED_TYPES),
    buildDeclarations(ready.map(({ entry }) => entry)),
  ]);
  await Promise.all([writeLauncher(root, dist), writeStatic()]);
  await removeOlder(dist, started - CLOCK_MS);
  await writeCache(root, dist);
  await writeFile(stamp, String(started));
}

/** Builds unless dist/ is newer than everything it is made from. */
export async function buildIfStale(): Promise<void> {
  const builtMs = Number(await readFile(stamp, 'utf8').catch(() => '0'));
  const changedMs = await Promise.all(inputs.map((name) => lastChange(join(root, name))));
  if (Math.max(...changedMs) >= builtMs) await build();
}

async function writeBundle({ entry, options, names }: Bundle): Promise<void> {
  const { outputFiles, metafile } = await bundle({ ...options, metafile: true }).catch(() => process.exit(1)); // esbuild has said why
  for (const { path, text } of outputFiles) await replaceFile(path, path.endsWith('.cjs') ? withoutRequire(text) : text);
  if (names !== undefined) await replaceFile(join(dist, names), namesOf(metafile, entry));
}

/**
 * The file that users import: what is where, and nothing that runs, so that bundlers leave out the files of which they need nothing. They
 * leave out files, not parts of one: networkPolicy alone is small because it is in its own file.
 */
function namesOf({ outputs }: Metafile, entry: string): string {
  const lines = Object.entries(outputs).flatMap(([path, { entryPoint, exports }]) => {
    if (entryPoint !== entry) return [];
    const own = exports.filter((name) => name !== 'networkPolicy').map((name) => `  ${name},\n`);
    if (own.length === 0) return [];
    return [`export {\n${own.join('')}} from './${basename(path)}';\n`, "export { networkPolicy } from './policy.js';\n"];
  });
  return lines.join('');
}

/** The package for browsers in one file: no `import()`, which service workers forbid. */
async function writeStatic(): Promise<void> {
  const options = {
    ...browser,
    sourcemap: false,
    entryPoints: { static: join(dist, 'browser.js') },
    logOverride: { 'ignored-bare-import': 'silent' }, // parts import the parts that run before them
  } satisfies BuildOptions;
  const { outputFiles } = await bundle(options);
  for (const file of outputFiles) await replaceFile(file.path, file.contents);
}

/** tsc writes the declarations. A type error is a matter for `npm run typecheck`, not a reason to have no build. */
async function buildDeclarations(entries: string[]): Promise<void> {
  const files = entries.filter((entry) => entry.endsWith('/index.ts'));
  if (files.length < 2) return;

  const tsc = spawn(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], { cwd: root });
  const status = await new Promise((done) => tsc.on('close', done));
  if (status !== 0) console.error('build: type errors, see `npm run typecheck`');
}

/** Removes the files that earlier builds have left and this one has not written. */
async function removeOlder(folder: string, thanMs: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (OTHERS.has(relative(dist, path))) continue;
    if (entry.isDirectory()) await removeOlder(path, thanMs);
    else if ((await stat(path)).ctimeMs < thanMs) await rm(path);
  }
}

async function lastChange(path: string): Promise<number> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return 0;
  if (!info.isDirectory()) return info.mtimeMs;

  const children = (await readdir(path)).filter((name) => !name.endsWith('.test.ts'));
  return Math.max(info.mtimeMs, ...(await Promise.all(children.map((name) => lastChange(join(path, name))))));
}

if (relative(process.argv[1] ?? '', fileURLToPath(import.meta.url)) === '') {
  await (process.argv.includes('--if-stale') ? buildIfStale() : build());
}
