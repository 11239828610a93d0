import { asSmapiv3Error } from '../../contract/errors.ts'
import type { Progress } from '../../host/operations.ts'
import { answer } from '../answer.ts'
import { table } from '../render/table.ts'
import { namedMessage } from '../report.ts'
import type { Session } from '../session.ts'
import { verb } from '../verb.ts'
import { nameOf, stateOf } from './operation.ts'

export const ls = verb({
  command: 'ls [datapath]',
  summary: 'List the copies and mirrors that datapath plugins know',
  takes: (yargs) =>
    yargs.positional('datapath', { type: 'string', describe: 'One datapath plugin; all of them by default' } as const),
  run: async ({ datapath }, session) => {
    const found = datapath === undefined ? await ofAll(session) : await of(datapath, session)
    const rows = found.map((progress) => [progress.datapath, nameOf(progress), stateOf(progress)])
    const text = () => table(['DATAPATH', 'OPERATION', 'STATE'], rows)
    return answer(found, rows.length === 0 ? () => 'There is no copy or mirror.' : text)
  },
})

/** One plugin that cannot answer does not hide the operations of the others. */
async function ofAll(session: Session): Promise<Progress[]> {
  const { plugins } = session.host.registry.scan()
  const names = plugins.flatMap((entry) => {
    const canList = entry.kind === 'datapath' && entry.status !== 'rejected' && entry.plugin.scripts.has('Data.ls')
    return canList ? [entry.name] : []
  })
  const lists = await Promise.all(
    names.map((name) =>
      of(name, session).catch((thrown: unknown) => {
        session.call.signal.throwIfAborted()
        session.log.write('warn', `datapath ${name}: ${namedMessage(asSmapiv3Error(thrown))}`)
        return []
      }),
    ),
  )
  return lists.flat()
}

async function of(datapath: string, { host, call }: Session): Promise<Progress[]> {
  const operations = await host.operations.list(datapath, call)
  return Promise.all(operations.map((operation) => host.operations.stat(operation, call)))
}
