/*
 * Runs a built plugin. The build puts this text into the first lines of plugin.cjs (see plugin.ts), whose shell hands it to
 * `node -e` with the path and the arguments of the script. Every call is a process: V8 need not compile what the build
 * compiled (see compile-eagerly.cjs).
 */
'use strict'
{
  const { readFileSync, realpathSync } = require('node:fs')
  const { dirname, resolve } = require('node:path')
  const { Script } = require('node:vm')

  /** What V8 made of exactly this text. */
  const compiled = (path, text) => {
    try {
      const cache = readFileSync(path)
      const end = cache.length - text.length
      return cache.subarray(end).equals(text) ? cache.subarray(0, end) : undefined
    } catch {
      // Without it, as where another version of V8 refuses it, everything works, only later.
      return undefined
    }
  }

  // What `ps` shows: the command line as it would be without the launcher.
  process.title = ['node', ...process.argv.slice(1)].join(' ')
  process.argv[1] = resolve(process.argv[1])
  const path = realpathSync.native(process.argv[1])
  const text = readFileSync(path)
  const cachedData = compiled(`${dirname(path)}/plugin.cache`, text)

  // V8 calls a script from a cache by the name that it was compiled by, which cannot be the path of every copy.
  const filename = 'plugin.cjs'
  const located = (frame) =>
    frame.getFileName() === filename ? String(frame).replace(filename, () => path) : String(frame)
  Error.prepareStackTrace = (error, frames) => [error, ...frames.map(located)].join('\n    at ')

  new Script(text.toString(), { filename, cachedData }).runInThisContext()
}
