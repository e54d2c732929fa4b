/** Bundlers: each builds a program that embeds Magnolia, the output is moved away, and what it then does must be right. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import {
  type Case,
  expectOutput,
  moveAway,
  mustRun,
  PAGE,
  PAGE_PRINTS,
  type Place,
  root,
  SERVER,
  SERVER_PRINTS,
  save,
} from './kit.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const PAGE_LIMIT_MS = 60_000;

/** Builds a server by a command in its folder, into `out/`, and runs a file of that elsewhere. */
function server(
  name: string,
  packages: Case['packages'],
  files: { readonly [name: string]: string },
  commands: (at: Place) => string[][],
  file: string,
): Case {
  return {
    name,
    packages,
    async run(at) {
      await save(at.folder, { 'server.js': SERVER, ...files });
      for (const command of commands(at)) await mustRun(command, at.folder);
      await moveAway(join(at.folder, 'out'), join(at.elsewhere, 'out'));
      const path = join(at.elsewhere, 'out', file);
      expectOutput(await mustRun(file.includes('.') ? [process.execPath, path] : [path], at.elsewhere), SERVER_PRINTS);
    },
  };
}

const ESBUILD = join(root, 'node_modules/.bin/esbuild');
const esbuild = (format: string, ...flags: string[]): Case => ({
  ...server(
    `esbuild, ${format}`,
    {},
    {},
    () => [[ESBUILD, 'server.js', '--bundle', '--platform=node', `--format=${format}`, ...flags]],
    `server.${format === 'esm' ? 'mjs' : 'cjs'}`,
  ),
  short: true,
});

const ROLLUP = `import resolve from '@rollup/plugin-node-resolve';
import commonjs from '@rollup/plugin-commonjs';
export default { input: 'server.js', output: { dir: 'out', format: 'es' }, plugins: [resolve({ exportConditions: ['node'] }), commonjs()] };
`;
const WEBPACK = `export default { mode: 'production', optimization: { minimize: false }, target: 'node20', entry: './server.js', output: { path: import.meta.dirname + '/out', filename: 'server.cjs' } };`;
const RUN_WEBPACK = `import webpack from 'webpack';
import config from './webpack.config.js';
webpack(config, (error, stats) => { if (error || stats.hasErrors()) { console.error(error ?? stats.toString()); process.exit(1); } });`;

const INDEX = '<!doctype html><title>waiting</title><script type="module" src="./page.js"></script>';
const SHOW = "import { done } from './program.js';\ndone.then((text) => { document.title = text; });\n";
const SHOW_WORKER = `const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }) => { document.title = data; };
worker.onerror = ({ message }) => { document.title = message; };\n`;
const WORKER = "import { done } from './program.js';\ndone.then((text) => postMessage(text));\n";

/** What a page is made of: the program in the page itself, or in a worker. */
function pageFiles(kind: 'page' | 'worker'): { readonly [name: string]: string } {
  return { 'index.html': INDEX, 'program.js': PAGE, 'page.js': kind === 'page' ? SHOW : SHOW_WORKER, 'worker.js': WORKER };
}

/** Opens a page in Chromium and waits for its title. */
async function expectTitle(url: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(url);
    await page.waitForFunction("document.title !== 'waiting'", undefined, { timeout: PAGE_LIMIT_MS }).catch(() => undefined);
    const title = (await page.title()).trim();
    if (title !== PAGE_PRINTS.trim()) throw new Error(`The page says ${title}\n${problems.join('\n')}`);
  } finally {
    await browser.close();
  }
}

const TYPES: { readonly [extension: string]: string } = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Serves a folder while something is done with its address. */
async function served(folder: string, use: (url: string) => Promise<void>): Promise<void> {
  const files = createServer((request, response) => {
    const path = join(folder, new URL(request.url ?? '/', 'http://localhost').pathname.replace(/\/$/, '/index.html'));
    readFile(path).then(
      (bytes) => response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((done) => files.listen(0, '127.0.0.1', done));
  await use(`http://127.0.0.1:${(files.address() as AddressInfo).port}/`); // it listens on TCP
  files.close();
  files.closeAllConnections();
}

/** Starts a server of a tool, which prints its address, while something is done with that. */
async function serving(
  command: readonly string[],
  cwd: string,
  address: RegExp,
  use: (url: string) => Promise<void>,
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { cwd, env: { ...process.env, NO_COLOR: '1', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  try {
    const url = await new Promise<string>((done, fail) => {
      const read = (bytes: Buffer): void => {
        printed += bytes;
        const [found] = address.exec(printed) ?? [];
        if (found !== undefined) done(found);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.on('error', fail).on('close', () => fail(new Error(`It has ended: ${printed.slice(0, 4000)}`)));
    });
    await use(url);
  } finally {
    child.kill();
  }
}

function vite(version: string): Case[] {
  const name = `vite ${version.split('.')[0]}`;
  const packages = { vite: version };
  const built = (kind: 'page' | 'worker'): Case => ({
    name: `${name}, ${kind}`,
    packages,
    async run(at) {
      await save(at.folder, { ...pageFiles(kind), 'vite.config.js': "export default { worker: { format: 'es' } };" });
      await mustRun([at.bin('vite'), 'build', '--outDir', 'out', '--logLevel', 'warn'], at.folder);
      await moveAway(join(at.folder, 'out'), join(at.elsewhere, 'out'));
      await served(join(at.elsewhere, 'out'), expectTitle);
    },
  });
  return [
    server(
      `${name}, server`,
      packages,
      { 'vite.config.js': 'export default { ssr: { noExternal: true } };' },
      (at) => [[at.bin('vite'), 'build', '--ssr', 'server.js', '--outDir', 'out', '--logLevel', 'warn']],
      'server.js',
    ),
    built('page'),
    built('worker'),
    ...(['page', 'worker'] as const).map(
      (kind): Case => ({
        name: `${name}, development, ${kind}`,
        packages,
        async run(at) {
          await save(at.folder, pageFiles(kind));
          await serving(
            [at.bin('vite'), '--host', '127.0.0.1', '--port', '0'],
            at.folder,
            /http:\/\/127\.0\.0\.1:\d+\//,
            expectTitle,
          );
        },
      }),
    ),
  ];
}

const NEXT_ROUTE = `import { createRuntime } from 'magnolia-socket';
export const dynamic = 'force-dynamic';
export async function GET() {
  let text = '';
  await createRuntime({ network: 'system', output: (more) => { text += more; } }).run(\`std := import('std')
std.println(import('json').serialize([1, 2]), req({ url: 'http://127.0.0.1:1/' }).type, import('socket').selfSigned(['localhost']).type)\`);
  return new Response(text);
}
`;

const next: Case = {
  name: 'next, standalone',
  packages: { next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1' },
  async run(at) {
    await save(at.folder, {
      'app/layout.js': 'export default function Layout({ children }) { return <html><body>{children}</body></html>; }\n',
      'app/page.js': 'export default function Page() { return <p>page</p>; }\n',
      'app/run/route.js': NEXT_ROUTE,
      'next.config.mjs':
        "export default { output: 'standalone', outputFileTracingRoot: import.meta.dirname + '/..', turbopack: { root: import.meta.dirname + '/..' } };\n",
    });
    const quiet = { NEXT_TELEMETRY_DISABLED: '1' };
    await mustRun([at.bin('next'), 'build'], at.folder, quiet);
    await moveAway(join(at.folder, '.next/standalone'), join(at.elsewhere, 'out'));
    const folder = join(at.elsewhere, 'out', at.folder.split('/').at(-1) ?? '');
    const port = { PORT: '0', HOSTNAME: '127.0.0.1', ...quiet };
    await serving(
      [process.execPath, 'server.js'],
      existsSync(folder) ? folder : join(at.elsewhere, 'out'),
      /http:\/\/127\.0\.0\.1:\d+/,
      async (url) => {
        const text = await (await fetch(`${url}/run`)).text();
        if (text !== '[1,2] error ok\n') throw new Error(`It answers ${text.slice(0, 1000)}`);
      },
      port,
    );
  },
};

export const bundlers: readonly Case[] = [
  esbuild('esm', '--outfile=out/server.mjs'),
  esbuild('cjs', '--outfile=out/server.cjs'),
  server(
    'rollup',
    { rollup: '4.68.8', '@rollup/plugin-node-resolve': '16.0.3', '@rollup/plugin-commonjs': '29.0.3' },
    { 'rollup.config.js': ROLLUP },
    (at) => [[at.bin('rollup'), '-c', '--silent']],
    'server.js',
  ),
  server(
    'webpack 5',
    { webpack: '5.113.0' },
    { 'webpack.config.js': WEBPACK, 'build.js': RUN_WEBPACK },
    () => [[process.execPath, 'build.js']],
    'server.cjs',
  ),
  ...vite('7.3.8'),
  ...vite('8.4.0'),
  {
    name: 'parcel, page',
    packages: { parcel: '2.16.4' },
    async run(at) {
      await save(at.folder, pageFiles('page'));
      await mustRun(
        [at.bin('parcel'), 'build', 'index.html', '--dist-dir', 'out', '--no-cache', '--log-level', 'warn'],
        at.folder,
      );
      await moveAway(join(at.folder, 'out'), join(at.elsewhere, 'out'));
      await served(join(at.elsewhere, 'out'), expectTitle);
    },
  },
  server(
    'bun build',
    { bun: '1.4.5' },
    {},
    (at) => [[at.bin('bun'), 'build', '--target=node', 'server.js', '--outfile', 'out/server.mjs']],
    'server.mjs',
  ),
  server(
    'bun build --compile',
    { bun: '1.4.5' },
    {},
    (at) => [[at.bin('bun'), 'build', '--compile', 'server.js', '--outfile', 'out/server']],
    'server',
  ),
  next,
];
