/** The engines of HTTP, that of Node and that of browsers, as embedded programs have them on Node's network. */
import { createRequire } from 'node:module';
import { httpFamily } from '../../builtins/http/builtins.ts';
import { withFiles } from '../../builtins/sockets/certificate-files.ts';
import { Runtime } from '../../embedding/runtime.ts';
import { connectionEngine } from '../../runtime-js/http/connections/engine.ts';
import { Llhttp } from '../../runtime-js/http/connections/parser.ts';
import { createRuntime, type RuntimeOptions } from '../../runtime-native/index.ts';
import { nodePlatform } from '../../runtime-native/platform.ts';

const wasm = createRequire(__filename)('undici/lib/llhttp/llhttp-wasm.js') as Buffer<ArrayBuffer>; // it has no types
const { system } = nodePlatform;
/** Node's networks, with the engine of browsers. */
const browserEngine = {
  ...nodePlatform,
  system: { ...system, http: (network: Parameters<typeof httpFamily>[0]) => httpFamily(network, load, withFiles) },
};

async function load(): Promise<ReturnType<typeof connectionEngine>> {
  return connectionEngine(await Llhttp.load(wasm));
}

type Make = (options?: RuntimeOptions) => Runtime;

export const ENGINES: readonly (readonly [name: string, make: Make])[] = [
  ['Node', createRuntime],
  ['browsers', (options = {}) => new Runtime(options, browserEngine)],
];

const closers: (() => void)[] = [];

/** Closes something with the test. */
export function later(close: () => void): void {
  closers.push(close);
}

/** For `afterEach`. */
export function closeAll(): void {
  for (const close of closers.splice(0)) close();
}

/** A program that keeps running: the port of its `server`. */
export async function serving(make: Make, program: string, options: RuntimeOptions = {}): Promise<number> {
  let told = (_port: number): void => {};
  const port = new Promise<number>((done) => {
    told = done;
  });
  const runtime = make({ network: 'system', output: () => {}, onProblem: () => {}, builtins: { told }, ...options });
  later(() => runtime.stop());
  runtime.run(`${program}\ntold(int(import('str').split(server.local, ':').1))`).catch(() => {});
  return await port;
}
