/** SR.probe: what a configuration leads to. */
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Params, Result } from '../../contract/methods.ts'
import { DamagedFileError } from '../sr/record-file.ts'
import type { Configuration, Location, ProbeResult, RepositoryDriver } from './driver.ts'
import { readIdentity } from './identity.ts'
import { readContents } from './layout.ts'
import { completeConfiguration, withConnection } from './sr.ts'
import { describeSr } from './stat.ts'

/**
 * Finds the SR in the directory or, where that is no SR, the SRs in the directories right below it. Where there is
 * none, says whether SR.create could make one. A configuration that names an sr_uuid finds that SR only.
 */
export async function probe(
  driver: RepositoryDriver,
  { configuration }: Params<'SR.probe'>,
): Promise<Result<'SR.probe'>> {
  const earlier = await driver.probe?.(configuration)
  if (earlier !== undefined) return [...earlier]
  const location = driver.locate(configuration)
  return withConnection(driver, location, configuration, ({ directory }) => {
    const here = srIn(configuration, location, directory)
    const found = here.length > 0 ? here : srsBelow(driver, configuration, location, directory)
    if (found.length > 0 || configuration.sr_uuid !== undefined) return found
    return creatable({ ...configuration, ...location.configuration }, directory)
  })
}

/** Never with sr_uuid: a host refuses an incomplete result that has one (script protocol, section 7.2). */
export function incomplete({ sr_uuid: _, ...configuration }: Configuration, message: string): ProbeResult {
  return { configuration, complete: false, extra_info: { message } }
}

function srsBelow(
  driver: RepositoryDriver,
  configuration: Configuration,
  location: Location,
  directory: string,
): ProbeResult[] {
  return subdirectories(directory).flatMap((name) =>
    srIn(configuration, driver.below(location, name), join(directory, name)),
  )
}

function srIn(configuration: Configuration, location: Location, directory: string): ProbeResult[] {
  try {
    const identity = readIdentity(directory)
    if (identity === undefined || (configuration.sr_uuid ?? identity.uuid) !== identity.uuid) return []
    const sr = describeSr(location.sr, directory, identity)
    const complete = completeConfiguration(configuration, location, identity.uuid)
    return [{ configuration: complete, complete: true, sr, extra_info: {} }]
  } catch (error) {
    // A damaged SR must be seen, not taken for an empty directory.
    if (error instanceof DamagedFileError) return [incomplete(location.configuration, error.message)]
    throw error
  }
}

function creatable(configuration: Configuration, directory: string): ProbeResult[] {
  if (!isDirectory(directory)) {
    if (!isDirectory(dirname(directory))) return []
    if (statSync(directory, { throwIfNoEntry: false })) return [incomplete(configuration, 'not a directory')]
    return [complete(configuration, 'SR.create makes the directory')]
  }
  const { foreign, volumes } = readContents(directory)
  return foreign.length + volumes.size === 0
    ? [complete(configuration, 'an empty directory: ready for SR.create')]
    : [incomplete(configuration, 'no SR, and not empty: SR.create would refuse it')]
}

function complete(configuration: Configuration, message: string): ProbeResult {
  return { configuration: { ...configuration }, complete: true, extra_info: { message } }
}

function subdirectories(directory: string): readonly string[] {
  if (!isDirectory(directory)) return []
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
