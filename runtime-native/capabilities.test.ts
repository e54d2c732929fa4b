/** A program reaches nothing of the host but through what its runtime was granted. */
import childProcess from 'node:child_process';
import dns from 'node:dns';
import fs from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Registry } from '../builtins/registry.ts';
import type { RuntimeOptions } from '../embedding/options.ts';
import { createRuntime, memoryNetwork } from './index.ts';

const HOST: { readonly [name: string]: object } = { childProcess, dns, fs, net, tls, promises: fs.promises };
/** These end a program, or wait for somebody. */
const LEFT_OUT = new Set(['exit', 'wait', 'chan_recv', 'chan_send', 'chan_select']);
const FILE = "'/etc/passwd'";
const OPTIONS = `{tls: true, server: true, certFile: ${FILE}, keyFile: ${FILE}, caFile: ${FILE}, clientAuth: :require, timeout: 1, unix: ${FILE}}`;
const ARGUMENTS = [
  '',
  FILE,
  `${FILE}, ${FILE}`,
  `${FILE}, :readonly`,
  `${FILE}, :truncate, 438`,
  '3, 0, 10',
  "'sh', ['-c', 'id'], ''",
  `'127.0.0.1:1', ${OPTIONS}`,
  `'127.0.0.1:1', {tls: true, caFile: ${FILE}}`,
  `'localhost:1', fn(e) ?, ${OPTIONS}`,
  "'unix:/tmp/none.sock'",
  "'unix:/tmp/none.sock', fn(e) ?",
  `'wss://localhost:1/', ?, ${OPTIONS}`,
  `{url: 'https://localhost:1/', caFile: ${FILE}}`,
  `{names: ['localhost'], file: ${FILE}}`,
  `'localhost', 'A', {server: '127.0.0.1'}`,
  `:term, fn() ?`,
];

let reached: string[] = [];
afterEach(() => {
  jest.restoreAllMocks();
  reached = [];
});

/** From now on every function of the host throws. */
function closeHost(): void {
  for (const [module, functions] of Object.entries(HOST)) {
    for (const [name, value] of Object.entries(functions)) {
      if (typeof value !== 'function' || /^[A-Z]|^is|^_/.test(name)) continue;
      const { writable, configurable } = Object.getOwnPropertyDescriptor(functions, name) ?? {};
      if (writable !== true || configurable !== true) continue;
      jest.spyOn(functions as { [name: string]: () => unknown }, name).mockImplementation(() => {
        reached.push(`${module}.${name}`);
        throw new Error(`${module}.${name} was reached`);
      });
    }
  }
}

function names(options: RuntimeOptions): string[] {
  let registry = new Registry();
  createRuntime({ ...options, registry: (known) => void (registry = known) });
  return registry
    .all()
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('__') && !LEFT_OUT.has(name));
}

/** Calls all builtins with all arguments; returns what was thrown that is not the program's mistake. */
async function callAll(builtins: readonly string[], options: RuntimeOptions): Promise<string[]> {
  const errors: string[] = [];
  for (const name of builtins) {
    const runtime = createRuntime({ ...options, output() {}, onProblem() {}, limits: { timeMs: 2000 } });
    for (const args of ARGUMENTS) {
      await runtime.evaluate(`${name}(${args})\n?`).catch((error: Error) => {
        if (error.name !== 'MagnoliaError') errors.push(`${name}(${args}): ${error.message}`);
      });
    }
    runtime.stop();
  }
  return errors;
}

describe('a program reaches nothing of the host', () => {
  const worlds: { readonly [what: string]: RuntimeOptions } = {
    'without grants': {},
    'with files and a network in memory': { files: { '/file': 'x' }, network: memoryNetwork() },
  };
  for (const [what, options] of Object.entries(worlds)) {
    it(what, async () => {
      const builtins = names(options);
      expect(builtins).toEqual(expect.arrayContaining(['open', 'exec', 'socket_connect', 'req']));
      await callAll(builtins, options); // what Node and we load when it is used is loaded now
      closeHost();
      const errors = await callAll(builtins, options);
      jest.restoreAllMocks();
      expect(errors).toEqual([]);
      expect([...new Set(reached)]).toEqual([]);
    }, 60_000);
  }
});
