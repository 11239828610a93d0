/** JSON-RPC 2.0 for everybody who is not the toolstack: the methods of SMAPIv2, with errors as JSON-RPC has them. */
import { asSmapiv3Error, Smapiv3Error } from '../../contract/errors.ts'
import { isObject } from '../../contract/normalise.ts'
import type { Host } from '../../host/host.ts'
import { type Answer, type ErrorVariant, NotARequest, parseRequest, type Request } from '../smapiv2/envelope.ts'
import { variantOf } from '../smapiv2/errors.ts'
import { parseText, writeText } from '../smapiv2/json-text.ts'
import { METHODS } from '../smapiv2/methods.ts'

/** Codes of JSON-RPC 2.0, section 5.1; the last is the first of those that are free for a server's own use. */
const CODES = { notJson: -32700, notRequest: -32600, noMethod: -32601, failed: -32000 } as const

/** Methods that are about no SR that is attached; any other answers that the SR is not, whichever plugin it is for. */
const NEEDS_PLUGIN: ReadonlySet<string> = new Set([
  'Query.query',
  'Query.diagnostics',
  'SR.create',
  'SR.attach',
  'SR.probe',
])

export interface JsonRpcParts {
  readonly host: Host
  readonly answer: (plugin: string, request: Request) => Promise<Answer>
}

/** Answers one line. Never rejects. */
export async function answerLine(line: string, parts: JsonRpcParts): Promise<string> {
  let envelope: unknown
  try {
    envelope = parseText(line)
  } catch (error) {
    return failure(null, CODES.notJson, `not JSON: ${error instanceof Error ? error.message : error}`)
  }
  const id = isObject(envelope) ? (envelope.id ?? null) : null
  try {
    if (!isObject(envelope) || envelope.jsonrpc !== '2.0') throw new NotARequest('jsonrpc must be "2.0"')
    const request = parseRequest(line)
    if (!METHODS.has(request.method)) return failure(id, CODES.noMethod, `there is no method ${request.method}`)
    const answer = await parts.answer(pluginOf(request, parts.host), request)
    return 'result' in answer ? writeText({ jsonrpc: '2.0', result: answer.result, id }) : failed(id, answer.error)
  } catch (error) {
    if (error instanceof NotARequest) return failure(id, CODES.notRequest, error.message)
    return failed(id, variantOf(asSmapiv3Error(error), { method: '' }))
  }
}

/**
 * The queue name of the plugin that a request is for: its parameter `plugin` (or `queue`, as SR.probe has it), which may
 * be the last component of the name; otherwise the plugin of the attached SR that it names.
 * @throws Smapiv3Error NO_SUCH_PLUGIN, PLUGIN_REJECTED, BAD_PARAMETERS
 */
function pluginOf({ method, params = {} }: Request, host: Host): string {
  const { plugin, queue, sr } = params
  const named = plugin ?? queue
  if (typeof named === 'string') return host.files(named, 'volume').name
  const attached = typeof sr === 'string' ? host.srs.get(sr) : undefined
  if (attached !== undefined && attached.plugin !== '') return attached.plugin
  if (named === undefined && !NEEDS_PLUGIN.has(method)) return ''
  throw new Smapiv3Error('BAD_PARAMETERS', `${method}: which plugin? Name it in params.plugin`)
}

function failed(id: unknown, variant: ErrorVariant): string {
  const [tag, payload] = variant
  return failure(id, CODES.failed, `${tag}: ${typeof payload === 'string' ? payload : writeText(payload)}`, variant)
}

function failure(id: unknown, code: number, message: string, data?: ErrorVariant): string {
  return writeText({ jsonrpc: '2.0', error: { code, message, data }, id })
}
