/** A call as a command line that people can copy. */
import type { TraceRecord } from '../invoke/trace-record.ts'

/** Characters of stdin beyond which it is not repeated whole. */
const LONGEST = 4096

/** The command with its stdin, for a shell. */
export function reproduction({ argv, stdin, stdinExact }: TraceRecord): string {
  const words = argv.map(shellWord).join(' ')
  if (stdin.length > LONGEST)
    return `# stdin has ${stdin.length} characters, of which this is the beginning\n${piped(stdin.slice(0, LONGEST), words)}`
  return stdinExact ? piped(stdin, words) : `# fill in the secrets that were left out\n${piped(stdin, words)}`
}

function piped(stdin: string, words: string): string {
  return `printf '%s\\n' ${shellWord(stdin)} | ${words}`
}

function shellWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
