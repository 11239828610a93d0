/** Plugin.diagnostics: the state of every SR that is attached on this host. */

import { candidatesIn } from './collect.ts'
import type { DirectoryAttachment, RepositoryDriver } from './driver.ts'
import { attachmentsFor, repositoryAt } from './repository.ts'
import { describeVolumes } from './stat.ts'

/** One paragraph for each SR. Names that users gave are left out: they may be personal. */
export async function diagnostics(driver: RepositoryDriver): Promise<string> {
  const paragraphs: string[] = []
  for (const attachment of attachmentsFor(driver).all()) paragraphs.push(await describe(driver, attachment))
  return paragraphs.length === 0 ? 'no SR is attached' : paragraphs.join('\n')
}

async function describe(driver: RepositoryDriver, attachment: DirectoryAttachment): Promise<string> {
  const { directory, uuid } = attachment
  try {
    const { volumes, damaged } = describeVolumes(await repositoryAt(driver, attachment))
    const leftovers = candidatesIn(directory).size
    return [
      `${directory}: SR ${uuid}`,
      `  volumes ${volumes.length}, damaged ${damaged.length}`,
      ...damaged.map(({ message }) => `  ${message}`),
      ...(leftovers === 0 ? [] : [`  ${leftovers} being made, or left by killed calls: SR.attach removes those`]),
    ].join('\n')
  } catch (error) {
    return `${directory}: SR ${uuid}: ${error instanceof Error ? error.message : String(error)}`
  }
}
