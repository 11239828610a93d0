/**
 * The one table of reasons why something in a root is not (or not yet) usable as a plugin.
 *
 * Nothing that stands in a root is skipped silently: what is no plugin is listed with a row of {@link REJECTIONS}.
 */
import { type ErrorDetails, Smapiv3Error } from '../contract/errors.ts'
import type { PluginKind } from '../contract/methods.ts'

interface RejectionRow {
  /** What is wrong, for the documentation. */
  readonly meaning: string
  /** What to do, unless the rejection itself knows better. */
  readonly recovery: string
  /** Whether time alone may mend it, so that a watching registry asks the plugin again. */
  readonly retried: boolean
}

export const REJECTIONS = {
  'no-root': row('The root directory does not exist.', 'Create the directory, or correct --root.'),
  'no-kind-directory': row(
    'The root holds none of volume.d, volume, datapath.d and datapath.',
    'Create volume.d or datapath.d in it, or correct --root.',
  ),
  'not-directory': row('A directory was expected and something else is there.', 'Replace it by a directory.'),
  'not-file-or-directory': row(
    'It is a socket, pipe or device: neither a plugin directory nor an executable file.',
    'Remove it from the directory of plugins.',
  ),
  temporary: row('Its name is that of an editor’s or package manager’s temporary file.', 'Remove or rename it.'),
  'invalid-name': row(
    'Its name cannot be a queue name: letters, digits and . _ + - only.',
    'Name a volume plugin org.xen.xapi.storage.TYPE.',
  ),
  'invalid-scheme': row(
    'Its name is not a URI scheme (RFC 3986, section 3.1).',
    'Name a datapath plugin like the scheme it serves: a letter, then letters, digits, + - and .',
  ),
  shadowed: row('An earlier root or directory has a plugin of the same name.', 'Remove or rename one of the two.'),
  missing: row('It is not there any more.', 'Install the plugin again.'),
  'dangling-link': row('It is a symbolic link to something that does not exist.', 'Correct or remove the link.'),
  'link-loop': row('It is a symbolic link that leads back to itself.', 'Correct or remove the link.'),
  unreadable: row('The kernel does not let the host read it.', 'Correct its permissions, or run the host as root.'),
  writable: row('Others than root and the user may write to it.', 'Take the permission away with chmod go-w.'),
  'foreign-owner': row('It is owned by somebody else than root and the user.', 'Give it to root with chown.'),
  'no-query': row(
    'The directory has no script Plugin.query (or Plugin.Query).',
    'Add the script; every plugin needs it. Bundled plugins get theirs from `npm run build`.',
  ),
  'not-executable': row('The file may not be executed.', 'Make it executable with chmod +x.'),
  'unsupported-api-version': row(
    'The plugin requires a version of SMAPIv3 that the host does not speak.',
    'Use a plugin whose Plugin.query says required_api_version 5.0 (or 3.0).',
  ),
  'bad-query-reply': row(
    'The answer of Plugin.query breaks the protocol.',
    'Correct the script: `smapiv3 call PLUGIN Plugin.query` shows its answer.',
    true,
  ),
  'query-failed': row('Plugin.query failed.', 'Read the message and the stderr of the script.', true),
  'query-timed-out': row('Plugin.query did not finish within its deadline.', 'Find what the script waits for.', true),
} as const satisfies Record<string, RejectionRow>

/** Stable code of a rejection: a row of {@link REJECTIONS}. */
export type RejectionCode = keyof typeof REJECTIONS

/** Something in a root that is not usable, and why. */
export interface Rejection {
  readonly code: RejectionCode
  /** Absolute path of what stands in the root, as an operator would name it. */
  readonly path: string
  /** File name of the would-be plugin; undefined where a whole directory of plugins is rejected. */
  readonly name: string | undefined
  readonly kind: PluginKind | undefined
  /** One sentence: what was seen, with the path or value at fault. */
  readonly message: string
  /** What to do next; a command where one mends it. */
  readonly recovery: string
  /** What Plugin.query failed with, where it was run. */
  readonly cause?: Smapiv3Error
}

/** What is wrong with something, before it is known whose rejection that is. */
export interface Objection {
  readonly code: RejectionCode
  readonly message: string
  readonly recovery?: string
  readonly cause?: Smapiv3Error
}

/** A finding that does not keep a plugin (or root) from being used. */
export interface Warning {
  readonly code: WarningCode
  readonly message: string
}

export type WarningCode =
  | 'deprecated-api-version'
  | 'name-mismatch'
  | 'unusual-name'
  | 'feature-without-script'
  | 'missing-script'
  | 'script-not-executable'
  | 'unusable-script'
  | 'replaceable-root'

/** An objection as the rejection of one path. */
export function rejection(
  objection: Objection,
  subject: { path: string; name?: string | undefined; kind?: PluginKind | undefined },
): Rejection {
  const { code, message, recovery = REJECTIONS[code].recovery, cause } = objection
  const { path, name, kind } = subject
  return Object.freeze({ code, path, name, kind, message, recovery, ...(cause === undefined ? {} : { cause }) })
}

/** A rejection as the error of a caller who needs that plugin: PLUGIN_REJECTED, with the reason and how to mend it. */
export function rejectionError(rejected: Rejection): Smapiv3Error {
  const { kind, name, path, message, recovery, cause } = rejected
  const subject = name === undefined ? path : `${kind ?? ''} plugin ${name}`.trim()
  const details: ErrorDetails = { recovery, params: [rejected.code, path], cause, stderr: cause?.stderr }
  return new Smapiv3Error('PLUGIN_REJECTED', `${subject} is not usable: ${message}`, details)
}

function row(meaning: string, recovery: string, retried = false): RejectionRow {
  return { meaning, recovery, retried }
}
