import { mkdirSync, watch } from 'node:fs'
import { stringifyJson } from '../../contract/json.ts'
import type { TraceRecord } from '../../invoke/trace-record.ts'
import type { Answer, Session } from '../session.ts'
import { callLine, callsText } from './render.ts'

const RECORD = /^(?<id>[0-9a-z-]+)\.json$/

/** Prints the calls so far, then each as its record appears, until it is interrupted or nobody reads it any more. */
export async function follow(records: readonly TraceRecord[], session: Session): Promise<Answer> {
  const { host, call, options, print } = session
  const seen = new Set(records.map(({ id }) => id))
  mkdirSync(host.trace.directory, { recursive: true, mode: 0o700 })
  print(options.json ? records.map((record) => `${stringifyJson(record)}\n`).join('') : `${callsText(records)}\n`)
  await new Promise<void>((resolve, reject) => {
    const watcher = watch(host.trace.directory)
    const end = () => watcher.close()
    watcher.on('error', reject).on('close', resolve)
    watcher.on('change', (_, name) => {
      const id = RECORD.exec(String(name))?.groups?.id
      if (id === undefined || seen.has(id)) return
      seen.add(id)
      void shown(id, session).then((isRead) => isRead || end())
    })
    call.signal.addEventListener('abort', end, { once: true })
    if (call.signal.aborted) end()
  })
  call.signal.throwIfAborted()
  return { json: () => '', text: () => '' }
}

/** False once nobody reads it any more. A record that is gone, or damaged, is passed over. */
async function shown(id: string, { host, options, print, log }: Session): Promise<boolean> {
  try {
    const record = host.trace.read(id)
    return print(`${options.json ? stringifyJson(record) : callLine(record)}\n`)
  } catch (error) {
    log.write('debug', `the record of the call ${id} is passed over: ${error}`)
    return true
  }
}
