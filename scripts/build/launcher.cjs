#!/usr/bin/env node
// The `magnolia` command (dist/cli.cjs). Loads what runs programs, dist/magnolia.cjs, and every file beside it that this asks for, from the
// code that V8 made of the file in an earlier run, which saves a third of what starting costs. That code is kept in dist/cache, in a folder
// for each version of V8, because another one cannot use it. Where the folder cannot be written, Node keeps the code in its own place if it
// knows how to (from 22 on).
'use strict';
const { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const { arch, env, execArgv, pid, versions } = process;
const cache = join(__dirname, 'cache', `v8-${versions.v8}-${arch}`);
/** V8 rejects code that was made with other flags. Such a run must not replace the code of all others. */
const hasFlags = execArgv.length > 0 || env.NODE_OPTIONS !== undefined;

/** The modules that were loaded, by the path of their file below this folder. */
const modules = new Map();

/** Loads a file of this folder as a CommonJS module. */
function load(file) {
  const known = modules.get(file);
  if (known !== undefined) return known.exports;

  const module = { exports: {} };
  modules.set(file, module);
  const path = join(__dirname, file);
  const folder = dirname(file);
  const requireFrom = (name) => (name.startsWith('./') ? load(join(folder, name)) : require(name));
  compiled(file, path)(requireFrom, module, module.exports, path, dirname(path));
  return module.exports;
}

/** The function that a file is the body of. */
function compiled(file, path) {
  const { Script } = require('node:vm');
  const text = `(function (require, module, exports, __filename, __dirname) {${readFileSync(path, 'utf8')}\n})`;
  const cachedData = keptCode(file);
  const script = new Script(text, { filename: file, cachedData }); // the name is in the code, so it is not a path
  if (cachedData === undefined || (script.cachedDataRejected && !hasFlags)) keepLater(script, file);
  return script.runInThisContext();
}

function keptCode(file) {
  try {
    return readFileSync(join(cache, file));
  } catch {
    return undefined;
  }
}

/** Scripts whose code is to be kept, by file. */
const fresh = new Map();

/** Keeps the code when the program has begun, or has ended before: what starting needs is in it. */
function keepLater(script, file) {
  if (!canKeep()) return;
  if (fresh.size === 0) {
    process.once('exit', keepAll);
    setImmediate(keepAll).unref();
  }
  fresh.set(file, script);
}

function keepAll() {
  process.off('exit', keepAll);
  for (const [file, script] of fresh) write(join(cache, file), script.createCachedData());
  fresh.clear();
}

function write(path, code) {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${pid}`, code);
    renameSync(`${path}.${pid}`, path);
  } catch {
    // the disk is full, say: the next start tries again
  }
}

function canKeep() {
  try {
    accessSync(__dirname, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const isCounted = env.NODE_V8_COVERAGE !== undefined; // counting needs code that was compiled for it
if (!isCounted && (existsSync(cache) || canKeep())) {
  load('magnolia.cjs');
} else {
  if (!isCounted) require('node:module').enableCompileCache?.();
  require(join(__dirname, 'magnolia.cjs'));
}
