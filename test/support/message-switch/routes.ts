/** One request, understood: what the switch is asked to do. */
export type Command =
  | { readonly do: 'login'; readonly token: string }
  | { readonly do: 'create'; readonly queue: string; readonly isTransient: boolean }
  | { readonly do: 'destroy'; readonly queue: string }
  | { readonly do: 'request'; readonly queue: string; readonly replyQueue: string }
  | { readonly do: 'response'; readonly queue: string; readonly to: [string, number] }
  | { readonly do: 'transfer'; readonly queues: string[]; readonly from: number; readonly timeout: number }
  | { readonly do: 'ack'; readonly queue: string; readonly number: number }
  | { readonly do: 'list' | 'alive'; readonly prefix: string }
  | { readonly do: 'diagnostics' | 'trace' | 'shutdown' }

/** A malformed number or body, which the switch answers with status 500. */
export class Malformed extends Error {}

type Reader = (names: string[], body: string) => Command

/** Method and components of the path, `*` for a name; a GET must have an empty body. */
const ROUTES: readonly (readonly [method: string, path: string, read: Reader])[] = [
  ['GET', '/', () => ({ do: 'diagnostics' })],
  ['GET', '/login/*', ([token = '']) => ({ do: 'login', token })],
  ['GET', '/persistent/*', ([queue = '']) => ({ do: 'create', queue, isTransient: false })],
  ['GET', '/transient/*', ([queue = '']) => ({ do: 'create', queue, isTransient: true })],
  ['GET', '/destroy/*', ([queue = '']) => ({ do: 'destroy', queue })],
  ['GET', '/ack/*/*', ([queue = '', number = '']) => ({ do: 'ack', queue, number: int(number) })],
  ['GET', '/list/*', ([prefix = '']) => ({ do: 'list', prefix })],
  ['GET', '/list/alive/*', ([prefix = '']) => ({ do: 'alive', prefix })],
  ['GET', '/trace', () => ({ do: 'trace' })],
  ['GET', '/trace/*/*', () => ({ do: 'trace' })],
  ['POST', '/transfer', (_, body) => ({ do: 'transfer', ...transfer(body) })],
  ['POST', '/request/*/*', ([queue = '', replyQueue = '']) => ({ do: 'request', queue, replyQueue })],
  [
    'POST',
    '/response/*/*/*',
    ([queue = '', original = '', number = '']) => ({ do: 'response', queue, to: [original, int(number)] }),
  ],
  ['POST', '/shutdown', () => ({ do: 'shutdown' })],
]

/**
 * Reads a request. The path is percent-decoded as a whole, split at the slashes, and each component decoded again.
 * Undefined where no row matches (status 404).
 * @throws Malformed where a number or the body is (status 500)
 */
export function route(method: string, path: string, body: string): Command | undefined {
  const components = decode(path).split('/').slice(1)
  for (const [verb, pattern, read] of ROUTES) {
    const wanted = pattern.split('/').slice(1)
    const isMatch =
      verb === method &&
      wanted.length === components.length &&
      wanted.every((component, index) => component === '*' || component === components[index])
    const hasStrayBody = body !== '' && (method === 'GET' || pattern === '/shutdown')
    if (!isMatch || hasStrayBody) continue
    return read(
      components.filter((_, index) => wanted[index] === '*').map((component) => decode(component)),
      body,
    )
  }
  return undefined
}

/** Percent-decodes bytes; a stray percent sign stays. */
function decode(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function int(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new Malformed(text)
  return Number(text)
}

function transfer(body: string): { queues: string[]; from: number; timeout: number } {
  const { queues, from = '-1', timeout } = object(body)
  const isQueues = Array.isArray(queues) && queues.every((queue) => typeof queue === 'string')
  if (!isQueues || typeof from !== 'string' || typeof timeout !== 'number') throw new Malformed(body)
  return { queues, from: int(from), timeout }
}

function object(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch {
    // Said below.
  }
  throw new Malformed(body)
}
