/** What can be wrong with an SR or volume, whatever the storage; the name of the class is the error's first param. */

/** A device_config from which the storage cannot be found. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/** Storage that cannot become an SR; the message says what was seen on it. */
export class SrNotCreatedError extends Error {
  override readonly name = 'SrNotCreatedError'
}

/** A configuration that names another SR than the one that is there. */
export class SrMismatchError extends Error {
  override readonly name = 'SrMismatchError'
}

/** An SR that is attached, but whose storage cannot be used at the moment. */
export class SrUnreachableError extends Error {
  override readonly name = 'SrUnreachableError'
}

/** Something was to be changed on storage that can only be read. */
export class SrReadOnlyError extends Error {
  override readonly name = 'SrReadOnlyError'
}

/** A change of the content or size of a snapshot, which never changes. */
export class VolumeReadOnlyError extends Error {
  override readonly name = 'VolumeReadOnlyError'
}

/** What was asked for is not possible while somebody uses the volume. */
export class VolumeInUseError extends Error {
  override readonly name = 'VolumeInUseError'
}
