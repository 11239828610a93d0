/** What the host needs of the machine. */
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { asSmapiv3Error } from '../../contract/errors.ts'
import { loadSettings } from '../../host/settings.ts'
import type { Finding } from './finding.ts'

/** As in package.json. */
const NODE = { major: 20, minor: 19 }

/** Directories of tools that the search path of a user often leaves out. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']

/** Tools that the host itself runs: the Debian package, and what for. */
const OWN_TOOLS = [
  { tool: 'sh', debianPackage: 'dash', purpose: 'starts the bundled plugins' },
  { tool: 'flock', debianPackage: 'util-linux', purpose: 'keeps two bundled plugins from one volume' },
] as const

export function machineFindings(stateDirectory: string): Finding[] {
  return [nodeFinding(), settingsFinding(), stateFinding(stateDirectory), ...OWN_TOOLS.map(toolFinding)]
}

/** Whether a tool is there to be run. */
export function hasTool(tool: string): boolean {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_DIRECTORIES]
  return directories.some((directory) => directory !== '' && isAccessible(join(directory, tool), constants.X_OK))
}

/** Whether a file is there and may be used that way. */
export function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isNew = major > NODE.major || (major === NODE.major && minor >= NODE.minor)
  const message = `Node ${process.versions.node}`
  if (isNew) return { subject: 'node', status: 'ok', message }
  const recovery = `Install Node ${NODE.major}.${NODE.minor} or newer.`
  return { subject: 'node', status: 'broken', message: `${message} is too old`, recovery }
}

function settingsFinding(): Finding {
  const subject = 'settings'
  try {
    loadSettings()
    return { subject, status: 'ok', message: process.env.SMAPIV3_CONFIG || 'the configuration file, or the defaults' }
  } catch (thrown) {
    const { message, recovery } = asSmapiv3Error(thrown)
    return { subject, status: 'broken', message, recovery }
  }
}

/** The directory need not be there yet; then the nearest one above it must let it be made. */
function stateFinding(stateDirectory: string): Finding {
  const subject = 'state directory'
  let nearest = stateDirectory
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  const isUsable = isAccessible(nearest, constants.R_OK | constants.W_OK | constants.X_OK) && isDirectory(nearest)
  const message = nearest === stateDirectory ? stateDirectory : `${stateDirectory} will be made in ${nearest}`
  if (isUsable) return { subject, status: 'ok', message }
  const recovery = 'Correct its permissions, or name another with --state-dir.'
  return { subject, status: 'broken', message: `${nearest} cannot be written`, recovery }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function toolFinding({ tool, debianPackage, purpose }: (typeof OWN_TOOLS)[number]): Finding {
  if (hasTool(tool)) return { subject: tool, status: 'ok', message: purpose }
  const message = `${tool}, which ${purpose}, is not there`
  return { subject: tool, status: 'broken', message, recovery: `apt-get install ${debianPackage}` }
}
