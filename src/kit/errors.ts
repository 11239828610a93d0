/**
 * The errors a plugin answers with (SMAPIv3 script protocol, section 5). Code and params reach the toolstack, and from
 * there the user, as they are.
 */

/** The code of every error that the toolstack has no number for. */
const BACKEND_FAILURE = 'SR_BACKEND_FAILURE'

/** An error whose code and params become the plugin's error object unchanged. */
export class PluginError extends Error {
  override readonly name = 'PluginError'
  /** Becomes the XenAPI error code, such as `SR_BACKEND_FAILURE_44`. */
  readonly code: string
  readonly params: readonly string[]

  constructor(code: string, params: readonly string[], options?: ErrorOptions) {
    super(params.join(': ') || code, options)
    this.code = code
    this.params = params
  }
}

/**
 * The errors of the interface, and those of the numbered XenAPI errors that a toolstack reacts to, with its words. To
 * be thrown: `throw errors.volumeDoesNotExist(key)`.
 */
export const errors = {
  /** No volume of that key is in the SR. */
  volumeDoesNotExist: (key: string) => named('Volume_does_not_exist', key),
  /** The SR, named by its handle, is not attached on this host. */
  srNotAttached: (sr: string) => named('Sr_not_attached', sr),
  /** The SR cannot be found where the handle or configuration says. */
  srDoesNotExist: (sr: string) => named('SR_does_not_exist', sr),
  /** The plugin does not have the method, given as `Class.method`, or not for this SR or volume, and then says why. */
  unimplemented: (method: string, why?: string) =>
    named('Unimplemented', why === undefined ? method : `${method}: ${why}`),
  /** The operation was cancelled, at the request of Data.cancel or Task.cancel. */
  cancelled: (operation: string) => named('Cancelled', operation),
  /** Another host, named by its XenServer uuid, has the volume activated; the toolstack repeats a snapshot there. */
  activatedOnAnotherHost: (uuid: string) => named('Activated_on_another_host', uuid),
  /** The storage is full. */
  noSpace: (detail: string) => numbered(44, 'There is insufficient space', detail),
  /** The size asked for is not possible. */
  invalidSize: (detail: string) => numbered(79, 'VDI Invalid size', detail),
  /** The volume has as many snapshots below it as the storage can bear. */
  chainTooLong: (detail: string) => numbered(109, 'The snapshot chain is too long', detail),
  /** A program that the plugin runs is not installed; `pkg` names the package that brings it. */
  missingDependency: (tool: string, pkg: string) =>
    named('MissingDependency', `There is a missing dependency: ${tool} not found (it is in the package ${pkg})`),
} as const

function named(name: string, argument: string): PluginError {
  return new PluginError(BACKEND_FAILURE, [name, argument])
}

function numbered(number: 44 | 79 | 109, text: string, detail: string): PluginError {
  return new PluginError(`${BACKEND_FAILURE}_${number}`, [text, detail])
}
