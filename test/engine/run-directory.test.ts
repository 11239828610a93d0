import { expect, test } from 'vitest'
import { SocketPathError, socketPath } from '../../src/engine/run-directory.ts'

test('a path that a socket can have is taken, and a longer one refused with its length in bytes', () => {
  expect(socketPath(`/${'a'.repeat(106)}`)).toHaveLength(107)
  expect(() => socketPath(`/${'a'.repeat(107)}`)).toThrow(SocketPathError)
  expect(() => socketPath(`/${'é'.repeat(60)}`)).toThrow(/121 bytes.*107.*SMAPIV3_RUN_DIR/)
})
