#!/usr/bin/env node
// The `magnolia` command (dist/cli.cjs). Loads what runs programs, dist/magnolia.cjs, from the code that V8 made of it in an earlier run,
// which saves a third of what starting costs. That code is kept in dist/cache, in a file for each version of V8, because another one cannot
// use it. Where that folder cannot be written, Node keeps the code in its own place if it knows how to (from 22 on).
'use strict';
const { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');

const { arch, env, pid, versions } = process;
const bundle = `${__dirname}/magnolia.cjs`;
const cache = `${__dirname}/cache/v8-${versions.v8}-${arch}`;

/** The code that was kept; null if there is none. */
function keptCode() {
  try {
    return readFileSync(cache);
  } catch {
    return null;
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

/** Runs the bundle from code, or from its text, whose code is then kept when a program has begun: what starting needs is in it. */
function runFrom(code) {
  const { Script } = require('node:vm');
  const wrapped = `(function (require, __filename) {${readFileSync(bundle, 'latin1')}\n})`;
  // The name is in the code, so it is not a path.
  const script = new Script(wrapped, { filename: 'magnolia.cjs', ...(code === null ? {} : { cachedData: code }) });
  if (code === null) {
    let isKept = false;
    const keep = () => {
      if (!isKept) write(script.createCachedData());
      isKept = true;
    };
    process.once('exit', keep);
    setImmediate(keep).unref();
  }
  script.runInThisContext()(require, __filename);
}

function write(code) {
  try {
    mkdirSync(`${__dirname}/cache`, { recursive: true });
    writeFileSync(`${cache}.${pid}`, code);
    renameSync(`${cache}.${pid}`, cache);
  } catch {
    // the disk is full, say: the next start tries again
  }
}

const isCounted = env.NODE_V8_COVERAGE !== undefined; // counting needs code that was compiled for it
const code = isCounted ? null : keptCode();
if (code !== null || (!isCounted && canKeep())) {
  runFrom(code);
} else {
  if (!isCounted) require('node:module').enableCompileCache?.();
  require(bundle);
}
