import { done } from '../answer.ts'
import { verb } from '../verb.ts'
import { DATAPATH, OPERATION, operationFrom } from './operation.ts'

export const destroy = verb({
  command: 'destroy <datapath> <operation>',
  summary: 'Forget a copy or mirror, after stopping it where it still runs',
  takes: (yargs) => yargs.positional('datapath', DATAPATH).positional('operation', OPERATION),
  run: async ({ datapath, operation }, { host, call }) => {
    await host.operations.destroy(operationFrom(datapath, operation), call)
    return done(`${operation} is forgotten.`)
  },
})
