/** The endless series of long polls of a served queue. */
import type { Ledger } from './ledger.ts'
import type { Message } from './messages.ts'
import type { Session } from './session.ts'

interface Polling {
  readonly queue: string
  /** Seconds of one long poll. */
  readonly timeout: number
  readonly isWanted: () => boolean
  readonly admit: (messages: readonly Message[]) => Promise<void>
  /** The queue was not there any more. */
  readonly recreated: () => void
}

/**
 * Transfers while that is wanted, `from` where the last transfer ended. Where somebody destroys the queue, its numbers
 * start again below the last one seen, and such a transfer shows nothing of it: therefore the queue is looked at from its
 * start after an empty poll, and as often as polls can be empty.
 * @throws SwitchError where the connection breaks
 */
export async function poll(
  session: Session,
  from: string | undefined,
  ledger: Ledger,
  polling: Polling,
): Promise<void> {
  const { queue, timeout } = polling
  let start = from
  let lookedAt = performance.now()
  let isDue = false
  while (polling.isWanted()) {
    if (isDue) {
      await ensureQueue(session, polling)
      lookedAt = performance.now()
      start = undefined
    }
    if (start === undefined) ledger.beginLook()
    try {
      const { messages, next } = await session.transfer(queue, start, timeout)
      await polling.admit(messages)
      isDue = messages.length === 0 || performance.now() - lookedAt >= timeout * 1000
      start = next
    } finally {
      ledger.endLook()
    }
  }
}

async function ensureQueue(session: Session, { queue, recreated }: Polling): Promise<void> {
  if ((await session.list(queue)).includes(queue)) return
  recreated()
  await session.createPersistent(queue)
}
