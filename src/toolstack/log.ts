/** Where the daemon tells what it does: one line for each event, with fields for machines. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  fields: Readonly<Record<string, unknown>>,
  message: string,
) => void
