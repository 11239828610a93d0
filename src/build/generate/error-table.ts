import { ERRORS } from '../../contract/errors.ts'

const BEGIN = '<!-- generated from src/contract/errors.ts by `npm run generate` -->\n'
const END = '<!-- end of the generated part -->'

/** The README with its table of errors made anew. */
export function withErrorTable(readme: string): string {
  const begin = readme.indexOf(BEGIN)
  const end = readme.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`README.md lacks the lines ${BEGIN.trim()} and ${END}`)
  const rows = Object.entries(ERRORS).map(
    ([code, { fault, exitStatus, meaning, recovery }]) =>
      `| \`${code}\` | ${fault} | ${exitStatus} | ${meaning} | ${recovery} |\n`,
  )
  const table = `| Code | Fault | Exit status | What it means | What to do |\n| --- | --- | --- | --- | --- |\n${rows.join('')}`
  return readme.slice(0, begin + BEGIN.length) + table + readme.slice(end)
}
