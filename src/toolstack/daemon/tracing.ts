/** Tracing of scripts (SMAPIv3 script protocol, section 3.6; SMAPIv2 bridge, sections 6 and 11). */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { isObject } from '../../contract/normalise.ts'
import type { Spawner } from '../../invoke/spawn.ts'

export interface TracingPlace {
  /** Directory in which the toolstack puts the settings of its observers. */
  readonly configDirectory: string
  readonly python: string
}

export const TRACING_PLACE: TracingPlace = {
  configDirectory: '/etc/xensource/observer/smapi/enabled',
  python: '/usr/bin/python3',
}

/**
 * The traceparent in a debug string of two lines: the second is a JSON object of exactly `traceparent` and `baggage`, or
 * the traceparent itself.
 */
export function traceparentOf(dbg: string): string | undefined {
  const [, second, ...more] = dbg.split('\n')
  if (second === undefined || more.length > 0) return undefined
  let context: unknown
  try {
    context = JSON.parse(second)
  } catch {
    return second === '' ? undefined : second
  }
  if (!isObject(context) || Object.keys(context).sort().join() !== 'baggage,traceparent') return undefined
  return typeof context.traceparent === 'string' ? context.traceparent : undefined
}

/**
 * Starts scripts with the trace in their environment. A Python script runs under the toolstack's module `observer` where
 * an observer is set up; every other script, which that module would break, has the environment only.
 */
export function traced(spawn: Spawner, traceparent: string, place: TracingPlace = TRACING_PLACE): Spawner {
  return (request) => {
    const { argv, environment } = request
    const variables = { TRACEPARENT: traceparent, OBSERVER_CONFIG_DIR: place.configDirectory }
    if (!isPython(argv[0]) || !hasObserver(place.configDirectory))
      return spawn({ ...request, environment: { ...environment, ...variables } })
    const path = [dirname(argv[0]), environment.PYTHONPATH].filter(Boolean).join(':')
    return spawn({
      ...request,
      argv: [place.python, '-m', 'observer', ...argv],
      environment: { ...environment, ...variables, PYTHONPATH: path },
    })
  }
}

/** By the first line of the script. */
function isPython(path: string): boolean {
  const bytes = Buffer.alloc(256)
  try {
    const descriptor = openSync(path, 'r')
    try {
      const length = readSync(descriptor, bytes)
      return /^#![^\n]*\bpython/.test(bytes.toString('latin1', 0, length))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // Whoever starts it says what is wrong with it.
    return false
  }
}

function hasObserver(directory: string): boolean {
  try {
    return readdirSync(directory).some((name) => name.endsWith('observer.conf'))
  } catch {
    return false
  }
}
