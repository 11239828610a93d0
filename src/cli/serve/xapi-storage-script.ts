/** The daemon under the name of the one that it replaces: its command line, files, defaults and exit statuses. */
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import { asSmapiv3Error, Smapiv3Error } from '../../contract/errors.ts'
import { journaldLog } from '../../toolstack/daemon/journald-log.ts'
import type { DaemonOptions } from '../../toolstack/daemon/options.ts'
import { runDaemon } from '../../toolstack/daemon/run.ts'
import { selfTest } from '../../toolstack/daemon/self-test.ts'
import { version } from '../version.ts'
import { readCommandLine } from './reference-command-line.ts'
import { effectiveValues } from './reference-configuration.ts'
import { REFERENCE_NAMES, REFERENCE_OPTIONS, type ReferenceValues } from './reference-options.ts'

export const NAME = 'xapi-storage-script'

const FAILED_TO_START = 2
const KIND_DIRECTORIES = [
  ['volume', 'volume.d'],
  ['datapath', 'datapath.d'],
] as const

/** Runs what a command line of xapi-storage-script says and returns the exit status. */
export async function run(words: readonly string[]): Promise<number> {
  const commandLine = readCommandLine(words)
  if ('problem' in commandLine) {
    process.stderr.write(`${NAME}: ${commandLine.problem}\nTry '${NAME} --help' for more information.\n`)
    return commandLine.exitStatus
  }
  if ('show' in commandLine) {
    process.stdout.write(commandLine.show === 'version' ? `${version()}\n` : help())
    return 0
  }
  const log = journaldLog('info')
  try {
    const values = effectiveValues(commandLine.values)
    const options = daemonOptionsFrom(values)
    return values['self-test-only'] === 'true' ? await selfTest(options, log) : await runDaemon(options, log)
  } catch (thrown) {
    const error = asSmapiv3Error(thrown)
    log('error', { code: error.code, recovery: error.recovery }, error.message)
    return FAILED_TO_START
  }
}

/** @throws Smapiv3Error BAD_CONFIGURATION where the root cannot be used */
function daemonOptionsFrom(values: ReferenceValues): DaemonOptions {
  const root = found(values.root, values['search-path'])
  const stateFile = found(values.state, values['search-path'])
  checkRoot(root)
  return {
    roots: [root],
    stateDirectory: resolve(values['state-dir'] || join(dirname(stateFile), 'smapiv3')),
    stateFile,
    switchPath: values['switch-path'],
    listenPath: values.listen || undefined,
    maxParallel: values.concurrent === 'true' ? Math.max(1, Math.floor(Number(values['max-parallel']))) : 1,
    stopTimeout: Number(values['stop-timeout']),
  }
}

/** A relative path is looked up in the search path and PATH first, as the reference does. */
function found(path: string, searchPath: string): string {
  if (isAbsolute(path)) return path
  const directories = `${searchPath}${delimiter}${process.env.PATH ?? ''}`.split(delimiter).filter(Boolean)
  return directories.map((directory) => resolve(directory, path)).find(existsSync) ?? resolve(path)
}

function checkRoot(root: string): void {
  try {
    accessSync(root, constants.X_OK)
  } catch (cause) {
    throw new Smapiv3Error('BAD_CONFIGURATION', `the root ${root} cannot be used: ${(cause as Error).message}`, {
      cause,
    })
  }
  for (const names of KIND_DIRECTORIES) {
    if (!names.some((name) => existsSync(join(root, name))))
      throw new Smapiv3Error('BAD_CONFIGURATION', `the root ${root} has no directory ${names.join(' or ')}`)
  }
}

function help(): string {
  const rows = REFERENCE_NAMES.map((name) => {
    const { meaning, default: value } = REFERENCE_OPTIONS[name]
    return `  --${name}=VALUE\n      ${meaning}${value === '' ? '' : ` [${value}]`}\n`
  })
  return `${NAME} [OPTION]…: serves SMAPIv3 plugins to the Xen toolstack\n\n${rows.join('')}\nExit status: 0 stopped, 2 cannot start, 123 malformed value, 124 unknown option.\n`
}
