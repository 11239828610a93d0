/** The queue by which the toolstack switches tracing on and off (SMAPIv2 bridge, section 11). */
import { type Answer, parseRequest, type Request, writeAnswer } from './envelope.ts'
import { internalError, variantOf } from './errors.ts'
import { boolean, dictionary, MarshalError, readAll, type Types, text, texts } from './marshal.ts'

/** Name of the queue; it must be served, because a caller waits for its answer without end. */
export const OBSERVER_QUEUE = 'org.xen.xapi.observer'

type Effect = (observers: Set<string>, params: { readonly uuid: string; readonly bool?: boolean }) => void

interface ObserverMethod {
  readonly parameters: Types & { readonly uuid: typeof text }
  readonly effect: Effect
}

const enable: Effect = (observers, { uuid, bool }) => {
  if (bool === true) observers.add(uuid)
  else observers.delete(uuid)
}

const METHODS: ReadonlyMap<string, ObserverMethod> = new Map<string, ObserverMethod>([
  [
    'Observer.create',
    {
      parameters: { dbg: text, uuid: text, name_label: text, dict: dictionary, endpoints: texts, bool: boolean },
      effect: enable,
    },
  ],
  ['Observer.set_enabled', { parameters: { dbg: text, uuid: text, bool: boolean }, effect: enable }],
  [
    'Observer.destroy',
    { parameters: { dbg: text, uuid: text }, effect: (observers, { uuid }) => observers.delete(uuid) },
  ],
])

const UNIMPLEMENTED: ReadonlySet<string> = new Set([
  'Observer.set_attributes',
  'Observer.set_endpoints',
  'Observer.init',
  'Observer.set_trace_log_dir',
  'Observer.set_host_id',
  'Observer.set_export_interval',
  'Observer.set_export_chunk_size',
  'Observer.set_max_spans',
  'Observer.set_max_traces',
  'Observer.set_max_depth',
  'Observer.set_max_file_size',
  'Observer.set_compress_tracing_files',
])

/** Which observers are enabled: each by itself, so that one that goes does not switch off the others. */
export class Observers {
  readonly #enabled = new Set<string>()

  /** Whether scripts are to be traced. */
  get tracing(): boolean {
    return this.#enabled.size > 0
  }

  /** Answers one message of the queue. Never rejects. */
  async handle(payload: string): Promise<string> {
    return writeAnswer(this.#answer(payload))
  }

  #answer(payload: string): Answer {
    try {
      return this.#run(parseRequest(payload))
    } catch (error) {
      return { error: variantOf(error, { method: '' }) }
    }
  }

  #run({ method: name, params }: Request): Answer {
    const method = METHODS.get(name)
    if (method === undefined) {
      // The toolstack's own library names the method so.
      const unimplemented = ['Unimplemented', `Observer_skeleton.${name}`] as const
      return { error: UNIMPLEMENTED.has(name) ? unimplemented : internalError(`there is no method ${name}`) }
    }
    if (params === undefined) throw new MarshalError('params must be one object of named parameters')
    method.effect(
      this.#enabled,
      readAll(method.parameters, (parameter) => params[parameter]),
    )
    return { result: null }
  }
}
