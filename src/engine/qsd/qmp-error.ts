/** What can go wrong between a daemon and who speaks to it. */
import { errors } from '../../kit/index.ts'
import { DRIVER_PACKAGE } from '../engines.ts'
import { errnoOf } from '../storage-error.ts'

/** A command that the daemon refused or could not do. */
export class QmpError extends Error {
  override readonly name = 'QmpError'
  readonly command: string
  /** QMP's class: GenericError for nearly all, CommandNotFound, DeviceNotFound… */
  readonly errorClass: string
  /** QMP's text for people. */
  readonly description: string

  constructor(command: string, errorClass: string, description: string) {
    super(`qemu-storage-daemon refused ${command}: ${description}`)
    this.command = command
    this.errorClass = errorClass
    this.description = description
  }
}

/** Nobody listens, the daemon went away, or it did not answer in time. */
export class QmpConnectionError extends Error {
  override readonly name = 'QmpConnectionError'
}

/** The error of a refusal. Debian has the drivers for storage in the network in a package of their own: where one is missing, that. */
export function refusal(command: string, errorClass: string, description: string): Error {
  const driver = /^Unknown driver '(.*)'$/.exec(description)?.[1]
  if (driver !== undefined) return errors.missingDependency(`QEMU’s driver ${driver}`, DRIVER_PACKAGE)
  return new QmpError(command, errorClass, description)
}

/** Whether as many wait for the daemon as can, which are one or two beside the one that it serves. */
export function isCrowded(error: unknown): boolean {
  return error instanceof QmpConnectionError && errnoOf(error.cause) === 'EAGAIN'
}
