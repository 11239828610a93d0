#!/usr/bin/env node
/*
 * The executable. What it does is in command.js beside it, which the build compiled (see src/build/code-cache.ts): to
 * compile it anew would take a tenth of what a call takes. Where another version of Node.js runs it than built it, V8
 * refuses the cache and compiles.
 */
'use strict'
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')

const filename = `${__dirname}/command.js`
const parameters = { require, importModule: (path) => import(path), __filename: filename, __dirname }
const command = new Script(`(function (${Object.keys(parameters)}) {${readFileSync(filename, 'utf8')}\n})`, {
  filename,
  cachedData: readCache(`${__dirname}/command.cache`),
})
command.runInThisContext()(...Object.values(parameters))

function readCache(path) {
  try {
    return readFileSync(path)
  } catch {
    // Without it everything works, only later.
    return undefined
  }
}
