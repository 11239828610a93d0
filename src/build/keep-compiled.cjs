/*
 * Preloaded into the executable by code-cache.ts: when it ends, what V8 compiled of its script is written to the file
 * that CODE_CACHE names.
 */
'use strict'
const { writeFileSync } = require('node:fs')
const vm = require('node:vm')

vm.Script = class extends vm.Script {
  constructor(...parameters) {
    super(...parameters)
    process.once('exit', () => writeFileSync(process.env.CODE_CACHE, this.createCachedData()))
  }
}
