/** What the kernel can do for LVM. Without device-mapper there are volumes all the same, but no devices of theirs. */
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { PluginError } from '../../kit/index.ts'
import { errnoOf } from '../storage-error.ts'
import { runTool, ToolError } from '../tool.ts'

/** Where device-mapper is asked to do something; that it can be opened means that it is there. */
const CONTROL = '/dev/mapper/control'

let known: boolean | undefined

/** Whether the kernel has device-mapper, which makes a device of each logical volume. */
export function hasDeviceMapper(): boolean {
  known ??= canOpenControl()
  return known
}

/** Whether the kernel has thin pools. */
export function hasThinPools(): boolean {
  if (!hasDeviceMapper()) return false
  if (existsSync('/sys/module/dm_thin_pool')) return true
  try {
    runTool('modprobe', ['--dry-run', '--quiet', 'dm-thin-pool'])
    return true
  } catch (error) {
    if (error instanceof ToolError || error instanceof PluginError) return false
    throw error
  }
}

function canOpenControl(): boolean {
  try {
    closeSync(openSync(CONTROL, 'r+'))
    return true
  } catch (error) {
    // Who is not root may ask what a plugin can do.
    if (['EACCES', 'EPERM'].includes(errnoOf(error) ?? ''))
      return / device-mapper$/m.test(readFileSync('/proc/misc', 'utf8'))
    return false
  }
}
