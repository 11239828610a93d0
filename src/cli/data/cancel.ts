import { done } from '../answer.ts'
import { verb } from '../verb.ts'
import { DATAPATH, OPERATION, operationFrom } from './operation.ts'

export const cancel = verb({
  command: 'cancel <datapath> <operation>',
  summary: 'Stop a copy or mirror; the disk it is made of stays as it is. A mirror in sync leaves a complete copy',
  takes: (yargs) => yargs.positional('datapath', DATAPATH).positional('operation', OPERATION),
  run: async ({ datapath, operation }, { host, call }) => {
    await host.operations.cancel(operationFrom(datapath, operation), call)
    return done(`${operation} is cancelled.`)
  },
})
