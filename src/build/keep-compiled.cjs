/*
 * Preloaded into the executable by code-cache.ts: when it ends, what V8 compiled of one of its scripts, the one that CODE_NAME
 * names, is written to the file that CODE_CACHE names.
 */
'use strict'
const { writeFileSync } = require('node:fs')
const { basename } = require('node:path')
const vm = require('node:vm')

vm.Script = class extends vm.Script {
  constructor(...parameters) {
    super(...parameters)
    if (basename(parameters[1].filename) !== process.env.CODE_NAME) return
    process.once('exit', () => writeFileSync(process.env.CODE_CACHE, this.createCachedData()))
  }
}
