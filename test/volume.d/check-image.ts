/** Images as qemu-img sees them. It is waited for without blocking: calls of other SRs are to be killed meanwhile. */
import { expect } from 'vitest'
import { tool } from '../support/servers/tool.ts'

/**
 * Fails where an image is damaged, and gives the name of the one it stands on.
 * @param driver QEMU's name of the format
 */
export async function checkImage(image: string, driver: string): Promise<string | undefined> {
  if (driver === 'qcow2') await tool('qemu-img', ['check', '-q', '-f', driver, image])
  const info = await tool('qemu-img', ['info', '--output=json', '-f', driver, image])
  const { 'backing-filename': backing, 'backing-filename-format': format } = JSON.parse(info)
  if (backing !== undefined) expect(format).toBe('qcow2')
  return backing
}
