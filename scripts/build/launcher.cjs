#!/usr/bin/env node
// The `magnolia` command (dist/cli.cjs). Loads the real thing, dist/magnolia.bundle, from V8's code cache, which saves a third of what
// starting costs; where the cache was made by another version of Node, V8 says so and compiles the text.
'use strict';
const { readFileSync } = require('node:fs');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

const file = `${__dirname}/magnolia.bundle`;

/** The cache, unless coverage is being measured: counting needs code that was compiled for it. */
function readCache() {
  if (process.env.NODE_V8_COVERAGE !== undefined) return undefined;
  try {
    return readFileSync(`${file}.cache`);
  } catch {
    return undefined; // not built, or left out of a package
  }
}

const script = new Script(readFileSync(file, 'latin1'), { filename: pathToFileURL(file).href, cachedData: readCache() });
script.runInThisContext()(require, __filename);
module.exports = script; // scripts/build/build-command.ts asks it for its cache
