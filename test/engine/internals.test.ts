import { expect, test } from 'vitest'
import { processBindings } from '../../src/engine/child-bindings.ts'
import { internals } from '../../src/engine/internals.ts'
import { socketBindings } from '../../src/engine/socket-bindings.ts'

test.each([
  ['20.19.0', true],
  ['22.23.3', true],
  // Its Process.spawn demands other arguments, and ends the process where it does not get them.
  ['24.21.0', false],
  ['200.0.0', false],
])('what Node.js %s is made of is used: %s', (version, used) => {
  expect(internals(version) !== undefined).toBe(used)
})

test('this Node.js gives out what is used, if it is used at all', () => {
  const isUsed = internals() !== undefined
  expect([socketBindings() !== undefined, processBindings() !== undefined]).toEqual([isUsed, isUsed])
})
