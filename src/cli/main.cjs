#!/usr/bin/env node
/*
 * The executable. What it does is in command.js beside it, and in program.js, which that loads for all but calls. The build
 * compiled them (see src/build/code-cache.ts): to compile them anew would take a tenth of what a call takes, and most of
 * what another command takes. Where another version of Node.js runs them than built them, V8 refuses the caches and compiles.
 */
'use strict'
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')

run('command')

/** Runs a script, and gives what it exports. */
function run(name) {
  const filename = `${__dirname}/${name}.js`
  const module = { exports: {} }
  const parameters = { require, importModule, module, __filename: filename, __dirname }
  const script = new Script(`(function (${Object.keys(parameters)}) {${readFileSync(filename, 'utf8')}\n})`, {
    filename,
    cachedData: readCache(`${__dirname}/${name}.cache`),
  })
  script.runInThisContext()(...Object.values(parameters))
  return module.exports
}

async function importModule(path) {
  return path === './program.js' ? run('program') : import(path)
}

function readCache(path) {
  try {
    return readFileSync(path)
  } catch {
    // Without it everything works, only later.
    return undefined
  }
}
