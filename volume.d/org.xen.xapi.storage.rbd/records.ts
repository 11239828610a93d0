/**
 * What is stored of an SR: the omap of one RADOS object in its pool or namespace, a value of JSON for each key. One object,
 * so that any number of records change in one step.
 *
 *   sr           the SR: it exists if and only if this record does
 *   volume/KEY   a volume
 *   image/NAME   an image that volumes, or children of it, are made of
 *   work/ID      a call at work on images
 */
import { stringifyJson } from '../../src/contract/json.ts'
import { DamagedFileError, parseRecord } from '../../src/engine/sr/record-file.ts'

/** The RADOS object. */
export const OBJECT = 'smapiv3.sr'

/** The newest format of the records that this version understands. */
const FORMAT = 1

export const SR_KEY = 'sr'
export const VOLUMES = 'volume/'
export const IMAGES = 'image/'
export const WORK = 'work/'

/** The SR. */
export interface Identity {
  readonly format: number
  readonly uuid: string
  readonly name: string
  readonly description: string
  /** Whether SR.create made the namespace, so that SR.destroy removes it. */
  readonly made_namespace: boolean
  /** Set while SR.destroy is at work: should it be killed, a repeated one goes on, and nothing else may begin. */
  readonly destroying?: boolean
}

export interface Volume {
  readonly name: string
  readonly description: string
  readonly read_write: boolean
  readonly sharable: boolean
  /** What Volume.set stored. */
  readonly keys: Readonly<Record<string, string>>
  /** Bytes. */
  readonly size: number
  readonly image: string
  /** The id that Ceph gave the image. */
  readonly image_id: string
  /** The snapshot of the image that the volume is; missing where it is the image itself. */
  readonly snapshot?: string
  /** The number that Ceph gave the snapshot: a later one has a larger number. */
  readonly snapshot_id?: number
  /** Key of the volume whose content this one began with; missing where it began empty. */
  readonly origin?: string
  /** Key of the volume at the root of all copies: those with the same root have content in common. */
  readonly root: string
  readonly cbt_enabled: boolean
  /** Set by Volume.data_destroy: the content is gone for users, and what changed is still known. */
  readonly data_destroyed?: boolean
  /** Set while Volume.destroy is at work: the volume is gone for everybody but a repeated call. */
  readonly destroying?: boolean
}

/** An image; it goes when it has neither volumes nor children any more. */
export interface Image {
  readonly id: string
  /** Key of each volume that this image is → its snapshot, empty for the image itself. */
  readonly volumes: Readonly<Record<string, string>>
  /** Names of the images that are clones of a snapshot of this one. */
  readonly children: readonly string[]
  /** Child → the snapshot that it is a clone of, which stays as long as the child needs it, also where it is no volume. */
  readonly held?: Readonly<Record<string, string>>
  /** Snapshots that nothing needs any more, to be removed. */
  readonly unused?: readonly string[]
  readonly parent?: Point
  /** Images above this one, through which reads may have to go. */
  readonly depth: number
  /** Set before the image is removed: nothing new may be made of it. */
  readonly removing?: boolean
  /** Set when the blocks have been freed that only an image without a volume of its own had. */
  readonly emptied?: boolean
  /** Set before the image is taken off its parent: of what changed until then, Ceph knows whole objects. */
  readonly flattened?: boolean
}

/** A snapshot of an image; what the image held there is not to be had any more where it is missing. */
export interface Point {
  readonly image: string
  readonly snapshot?: string
  readonly snapshot_id?: number
}

/** A call at work: what it makes is nobody's until its records are written. */
export interface Work {
  /** The process: the boot of its host, the namespace and number of the process, and when it began. */
  readonly process: string
  /** Where the cluster sees it. */
  readonly addresses: string
  /** When it began, in milliseconds since 1970. */
  readonly since: number
  readonly images: readonly string[]
  /** Image and snapshot. */
  readonly snapshots: readonly (readonly [string, string])[]
  /** The image that is being flattened. */
  readonly flattening?: string
}

const SHAPES = {
  sr: {
    format: 'number',
    uuid: 'string',
    name: 'string',
    description: 'string',
    made_namespace: 'boolean',
    destroying: 'boolean?',
  },
  volume: {
    name: 'string',
    description: 'string',
    read_write: 'boolean',
    sharable: 'boolean',
    keys: 'strings',
    size: 'number',
    image: 'string',
    image_id: 'string',
    snapshot: 'string?',
    snapshot_id: 'number?',
    origin: 'string?',
    root: 'string',
    cbt_enabled: 'boolean',
    data_destroyed: 'boolean?',
    destroying: 'boolean?',
  },
  image: {
    id: 'string',
    volumes: 'strings',
    children: 'array',
    held: 'strings?',
    unused: 'array?',
    depth: 'number',
    removing: 'boolean?',
    emptied: 'boolean?',
    flattened: 'boolean?',
  },
  work: { process: 'string', addresses: 'string', since: 'number', images: 'array', snapshots: 'array' },
} as const

/**
 * @throws DamagedFileError also where a newer version wrote a format that this one does not understand
 */
export function parseIdentity(text: string): Identity {
  const identity = parse<Identity>(SR_KEY, text, SHAPES.sr)
  if (identity.format <= FORMAT) return identity
  throw new DamagedFileError(placeOf(SR_KEY), `it has format ${identity.format}, and this plugin knows up to ${FORMAT}`)
}

/** @throws DamagedFileError */
export function parseVolume(key: string, text: string): Volume {
  return parse(VOLUMES + key, text, SHAPES.volume)
}

/** @throws DamagedFileError */
export function parseImage(name: string, text: string): Image {
  return parse(IMAGES + name, text, SHAPES.image)
}

/** @throws DamagedFileError */
export function parseWork(id: string, text: string): Work {
  return parse(WORK + id, text, SHAPES.work)
}

/**
 * A record as it is stored: in ASCII, since librados for Python takes the number of characters of the text that it compares
 * for that of its bytes, and so any other text for one that somebody has changed.
 */
export function formatRecord(record: Identity | Volume | Image | Work): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return stringifyJson(record).replace(/[^ -~]/g, escaped)
}

/** The identity of a new SR. */
export function newIdentity(uuid: string, name: string, description: string, madeNamespace: boolean): Identity {
  return { format: FORMAT, uuid, name, description, made_namespace: madeNamespace }
}

const KEY = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Whether a text can be the key of a volume. */
export function isKey(text: string): boolean {
  return KEY.test(text)
}

/** What the names of images and snapshots begin with that are this plugin's; others in the pool are left alone. */
const OWN = 'smapiv3.'

/** A name for an image or a snapshot, with the key of the volume it is made for. */
export function ownName(key: string): string {
  return OWN + key
}

/** What the names of snapshots have that are no volumes, and that an image is a child of. */
const STEM = `${OWN}stem.`

/** Name of the snapshot that an image is to be a child of, where the volume with its content is no snapshot. */
export function stemOf(image: string): string {
  return STEM + image.slice(OWN.length)
}

/** The key of the record of what a snapshot is for: a volume, or a child. There is none for hidden snapshots. */
export function recordOf(snapshot: string): string {
  return snapshot.startsWith(STEM) ? IMAGES + OWN + snapshot.slice(STEM.length) : VOLUMES + snapshot.slice(OWN.length)
}

export function isOwnName(name: string): boolean {
  return name.startsWith(OWN)
}

function parse<T>(key: string, text: string, shape: Readonly<Record<string, string>>): T {
  return parseRecord(placeOf(key), text, shape) as T
}

function placeOf(key: string): string {
  return `the record ${key} of the object ${OBJECT}`
}
