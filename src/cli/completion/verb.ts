import { answer } from '../answer.ts'
import { verb } from '../verb.ts'
import { SCRIPTS, SHELLS } from './scripts.ts'

export const completion = verb({
  command: 'completion <shell>',
  summary: 'Print a script that completes smapiv3 command lines',
  examples: [
    ['completion bash > /etc/bash_completion.d/smapiv3', 'for everybody who uses bash'],
    ['completion zsh > ~/.zsh/_smapiv3', 'in a directory of $fpath'],
  ],
  takes: (yargs) =>
    yargs.positional('shell', { choices: SHELLS, demandOption: true, describe: 'The shell that reads it' }),
  run: async ({ shell }) => answer(SCRIPTS[shell], () => SCRIPTS[shell]),
})
