/** Plugin.diagnostics: the state of every SR that is attached on this host. */
import { type Attachment, attachments } from './attachment.ts'
import { readContents } from './layout.ts'
import { leftoverKeys } from './leftovers.ts'
import { readIdentityOf } from './repository.ts'
import { describeVolumes } from './stat.ts'

/** One paragraph for each SR. Names that users gave are left out: they may be personal. */
export function diagnostics(): string {
  const paragraphs = attachments().map(describe)
  return paragraphs.length === 0 ? 'no SR is attached' : paragraphs.join('\n')
}

function describe(attachment: Attachment): string {
  const { directory, uuid } = attachment
  try {
    const { destroying } = readIdentityOf(attachment)
    const { volumes, damaged } = describeVolumes(directory)
    const leftovers = leftoverKeys(readContents(directory)).length
    return [
      `${directory}: SR ${uuid}${destroying ? ', being destroyed' : ''}`,
      `  volumes ${volumes.length}, damaged ${damaged.length}`,
      ...damaged.map(({ message }) => `  ${message}`),
      ...(leftovers === 0 ? [] : [`  ${leftovers} being made, or left by killed calls: SR.attach removes those`]),
    ].join('\n')
  } catch (error) {
    return `${directory}: SR ${uuid}: ${error instanceof Error ? error.message : String(error)}`
  }
}
