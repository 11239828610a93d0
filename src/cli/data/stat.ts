import { answer } from '../answer.ts'
import { verb } from '../verb.ts'
import { DATAPATH, OPERATION, operationFrom, stateOf } from './operation.ts'

export const stat = verb({
  command: 'stat <datapath> <operation>',
  summary: 'Tell how far a copy or mirror is',
  takes: (yargs) => yargs.positional('datapath', DATAPATH).positional('operation', OPERATION),
  run: async ({ datapath, operation }, { host, call }) => {
    const progress = await host.operations.stat(operationFrom(datapath, operation), call)
    return answer(progress, () => `${operation}: ${stateOf(progress)}`)
  },
})
