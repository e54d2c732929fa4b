/**
 * A worker of Node that runs Magnolia programs with the bundle for browsers (`npm run spec -- --runtime js`): it is posted jobs,
 * and answers each with what the program did.
 *
 * What Node has and browsers have not is taken away before the bundle is loaded.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { runProgram } from './spec-program.mjs';

for (const name of ['process', 'Buffer', 'global', 'setImmediate', 'clearImmediate', 'navigator']) delete globalThis[name];
const bundle = await import(new URL('../../dist/browser.js', import.meta.url).href);

parentPort.on('message', async (job) => parentPort.postMessage(await runProgram(bundle, workerData, job)));
