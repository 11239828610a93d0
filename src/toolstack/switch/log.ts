/** Where the conversation with message-switch is logged: the daemon brings it, nothing here logs by itself. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  fields: Readonly<Record<string, unknown>>,
  message: string,
) => void
