import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { lacks } from '../support/needs.ts'

const HELPER = 'volume.d/org.xen.xapi.storage.rbd/cluster'

describe.skipIf(lacks('python3-rbd'))('the helper that is connected to the cluster', () => {
  test('ends in silence where the plugin was killed before it had its answer', async () => {
    // As the plugin does: without -B its bytecode, written beside it, would come and go while other tests copy the directory.
    const helper = spawn('/usr/bin/python3', ['-I', '-B', HELPER], { stdio: ['pipe', 'pipe', 'pipe'] })
    const ended = once(helper, 'close')
    helper.stdout.destroy()
    helper.stdin.end('["versions", {}]\n')
    expect(await text(helper.stderr)).toBe('')
    expect((await ended)[0]).toBe(0)
  })
})
