import { relative } from 'node:path'
import { shellWord } from '../configuration.ts'
import { bold } from '../render/style.ts'

/** Tells a story of steps, each with the command line that does the same. */
export class Narrator {
  readonly #print: (text: string) => unknown

  constructor(print: (text: string) => unknown) {
    this.#print = print
  }

  /** What comes, and how to type it. */
  step(title: string, ...words: readonly string[]): void {
    const commandLine = words.length === 0 ? '' : `  $ smapiv3 ${words.map(shellWord).join(' ')}\n`
    this.#print(`\n${bold(title)}\n${commandLine}`)
  }

  /** What came of it. */
  tell(text: string): void {
    this.#print(`${text.replace(/^/gm, '  ')}\n`)
  }

  /** What to type next. */
  farewell(): string {
    const program = programName()
    return [
      '',
      bold('Done; nothing is left behind. What to type next:'),
      `  ${program} plugin ls          # what is there`,
      `  ${program} doctor             # what works on this machine`,
      `  ${program} sr create --help   # an SR that stays`,
      `  ${program} --help             # everything else`,
    ].join('\n')
  }
}

/** How this program is called from the current directory. */
function programName(): string {
  const path = process.argv[1] ?? 'smapiv3'
  return /\.c?js$/.test(path) ? `node ${shellWord(relative(process.cwd(), path))}` : 'smapiv3'
}
