/*
 * Preloaded by first-run.ts into the first run of a plugin: V8 compiles all functions of it, not only those that are called,
 * and the file that CODE_CACHE names gets what it made of them.
 */
'use strict'
const { writeFileSync } = require('node:fs')
const { setFlagsFromString } = require('node:v8')
const vm = require('node:vm')

vm.Script = class extends vm.Script {
  constructor(...parameters) {
    setFlagsFromString('--no-lazy')
    super(...parameters)
    // A cache is refused where the flags are others than when it was written.
    setFlagsFromString('--lazy')
    writeFileSync(process.env.CODE_CACHE, this.createCachedData())
  }
}
