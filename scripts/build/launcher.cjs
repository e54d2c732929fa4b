#!/usr/bin/env node
// The `magnolia` command (dist/cli.cjs). Loads what runs programs, dist/magnolia.cjs, and every file beside it that this asks for, from the
// code that V8 made of the file in an earlier run. That code, and what was compiled of programs (kept-programs.ts), is kept in dist/cache, in a
// folder for each build of the package and each version of V8, because another one cannot use it. Where the folder cannot be written, Node
// keeps the code of the package in its own place if it knows how to (from 22 on).
'use strict';
const {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { dirname, join } = require('node:path');

const { arch, env, execArgv, pid, versions } = process;
const cache = join(__dirname, 'cache', `BUILD-v8-${versions.v8}-${arch}`);
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
  if (cachedData === undefined || (script.cachedDataRejected && !hasFlags)) keepLater(file, () => script.createCachedData());
  return script.runInThisContext();
}

function keptCode(file) {
  try {
    return readFileSync(join(cache, file));
  } catch {
    return undefined;
  }
}

/** What is to be kept: functions that make the content of a file. */
const fresh = new Map();

/** Keeps something when the program has begun, or has ended before: what starting needs is in it. */
function keepLater(file, content) {
  if (!canKeep()) return;
  if (fresh.size === 0) {
    process.once('exit', keepAll);
    setImmediate(keepAll).unref();
  }
  fresh.set(file, content);
}

function keepAll() {
  process.off('exit', keepAll);
  for (const [file, content] of fresh) write(join(cache, file), content);
  fresh.clear();
}

/** What is kept of programs is for their user alone, and only of the last ones. */
const PROGRAMS = join(cache, 'programs');
const MOST_PROGRAMS = 200;

function write(path, content) {
  const isProgram = dirname(path) === PROGRAMS;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: isProgram ? 0o700 : 0o777 });
    writeFileSync(`${path}.${pid}`, content(), { mode: isProgram ? 0o600 : 0o666 });
    renameSync(`${path}.${pid}`, path);
    if (isProgram) removeOldest();
  } catch {
    // the disk is full, say: the next start tries again
  }
}

function removeOldest() {
  const names = readdirSync(PROGRAMS);
  if (names.length <= MOST_PROGRAMS) return;
  const times = new Map(names.map((name) => [name, statSync(join(PROGRAMS, name)).mtimeMs]));
  names.sort((a, b) => times.get(b) - times.get(a));
  for (const name of names.slice(MOST_PROGRAMS / 2)) rmSync(join(PROGRAMS, name), { force: true });
}

function canKeep() {
  try {
    accessSync(__dirname, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A program that runs on can report errors also after an update has replaced these files. */
const RUNS_ON_MS = 1000;
const LATER = 'magnolia-errors.cjs';

const isCounted = env.NODE_V8_COVERAGE !== undefined; // counting needs code that was compiled for it
if (!isCounted && (existsSync(cache) || canKeep())) {
  setTimeout(load, RUNS_ON_MS, LATER).unref();
  load('magnolia.cjs').main(hasFlags ? undefined : { read: keptCode, keep: keepLater });
} else {
  if (!isCounted) require('node:module').enableCompileCache?.();
  setTimeout(require, RUNS_ON_MS, join(__dirname, LATER)).unref();
  require(join(__dirname, 'magnolia.cjs')).main();
}
