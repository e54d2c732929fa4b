#!/usr/bin/env node
// The `magnolia` command (dist/cli.cjs). Loads what runs programs, dist/magnolia.bundle, from the code that V8 made of it in an earlier
// run, which saves a third of what starting costs. That code is kept in dist/cache, in a file for each version of V8, because another one
// cannot use it. The build makes the first; the first run with another Node adds its own where the folder can be written.
'use strict';
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const { arch, env, pid, versions } = process;
const isCounted = env.NODE_V8_COVERAGE !== undefined; // counting needs code that was compiled for it, and the path
const cache = `${__dirname}/cache/v8-${versions.v8}-${arch}`;

/** The code; undefined if there is none yet. */
function readCode() {
  try {
    return readFileSync(cache);
  } catch (error) {
    if (error.code === 'ENOENT') keepCode();
    return undefined;
  }
}

/** Keeps the code when a program has begun, so that what starting needs is in it. */
function keepCode() {
  let isKept = false;
  const keep = () => {
    if (isKept) return;
    isKept = true;
    try {
      mkdirSync(`${__dirname}/cache`, { recursive: true });
      writeFileSync(`${cache}.${pid}`, script.createCachedData());
      renameSync(`${cache}.${pid}`, cache);
    } catch {
      // the folder belongs to somebody else
    }
  };
  process.once('exit', keep);
  setImmediate(keep).unref();
}

const file = `${__dirname}/magnolia.bundle`;
const text = readFileSync(file, 'latin1');
const script = isCounted
  ? new Script(text, { filename: require('node:url').pathToFileURL(file).href })
  : new Script(text, { filename: 'magnolia.bundle', cachedData: readCode() }); // the name is in the code, which holds no path so
script.runInThisContext()(require, __filename);
