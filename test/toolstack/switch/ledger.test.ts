import { describe, expect, test } from 'vitest'
import { type Entry, Ledger, type RequestMessage } from '../../../src/toolstack/switch/ledger.ts'

const request = (number: number, payload: string): RequestMessage => ({
  kind: 'request',
  number,
  payload,
  replyQueue: 'caller',
})

function remembering(ledger: Ledger, ...requests: RequestMessage[]): Entry[] {
  return requests.map((message) => {
    const admitted = ledger.admit(message, false)
    if (!admitted) throw new Error(`${message.number} is known`)
    return admitted.entry
  })
}

describe('what is remembered, against what is in the queue after a reconnect', () => {
  const a = request(0, 'a')
  const b = request(1, 'b')

  test.each([
    ['the same requests', [a, b], false],
    ['the same and a new one', [a, b, request(2, 'c')], false],
    ['one of them, as a caller may withdraw its request', [a], false],
    ['none of them', [], true],
    ['others with their numbers', [request(0, 'x'), b], true],
    [
      'a number that is a response now',
      [{ kind: 'response', number: 0, payload: 'a', to: { queue: 'q', number: 0 } }, b],
      true,
    ],
  ] as const)('%s', (_, there, isContradiction) => {
    const ledger = new Ledger()
    remembering(ledger, a, b)
    expect(ledger.contradicts(there)).toBe(isContradiction)
  })

  test('a request whose ack went out may be gone: then it is done with', () => {
    const ledger = new Ledger()
    const [first] = remembering(ledger, a)
    if (first) first.isAckSent = true
    expect(ledger.contradicts([])).toBe(false)
    expect(ledger.unfinished()).toEqual([])
  })

  test('the same payload from another caller is another request', () => {
    const ledger = new Ledger()
    const [first] = remembering(ledger, a)
    expect(ledger.admit(a, false)).toBeUndefined()
    expect(ledger.admit({ ...a, replyQueue: 'other' }, false)?.replaced).toBe(first)
    expect(first?.isForgotten).toBe(true)
  })
})
