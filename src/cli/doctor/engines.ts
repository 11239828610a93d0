/** What the plugins run on: they know it themselves, and say it in lines of Plugin.diagnostics. */
import { asSmapiv3Error } from '../../contract/errors.ts'
import type { PluginEntry } from '../../registry/snapshot.ts'
import type { Session } from '../session.ts'
import type { Finding } from './finding.ts'

/** Seconds for a plugin to answer, unless the command line says otherwise: a doctor does not wait for the dead. */
const DEADLINE = 30

/** First word of a line → what the doctor makes of it. After a semicolon stands what to do. */
const STATUSES: Readonly<Record<string, Finding['status']>> = { engine: 'ok', missing: 'missing', limited: 'note' }

/** The engines of a plugin; nothing where it says nothing of them, or cannot be asked. */
export async function engineFindings(entry: PluginEntry, { host, call }: Session): Promise<Finding[]> {
  if (entry.status !== 'ready' || !entry.plugin.scripts.has('Plugin.diagnostics')) return []
  const subject = `${entry.kind} ${entry.name}`
  const options = { ...call, deadline: call.deadline ?? DEADLINE }
  const { outcome } = await host.call(entry.path, 'Plugin.diagnostics', { dbg: call.dbg ?? 'smapiv3' }, options)
  if (outcome.ok) return findingsIn(outcome.value, subject)
  call.signal.throwIfAborted()
  const { message, recovery } = asSmapiv3Error(outcome.error)
  return [{ subject, status: 'broken', message: `Plugin.diagnostics failed: ${message}`, recovery }]
}

/** The lines about engines in what a plugin says. */
export function findingsIn(diagnostics: string, subject: string): Finding[] {
  return diagnostics.split('\n').flatMap((line): Finding[] => {
    const [, word = '', what = '', recovery] = /^(\w+): ([^;]+)(?:; (.+))?$/.exec(line) ?? []
    const status = Object.hasOwn(STATUSES, word) ? STATUSES[word] : undefined
    if (status === undefined) return []
    return [{ subject, status, message: `${word}: ${what}`, ...(recovery === undefined ? {} : { recovery }) }]
  })
}
