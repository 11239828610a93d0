/**
 * The options of a disk: from the query of its URI, and from `config.json` beside the plugin, which wins: an
 * administrator's word counts more than that of the volume plugin that made the URI.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Int64 } from '../contract/json.ts'
import { int64FromText } from '../contract/json.ts'
import { DiskUriError, type ParsedUri } from './disk-uri.ts'
import { type ImageFormat, imageFormatOf } from './image-format.ts'
import type { CacheMode, DiskDescription, IoLimits, Protocol, Secret } from './qsd/description.ts'
import { errnoOf } from './storage-error.ts'

/** What serves a disk to guests of Xen: blkback in the kernel, QEMU, or tapdisk, which only some schemes have. */
export type XenBackend = 'vbd' | 'qdisk' | 'vbd3'

/** The options of a disk. */
export interface DiskOptions {
  /** Undefined where the extension of the file says it. */
  readonly format?: string
  readonly backend: XenBackend
  /** Undefined: what is best for the storage. */
  readonly cache?: CacheMode
  readonly discard: 'unmap' | 'ignore'
  readonly readOnly: boolean
  readonly detectZeroes: 'off' | 'on' | 'unmap'
  /** Undefined where there are none. */
  readonly limits?: IoLimits
  /** Path of the file of mode 600 that holds user name and password. */
  readonly credentials?: string
  /** Directory for the writes of disks that are used without being changed. */
  readonly scratch?: string
  /** Seconds that the target of a mirror or copy may be silent. */
  readonly targetTimeout: number
  /** The options that only the scheme has, by name. */
  readonly own: ReadonlyMap<string, string>
}

/** Throughput or rate of a disk. */
const LIMITS = ['bps-total', 'bps-read', 'bps-write', 'iops-total', 'iops-read', 'iops-write'] as const

/** What a value has to be: one of some words, a number above zero or from zero on, an absolute path, or any text. */
type Rule = readonly string[] | 'positive integer' | 'integer' | 'absolute path' | 'text'

/** The one table of the options that all schemes have. */
const COMMON: Readonly<Record<string, Rule>> = {
  format: 'text',
  backend: ['vbd', 'qdisk'],
  cache: ['none', 'writeback', 'writethrough', 'unsafe'],
  discard: ['unmap', 'ignore'],
  'read-only': ['true', 'false'],
  'detect-zeroes': ['off', 'on', 'unmap'],
  ...Object.fromEntries(LIMITS.map((name) => [name, 'positive integer'] as const)),
  credentials: 'absolute path',
  scratch: 'absolute path',
  'target-timeout': 'positive integer',
}

/** Seconds: what is silent for longer is not only slow, and guests wait for it. */
const TARGET_TIMEOUT = '20'

/** Whether a parameter of a query is an option that every scheme has. */
export function isDiskOption(name: string): boolean {
  return Object.hasOwn(COMMON, name)
}

/** Options of one scheme: name → what their value has to be. */
export type OwnOptions = Readonly<Record<string, Rule>>

/** The configuration of a plugin cannot be used. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/**
 * The options of a URI under a configuration.
 * @param own the options that only the scheme has
 * @param unknown whether other parameters in the query are refused, or are none of ours: the server's
 * @throws DiskUriError, ConfigurationError naming the option that is unknown or has a wrong value
 */
export function readOptions(
  uri: ParsedUri,
  own: OwnOptions = {},
  unknown: 'refused' | 'passed on' = 'refused',
  configuration: ReadonlyMap<string, string> = pluginConfiguration(),
): DiskOptions {
  const rules = { ...COMMON, ...own }
  const query = unknown === 'refused' ? uri.query : new Map([...uri.query].filter(([name]) => name in rules))
  check(query, rules, (reason) => new DiskUriError(uri.text, reason))
  check(configuration, rules, (reason) => new ConfigurationError(`${CONFIGURATION_FILE} of the plugin: ${reason}`))
  const given = new Map([...query, ...configuration])
  const text = (name: string): string | undefined => given.get(name)
  const limits = LIMITS.flatMap((name): [string, Int64][] => {
    const value = int64FromText(text(name) ?? '')
    return value === undefined ? [] : [[name, value]]
  })
  return {
    ...optional('format', text('format')),
    // What the rules let pass is what the types say.
    backend: (text('backend') ?? 'vbd') as XenBackend,
    ...optional('cache', text('cache') as CacheMode | undefined),
    discard: (text('discard') ?? 'unmap') as DiskOptions['discard'],
    readOnly: text('read-only') === 'true',
    detectZeroes: (text('detect-zeroes') ?? 'off') as DiskOptions['detectZeroes'],
    ...optional('limits', limits.length === 0 ? undefined : (Object.fromEntries(limits) as IoLimits)),
    ...optional('credentials', text('credentials')),
    ...optional('scratch', text('scratch')),
    targetTimeout: Number(text('target-timeout') ?? TARGET_TIMEOUT),
    own: new Map([...given].filter(([name]) => Object.hasOwn(own, name))),
  }
}

/** What the options do not say about a disk. */
export interface Storage {
  readonly protocol: Protocol
  /** Path of the image, for the format that its extension means; the option `format` wins. */
  readonly path: string
  /** The format, where the scheme knows it; wins over path and option. */
  readonly format?: ImageFormat
  readonly secrets?: readonly Secret[]
  /** Whether the storage can only be read; false unless given. */
  readonly readOnly?: boolean
  /** Unless the option `cache` says otherwise; `none` unless given. */
  readonly cache?: CacheMode
}

/**
 * A disk on its storage, with its options.
 * @throws ImageFormatError
 */
export function describeDisk(storage: Storage, options: DiskOptions): DiskDescription {
  return {
    protocol: storage.protocol,
    ...optional('secrets', storage.secrets),
    format: storage.format ?? imageFormatOf(storage.path, options.format),
    readOnly: options.readOnly || storage.readOnly === true,
    cache: options.cache ?? storage.cache ?? 'none',
    discard: options.discard,
    detectZeroes: options.detectZeroes,
    ...optional('limits', options.limits),
  }
}

const CONFIGURATION_FILE = 'config.json'

/**
 * The options in `config.json` beside the plugin that runs, an object of texts, numbers and booleans; none where there
 * is no such file.
 * @throws ConfigurationError where it is something else
 */
export function pluginConfiguration(directory = dirname(process.argv[1] ?? '')): ReadonlyMap<string, string> {
  const path = join(directory, CONFIGURATION_FILE)
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof content !== 'object' || content === null || Array.isArray(content))
      throw new SyntaxError('not an object')
    return new Map(Object.entries(content).map(([name, value]) => [name, settingOf(name, value)]))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return new Map()
    if (error instanceof SyntaxError) throw new ConfigurationError(`${path}: ${error.message}`)
    throw error
  }
}

function settingOf(name: string, value: unknown): string {
  if (['string', 'number', 'boolean'].includes(typeof value)) return String(value)
  throw new SyntaxError(`${name} is neither text, number, true nor false`)
}

function check(
  options: ReadonlyMap<string, string>,
  rules: Readonly<Record<string, Rule>>,
  failure: (reason: string) => Error,
): void {
  for (const [name, value] of options) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) {
      throw failure(`there is no option ${name}; there are ${Object.keys(rules).sort().join(', ')}`)
    }
    if (!obeys(rule, value)) throw failure(`${name} is ${typeof rule === 'string' ? `a ${rule}` : rule.join(' or ')}`)
  }
}

function obeys(rule: Rule, value: string): boolean {
  if (rule === 'text') return value !== ''
  if (rule === 'absolute path') return value.startsWith('/')
  if (rule === 'integer') return /^\d+$/.test(value) && int64FromText(value) !== undefined
  if (rule === 'positive integer') return /^[1-9]\d*$/.test(value) && int64FromText(value) !== undefined
  return rule.includes(value)
}

function optional<N extends string, V>(name: N, value: V | undefined): { readonly [K in N]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in N]?: V }
}
