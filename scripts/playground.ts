/**
 * `npm run playground [-- --port N] [-- --build]`: the playground becomes dist/playground, which any web server can serve, and is
 * served on the loopback interface; `--build` only builds.
 *
 * The page may load scripts and styles of its own origin and nothing else, wherever it is served: its policy is in the page
 * itself. The worker alone may use `eval`, by which Magnolia programs are started; that is said in the header of its own
 * response. A server that sends no policy for worker.js allows it, too. Where the visitor turns on real requests, the worker is
 * `worker.js?requests`, and its policy lets it connect to any site.
 */
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type BuildOptions, build as bundle, type Metafile, type Plugin } from 'esbuild';
import { callableOf } from '../builtins/callables.ts';
import { isPrivate } from '../language/modules.ts';
import type { KnowledgeData } from '../runtime-js/playground/knowledge-data.ts';
import { describeBuiltin } from '../runtime-native/cli/builtin-help.ts';
import { NO_SETTINGS } from '../runtime-native/cli/no-settings.ts';
import { commandWorld } from '../runtime-native/cli/world.ts';
import { browserLibraryFiles, libraryApart } from './build/browser-library.ts';
import { buildIfStale } from './build/build.ts';
import { writeDocPages } from './build/doc-pages.ts';
import { libraryManifest } from './build/library-manifest.ts';
import { llhttpInPlace } from './build/llhttp.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'runtime-js/playground');
const target = join(root, 'dist/playground');
const DEFAULT_PORT = 8377;

const locked = "default-src 'none'; base-uri 'none'; form-action 'none'";
const pagePolicy = `${locked}; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'`;
/** Programs connect to gateways that their user names: on this machine, or anywhere by an encrypted way. Nothing else of the worker connects. */
const gateways = "connect-src 'self' ws://127.0.0.1:* ws://localhost:* wss:";
const workerPolicy = `${locked}; script-src 'self' 'unsafe-eval'; ${gateways}`;
/** For the worker of programs that may send requests, which the visitor has to turn on: `worker.js?requests`. */
const requestsPolicy = `${locked}; script-src 'self' 'unsafe-eval'; connect-src http: https: ws: wss:`;

const types: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Builds dist/playground. */
export async function buildPlayground(): Promise<void> {
  await buildIfStale();
  const fresh = `${target}.${process.pid}`;
  await mkdir(fresh, { recursive: true });
  const common = {
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    absWorkingDir: root,
    outdir: fresh,
    loader: { '.oak': 'text', '.md': 'text' },
  } satisfies BuildOptions;
  const page = {
    ...common,
    entryPoints: [join(source, 'page.ts')],
    splitting: true,
    metafile: true as const,
    chunkNames: '[name]-[hash]',
  };
  await Promise.all([
    bundle({
      ...common,
      entryPoints: [join(source, 'worker.ts')],
      plugins: [libraryApart, llhttpInPlace],
      splitting: true, // what is loaded when it is used becomes a part
      chunkNames: 'magnolia-[name]-[hash]',
    }),
    bundle({
      ...common,
      entryPoints: [join(source, 'language-worker.ts')],
      plugins: [withKnowledge, withPageRuntime, libraryApart],
      splitting: true,
      chunkNames: 'magnolia-[name]-[hash]',
    }),
    ...browserLibraryFiles(join(root, 'lib')).map((name) => copyFile(join(root, 'dist', name), join(fresh, name))),
    ...['style.css', 'docs.css'].map((name) => copyFile(join(source, name), join(fresh, name))),
    writeDocPages(join(root, 'docs'), fresh, pagePolicy),
    copyFile(join(source, 'icon.svg'), join(fresh, 'icon.svg')),
    Promise.all([readFile(join(source, 'index.html'), 'utf8'), bundle(page)]).then(([text, { metafile }]) =>
      writeFile(join(fresh, 'index.html'), text.replace('%CSP%', pagePolicy).replace('%PRELOAD%', preloads(metafile))),
    ),
  ]);
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
}

/** Links to the files that page.js imports at once, so that they are loaded side by side. */
function preloads({ outputs }: Metafile): string {
  const page = Object.entries(outputs).find(([path]) => basename(path) === 'page.js');
  const imports = page?.[1].imports.filter(({ kind }) => kind === 'import-statement') ?? [];
  return ['page.js', ...imports.map(({ path }) => basename(path))]
    .map((name) => `<link rel="modulepreload" href="${name}">`)
    .join('\n');
}

/** Gives the language worker what it knows of builtins and the library. */
const withKnowledge: Plugin = {
  name: 'with-knowledge',
  setup(build) {
    build.onLoad({ filter: /\/knowledge-data\.ts$/ }, () => ({
      contents: `export const knowledge = ${JSON.stringify(knowledge())}`,
    }));
  },
};

/** Gives it what built pages begin with. */
const withPageRuntime: Plugin = {
  name: 'with-page-runtime',
  setup(build) {
    build.onLoad({ filter: /\/page-runtime\.ts$/ }, async () => ({
      contents: `export const runtime = ${JSON.stringify(await readFile(join(root, 'dist/standalone/browser.mjs'), 'utf8'))}`,
    }));
  },
};

function knowledge(): KnowledgeData {
  const { registry } = commandWorld(NO_SETTINGS, []).world;
  const library = libraryManifest(join(root, 'lib'));
  return {
    builtins: registry
      .all()
      .filter(({ name }) => !isPrivate(name))
      .map((one) => ({ name: one.name, callable: callableOf(one), help: describeBuiltin(one) })),
    library: { ...library, modules: library.modules.filter(({ inner }) => !inner) },
  };
}

/** Serves dist/playground on the loopback interface; port 0 takes any. */
export async function servePlayground(port: number): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')).then(({ status, headers, body }) =>
      response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body),
    );
  });
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }; // it listens on TCP
}

interface Answer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: Buffer;
}

function policyOf(url: string, name: string): string {
  if (name !== 'worker.js') return pagePolicy;
  return url.endsWith('?requests') ? requestsPolicy : workerPolicy;
}

/** The folder is flat: a path is `/` and a name. */
async function answer(url: string, zipped: boolean): Promise<Answer> {
  const path = url.replace(/[?#].*/, '');
  const name = path === '/' ? 'index.html' : path.slice(1);
  const type = types[extname(name)];
  const headers = {
    'cache-control': 'no-cache',
    'content-security-policy': `${policyOf(url, name)}; frame-ancestors 'none'`,
    'cross-origin-opener-policy': 'same-origin', // together with the next one they let the page measure memory
    'cross-origin-embedder-policy': 'require-corp',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
  const missing = { status: 404, headers: { ...headers, 'content-type': 'text/plain' }, body: Buffer.from('not found\n') };
  if (type === undefined || basename(name) !== name) return missing;
  try {
    const body = await readFile(join(target, name));
    if (!zipped) return { status: 200, headers: { ...headers, 'content-type': type }, body };
    const coded = { ...headers, 'content-type': type, 'content-encoding': 'gzip' };
    return { status: 200, headers: coded, body: await promisify(gzip)(body) };
  } catch {
    return missing;
  }
}

if (relative(process.argv[1] ?? '', fileURLToPath(import.meta.url)) === '') {
  await buildPlayground();
  if (!process.argv.includes('--build')) {
    const at = process.argv.indexOf('--port');
    const { url } = await servePlayground(at < 0 ? DEFAULT_PORT : Number(process.argv[at + 1]));
    console.log(`The playground is at ${url} (Ctrl-C ends it)`);
  }
}
