/** The options of `serve`: one table, read by its own command line and shown by the help of yargs. */
import { type DaemonOptions, DEFAULT_SWITCH, MAX_PARALLEL, STOP_TIMEOUT } from '../../toolstack/daemon/options.ts'
import { type Options, usage } from '../options.ts'

export const SERVE_OPTIONS = {
  switch: { type: 'string', describe: `Socket of message-switch; ${DEFAULT_SWITCH} unless only --listen is given` },
  listen: { type: 'string', describe: 'Socket to make, for JSON-RPC 2.0 and for GET /metrics and /healthz' },
  'state-file': {
    type: 'string',
    describe: 'The toolstack’s own file of attached SRs, to be read and kept up to date',
  },
  'max-parallel': { type: 'string', describe: `Requests of one plugin answered at a time (${MAX_PARALLEL})` },
  'stop-timeout': { type: 'string', describe: `Seconds that scripts may take to end after SIGTERM (${STOP_TIMEOUT})` },
} as const

/** The values as they were typed. */
export type TypedServeOptions = { readonly [Name in keyof typeof SERVE_OPTIONS]?: string | undefined }

/** @throws Smapiv3Error USAGE */
export function daemonOptionsFrom(typed: TypedServeOptions, { roots, stateDirectory }: Options): DaemonOptions {
  for (const name of ['switch', 'listen', 'state-file'] as const)
    if (typed[name] === '') throw usage(`--${name} needs a path`)
  const { listen: listenPath, 'state-file': stateFile } = typed
  const switchPath = typed.switch ?? (listenPath === undefined ? DEFAULT_SWITCH : undefined)
  const maxParallel = numberFrom('max-parallel', typed['max-parallel'], /^[1-9]\d*$/)
  const stopTimeout = numberFrom('stop-timeout', typed['stop-timeout'], /^\d+(\.\d+)?$/)
  return { roots, stateDirectory, stateFile, switchPath, listenPath, maxParallel, stopTimeout }
}

function numberFrom(name: string, text: string | undefined, form: RegExp): number | undefined {
  if (text === undefined) return undefined
  if (form.test(text) && Number.isSafeInteger(Math.ceil(Number(text)))) return Number(text)
  throw usage(`--${name} must be a number; seen: ${JSON.stringify(text)}`)
}
