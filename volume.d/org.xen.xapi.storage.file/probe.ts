/** SR.probe: what a configuration leads to. */
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Params, Result } from '../../src/contract/methods.ts'
import { formatFileUri } from '../../src/engine/file-uri.ts'
import { type Configuration, completeConfiguration, directoryOf } from './configuration.ts'
import { readIdentity } from './identity.ts'
import { DamagedFileError } from './json-file.ts'
import { readContents } from './layout.ts'
import { describeSr } from './stat.ts'

type ProbeResult = Result<'SR.probe'>[number]

/**
 * Finds the SR in the directory or, where that is no SR, the SRs in the directories right below it. Where there is
 * none, says whether SR.create could make one. A configuration that names an sr_uuid finds that SR only.
 */
export function probe({ configuration }: Params<'SR.probe'>): Result<'SR.probe'> {
  if (configuration.uri === undefined) {
    return [incomplete(configuration, 'uri is missing: give uri=file:///directory')]
  }
  const directory = directoryOf(configuration)
  const found = existing(configuration, directory)
  if (found.length > 0) return found
  return configuration.sr_uuid === undefined ? creatable(configuration, directory) : []
}

function existing(configuration: Configuration, directory: string): ProbeResult[] {
  const here = srIn(configuration, directory)
  return here.length > 0 ? here : subdirectories(directory).flatMap((child) => srIn(configuration, child))
}

function srIn(configuration: Configuration, directory: string): ProbeResult[] {
  try {
    const identity = readIdentity(directory)
    if (identity === undefined || (configuration.sr_uuid ?? identity.uuid) !== identity.uuid) return []
    const sr = describeSr(formatFileUri(directory), directory, identity)
    const complete = { ...completeConfiguration(configuration, directory, identity.uuid) }
    return [{ configuration: complete, complete: true, sr, extra_info: {} }]
  } catch (error) {
    // A damaged SR must be seen, not taken for an empty directory.
    if (error instanceof DamagedFileError) return [incomplete({ uri: formatFileUri(directory) }, error.message)]
    throw error
  }
}

function creatable(configuration: Configuration, directory: string): ProbeResult[] {
  const uri = formatFileUri(directory)
  if (!isDirectory(directory)) {
    if (!isDirectory(dirname(directory))) return []
    if (statSync(directory, { throwIfNoEntry: false }))
      return [incomplete({ ...configuration, uri }, 'not a directory')]
    return [complete({ ...configuration, uri }, 'SR.create makes the directory')]
  }
  const { foreign, volumes } = readContents(directory)
  return foreign.length + volumes.size === 0
    ? [complete({ ...configuration, uri }, 'an empty directory: ready for SR.create')]
    : [incomplete({ ...configuration, uri }, 'no SR, and not empty: SR.create would refuse it')]
}

function complete(configuration: Configuration, message: string): ProbeResult {
  return { configuration: { ...configuration }, complete: true, extra_info: { message } }
}

/** Never with sr_uuid: a host refuses an incomplete result that has one (script protocol, section 7.2). */
function incomplete({ sr_uuid: _, ...configuration }: Configuration, message: string): ProbeResult {
  return { configuration, complete: false, extra_info: { message } }
}

function subdirectories(directory: string): readonly string[] {
  if (!isDirectory(directory)) return []
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(directory, entry.name))
    .sort()
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
