/**
 * `npm run playground [-- --port N] [-- --build]`: the playground becomes dist/playground, which any web server can serve, and is
 * served on the loopback interface; `--build` only builds.
 *
 * The page may load scripts and styles of its own origin and nothing else, wherever it is served: its policy is in the page
 * itself. The worker alone may use `eval`, by which Magnolia programs are started; that is said in the header of its own
 * response. A server that sends no policy for worker.js allows it, too.
 */
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type BuildOptions, build as bundle } from 'esbuild';
import { browserLibraryFiles, libraryApart } from './build/browser-library.ts';
import { buildIfStale } from './build/build.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'runtime-js/playground');
const target = join(root, 'dist/playground');
const DEFAULT_PORT = 8377;

const locked = "default-src 'none'; base-uri 'none'; form-action 'none'";
const pagePolicy = `${locked}; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'`;
const workerPolicy = `${locked}; script-src 'self' 'unsafe-eval'`;

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
    loader: { '.oak': 'text' },
  } satisfies BuildOptions;
  await Promise.all([
    bundle({ ...common, entryPoints: [join(source, 'page.ts')] }),
    bundle({
      ...common,
      entryPoints: [join(source, 'worker.ts')],
      plugins: [libraryApart],
      splitting: true, // what is loaded when it is used becomes a part
      chunkNames: 'magnolia-[name]-[hash]',
    }),
    ...browserLibraryFiles(join(root, 'lib')).map((name) => copyFile(join(root, 'dist', name), join(fresh, name))),
    copyFile(join(source, 'style.css'), join(fresh, 'style.css')),
    copyFile(join(source, 'icon.svg'), join(fresh, 'icon.svg')),
    readFile(join(source, 'index.html'), 'utf8').then((page) =>
      writeFile(join(fresh, 'index.html'), page.replace('%CSP%', pagePolicy)),
    ),
  ]);
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
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

/** The folder is flat: a path is `/` and a name. */
async function answer(url: string, zipped: boolean): Promise<Answer> {
  const path = url.replace(/[?#].*/, '');
  const name = path === '/' ? 'index.html' : path.slice(1);
  const type = types[extname(name)];
  const headers = {
    'cache-control': 'no-cache',
    'content-security-policy': `${name === 'worker.js' ? workerPolicy : pagePolicy}; frame-ancestors 'none'`,
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
