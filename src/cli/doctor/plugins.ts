/** What stands in the roots, and what keeps it from being used. */
import { asSmapiv3Error } from '../../contract/errors.ts'
import type { RejectionCode } from '../../registry/rejections.ts'
import type { PluginEntry } from '../../registry/snapshot.ts'
import type { Session } from '../session.ts'
import { engineFindings } from './engines.ts'
import type { Finding } from './finding.ts'

/** Rejections after which everything still works as it should. */
const HARMLESS: readonly RejectionCode[] = ['shadowed', 'temporary', 'not-file-or-directory']

export async function pluginFindings(session: Session): Promise<Finding[]> {
  try {
    const { plugins, rejections, warnings } = await session.host.plugins()
    const engines = await Promise.all(plugins.map((entry) => engineFindings(entry, session)))
    return [
      ...rejections.map(({ path, message, recovery }) => broken(`root ${path}`, message, recovery)),
      ...warnings.map(({ message }): Finding => ({ subject: 'roots', status: 'note', message })),
      ...plugins.flatMap((entry, index) => [...findingsOf(entry), ...(engines[index] ?? [])]),
    ]
  } catch (thrown) {
    const { message, recovery } = asSmapiv3Error(thrown)
    return [broken('plugins', `they could not be looked at: ${message}`, recovery)]
  }
}

function findingsOf(entry: PluginEntry): Finding[] {
  const subject = `${entry.kind} ${entry.name}`
  const odd = entry.warnings.map(({ message }): Finding => ({ subject, status: 'note', message }))
  if (entry.status === 'rejected') {
    const { code, message, recovery } = entry.reason
    const status = HARMLESS.includes(code) ? 'note' : 'broken'
    return [{ subject, status, message, recovery }, ...odd]
  }
  const ready: Finding = { subject, status: 'ok', message: entry.path }
  return [ready, ...odd]
}

function broken(subject: string, message: string, recovery: string): Finding {
  return { subject, status: 'broken', message, recovery }
}
