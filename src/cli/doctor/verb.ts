import { ERRORS } from '../../contract/errors.ts'
import { answer } from '../answer.ts'
import { table } from '../render/table.ts'
import { verb } from '../verb.ts'
import type { Finding } from './finding.ts'
import { machineFindings } from './machine.ts'
import { pluginFindings } from './plugins.ts'

export const doctor = verb({
  command: 'doctor',
  summary: 'Tell what works on this machine, and what to do about the rest',
  details: `Exit status 0 where nothing is broken, otherwise ${ERRORS.INTERNAL.exitStatus}. An engine that is missing is not
    broken: it is not needed as long as nobody uses its scheme.`,
  takes: (yargs) => yargs,
  run: async (_, session) => {
    const machine = machineFindings(session.options.stateDirectory)
    const findings = [...machine, ...(await pluginFindings(session))]
    const ok = findings.every(({ status }) => status !== 'broken')
    return answer({ ok, findings }, () => textOf(findings), ok ? 0 : ERRORS.INTERNAL.exitStatus)
  },
})

function textOf(findings: readonly Finding[]): string {
  const rows = findings.map(({ subject, status, message, recovery }) => [
    status,
    subject,
    recovery === undefined ? message : `${message}. ${recovery}`,
  ])
  const broken = findings.filter(({ status }) => status === 'broken').length
  const missing = findings.filter(({ status }) => status === 'missing').length
  const verdict = [
    broken === 0 ? 'Nothing is broken.' : `${broken} broken.`,
    ...(missing === 0 ? [] : [`${missing} missing, which only their schemes need.`]),
  ].join(' ')
  return `${table(['STATUS', 'WHAT', 'FOUND'], rows)}\n\n${verdict}`
}
