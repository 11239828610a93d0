/** The way of an answer back to its caller: response, then ack. */
import type { Entry, Ledger } from './ledger.ts'
import type { Log } from './log.ts'
import type { Session } from './session.ts'
import { SwitchError } from './switch-error.ts'

/**
 * Delivers the answer of an entry: what has been done of it before the last connection broke is not repeated. A response
 * whose own answer was lost is sent again: callers ignore the second.
 * @throws SwitchError where the connection breaks; the entry stays in the ledger
 */
export async function deliver(session: Session, queue: string, ledger: Ledger, entry: Entry, log: Log): Promise<void> {
  const { number, replyQueue } = entry.request
  const fields = { queue, number, replyQueue }
  if (!entry.isAnswered) {
    const sent = await unlessRefused(session.sendResponse(replyQueue, queue, number, entry.answer ?? ''), fields, log)
    if (sent === undefined) log('info', fields, 'the caller has gone: nobody gets the answer')
    entry.isAnswered = true
  }
  entry.isAckSent = true
  await unlessRefused(session.ack(queue, number), fields, log)
  ledger.acked(entry)
}

/** What the switch refuses once it refuses again, so that repeating it would stop the answers behind it. */
async function unlessRefused<T>(request: Promise<T>, fields: object, log: Log): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (!(error instanceof SwitchError) || error.reason !== 'refused') throw error
    log('error', { ...fields, error: error.message }, 'message-switch refuses an answer or its ack')
    return undefined
  }
}
