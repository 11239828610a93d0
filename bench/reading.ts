/** What reading a long reply exactly, and holding it against its schema, costs beside JSON.parse. */
import { loadValidator } from '../src/contract/validate.ts'
import { readReply } from '../src/invoke/reply.ts'
import { type Figure, milliseconds, ratio } from './figure.ts'
import { inTurn, medianOf } from './measure.ts'

const ROUNDS = 21
const VOLUMES = 10_000

export async function reading(): Promise<Figure[]> {
  const validator = await loadValidator('SR.ls')
  const plain = Buffer.from(JSON.stringify(Array.from({ length: VOLUMES }, (_, index) => volume(index, 2 ** 40))))
  const large = Buffer.from(plain.toString().replace('1099511627776', '9223372036854775807'))
  const read = (stdout: Buffer) => {
    const reply = readReply(exited(stdout), {
      method: 'SR.ls',
      script: 'SR.ls',
      validator,
      outputLimit: stdout.length,
      redact: (text) => text,
    })
    if (!reply.ok || reply.value.length !== VOLUMES) throw new Error('the reply was not read')
  }
  return [figure(`SR.ls of ${VOLUMES} volumes`, plain, read), figure('the same with one size of 2^63 − 1', large, read)]
}

function figure(what: string, stdout: Buffer, read: (stdout: Buffer) => void): Figure {
  const times = inTurn(
    ROUNDS,
    () => read(stdout),
    () => JSON.parse(stdout.toString()),
  )
  return {
    what: `reading ${what}`,
    median: milliseconds(medianOf(times, (ours) => ours)),
    ratio: ratio(medianOf(times, (ours, parse) => ours / parse)),
    peer: `JSON.parse: ${milliseconds(medianOf(times, (_, parse) => parse))}`,
  }
}

function volume(index: number, size: number): object {
  const key = `volume-${index}`
  const uri = [`file:///srv/images/${key}.raw`]
  const described = { key, name: key, description: 'a disk', uri, keys: { 'vdi-type': 'user' } }
  return { ...described, read_write: true, sharable: false, virtual_size: size, physical_utilisation: 4096 * index }
}

function exited(stdout: Buffer): Parameters<typeof readReply>[0] {
  const ended = { exitStatus: 0, signal: null, end: 'exited', stillRunning: false, heldOpen: false } as const
  return { argv: ['SR.ls'], pid: 1, stdout, stderr: '', startedAt: new Date(), duration: 0, ...ended }
}
