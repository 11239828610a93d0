import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'

/** Whether a stream shows colours: a terminal that is not dumb, unless NO_COLOR forbids it (no-color.org). */
export function hasColour(stream: Pick<WriteStream, 'isTTY'>): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
}

/** Text of a heading. */
export function bold(text: string): string {
  return hasColour(process.stdout) ? styleText('bold', text) : text
}
