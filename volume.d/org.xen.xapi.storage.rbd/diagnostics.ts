/** Plugin.diagnostics: the state of every SR that is attached on this host. */
import { placeName } from '../../src/engine/ceph/location.ts'
import { cephLibrariesLine } from '../../src/engine/ceph/session.ts'
import { IMAGES, WORK } from './records.ts'
import { ATTACHMENTS, checkIdentity, HELPER, type PoolAttachment, readIdentity, withRepository } from './repository.ts'
import { readVolumes } from './stat.ts'
import { listRecords } from './transaction.ts'

/** What the plugin runs on, and one paragraph for each SR. Names that users gave are left out: they may be personal. */
export async function diagnostics(): Promise<string> {
  const paragraphs: string[] = []
  for (const attachment of ATTACHMENTS.all()) paragraphs.push(await describe(attachment))
  const attached = paragraphs.length === 0 ? 'no SR is attached' : paragraphs.join('\n')
  return `${await cephLibrariesLine(HELPER)}\n${attached}`
}

async function describe({ sr, uuid }: PoolAttachment): Promise<string> {
  try {
    return await withRepository(sr, async (repository) => {
      const { session, location } = repository
      checkIdentity(repository, await readIdentity(session))
      const { volumes, damaged } = await readVolumes(session)
      const images = (await listRecords(session, IMAGES)).size
      const calls = (await listRecords(session, WORK)).size
      return [
        `${placeName(location)} in the cluster ${session.fsid}: SR ${uuid}`,
        `  volumes ${volumes.length} in ${images} images, damaged ${damaged.length}`,
        ...damaged.map(({ message }) => `  ${message}`),
        ...(calls === 0
          ? []
          : [`  ${calls} calls at work, or killed: the next call that changes images removes those`]),
      ].join('\n')
    })
  } catch (error) {
    return `${sr}: SR ${uuid}: ${error instanceof Error ? error.message : String(error)}`
  }
}
