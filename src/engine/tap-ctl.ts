/**
 * tapdisk, which serves VHD images to guests on hosts that have blktap, by its command line `tap-ctl`. A tapdisk is
 * started with a block device of its own, a *minor*, and an image is opened in it and closed again.
 */
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { sendSignal } from './qsd/daemon-process.ts'
import { runTool, ToolError, toolEnvironment } from './tool.ts'

/** What every block device of tapdisk is called, followed by its minor. */
const DEVICE = '/dev/xen/blktap-2/tapdev'

/** A tapdisk with its block device. */
export interface Tapdisk {
  /** Undefined where the process has died. */
  readonly pid?: number
  readonly minor: number
  /** The image that is open, such as `vhd:/path`. */
  readonly image?: string
}

/** Whether blktap is installed. */
export function hasTapCtl(): boolean {
  return toolEnvironment()
    .PATH.split(':')
    .some((directory) => {
      try {
        accessSync(join(directory, 'tap-ctl'), constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** The path of a tapdisk's block device. */
export function tapDevice({ minor }: Pick<Tapdisk, 'minor'>): string {
  return `${DEVICE}${minor}`
}

/** Whether a path is that of a tapdisk's block device. */
export function isTapDevice(path: string): boolean {
  return path.startsWith(DEVICE)
}

/** How an open image is called. */
export function vhdImage(path: string): string {
  return `vhd:${path}`
}

/** Every tapdisk of the host, and every block device that has lost its own. */
export function tapdisks(): readonly Tapdisk[] {
  return runTool('tap-ctl', ['list']).split('\n').flatMap(parseLine)
}

/**
 * Starts a tapdisk that has no image yet.
 * @throws PluginError (MissingDependency), ToolError
 */
export function createTapdisk(): Tapdisk & { readonly pid: number } {
  const pid = Number(runTool('tap-ctl', ['spawn']))
  try {
    const minor = Number(runTool('tap-ctl', ['allocate']).trim().replace(DEVICE, ''))
    try {
      runTool('tap-ctl', ['attach', ...ofTapdisk({ pid, minor })])
      return { pid, minor }
    } catch (error) {
      runTool('tap-ctl', ['free', '-m', String(minor)])
      throw error
    }
  } catch (error) {
    sendSignal(pid, 'SIGTERM')
    throw error
  }
}

/** Opens a VHD image in a tapdisk that has none. */
export function openVhd(tapdisk: Tapdisk, path: string, readOnly: boolean): void {
  runTool('tap-ctl', ['open', ...ofTapdisk(tapdisk), '-a', vhdImage(path), ...(readOnly ? ['-R'] : [])])
}

/** Closes the image of a tapdisk, with all that was written to it. */
export function closeVhd(tapdisk: Tapdisk): void {
  runTool('tap-ctl', ['close', ...ofTapdisk(tapdisk)])
}

/** Ends a tapdisk whose image is closed, or has died, and frees its block device. */
export function destroyTapdisk(tapdisk: Tapdisk): void {
  if (tapdisk.pid !== undefined) runTool('tap-ctl', ['detach', ...ofTapdisk(tapdisk)])
  try {
    runTool('tap-ctl', ['free', '-m', String(tapdisk.minor)])
  } catch (error) {
    // Some versions free it together with its tapdisk.
    if (!(error instanceof ToolError) || tapdisks().some(({ minor }) => minor === tapdisk.minor)) throw error
  }
}

function ofTapdisk({ pid, minor }: Tapdisk): readonly string[] {
  return ['-p', String(pid), '-m', String(minor)]
}

/** `pid=1234 minor=0 state=0 args=vhd:/path`, each part only where there is one. */
function parseLine(line: string): readonly Tapdisk[] {
  const [, image] = / args=(.*)$/.exec(line) ?? []
  const number = (name: string): number | undefined => {
    const [, digits] = new RegExp(`(?:^| )${name}=(\\d+)`).exec(line.replace(/ args=.*$/, '')) ?? []
    return digits === undefined ? undefined : Number(digits)
  }
  const [pid, minor] = [number('pid'), number('minor')]
  if (minor === undefined) return []
  return [{ minor, ...(pid === undefined ? {} : { pid }), ...(image === undefined ? {} : { image }) }]
}
