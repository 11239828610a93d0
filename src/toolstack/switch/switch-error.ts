/** What can go wrong between the daemon and message-switch. */
import { type ErrorKind, Smapiv3Error } from '../../contract/errors.ts'

interface ReasonRow {
  readonly kind: ErrorKind
  readonly recovery: string
}

const REASONS = {
  /** There is no connection, or it broke before the answer: whether the request was obeyed is not known. */
  'connection lost': {
    kind: 'INTERNAL',
    recovery: 'Check that message-switch runs and that the path of its socket is right.',
  },
  /** We ended the connection ourselves. */
  closed: { kind: 'CANCELLED', recovery: 'The daemon is stopping; repeat the call when it runs again.' },
  /** Status 404 for a connection without a session. */
  'not logged in': { kind: 'INTERNAL', recovery: 'Report it: the first request of a connection must be the login.' },
  /** Any other status than 200. */
  refused: { kind: 'INTERNAL', recovery: 'Report it with the log of message-switch.' },
  /** What was received is no answer of a message switch. */
  'not understood': { kind: 'INTERNAL', recovery: 'Check that the socket is that of message-switch.' },
  /** Nobody has answered the call in time. */
  'timed out': { kind: 'INTERNAL', recovery: 'Check that the service of the queue runs.' },
  /** A queue's name that the paths of the protocol cannot carry. */
  'bad name': { kind: 'BAD_CONFIGURATION', recovery: 'Give the plugin’s directory a name without / and %.' },
} as const satisfies Record<string, ReasonRow>

/** A row of the reasons why the switch was of no help. */
export type SwitchFailure = keyof typeof REASONS

/** An error of the conversation with message-switch. */
export class SwitchError extends Smapiv3Error {
  readonly reason: SwitchFailure

  constructor(reason: SwitchFailure, message: string, cause?: unknown) {
    const { kind, recovery } = REASONS[reason]
    super(kind, message, { recovery, cause })
    this.reason = reason
  }
}

/** Any thrown value as a {@link SwitchError}. */
export function asSwitchError(thrown: unknown): SwitchError {
  if (thrown instanceof SwitchError) return thrown
  return new SwitchError('connection lost', thrown instanceof Error ? thrown.message : String(thrown), thrown)
}
