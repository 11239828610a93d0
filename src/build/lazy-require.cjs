/*
 * What the modules of a bundled plugin use as require() (see plugin.ts): modules of Node.js that take milliseconds to load,
 * and that not every call uses, are loaded when something of them is used.
 */
'use strict'
module.exports = (load) => {
  const COSTLY = [
    'node:async_hooks',
    'node:child_process',
    'node:crypto',
    'node:net',
    'node:os',
    'node:timers/promises',
  ]
  const lazily = (name) =>
    new Proxy(Object.create(null), {
      get: (_, member) => load(name)[member],
      ownKeys: () => Object.keys(load(name)),
      getOwnPropertyDescriptor: (_, member) => ({ value: load(name)[member], enumerable: true, configurable: true }),
    })
  return (name) => (COSTLY.includes(name) ? lazily(name) : load(name))
}
