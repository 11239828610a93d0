/**
 * The seam of a volume plugin whose SRs are directories of images: what differs between a local directory, an NFS
 * export and an SMB share. `imagesPlugin(driver)` in plugin.ts makes the three classes of it, for definePlugin.
 *
 * To plug in a share:
 *
 * 1. `locate` reads device_config and gives the SR's handle: a URI in its one form, without secrets, so that one share
 *    has one handle. Nothing is looked at, so that it works for SR.detach while the server is away.
 * 2. `connect` mounts, or whatever else gives the share a path on this host. SR.probe and SR.create call it too, and
 *    `disconnect` afterwards. Both are repeatable; two SRs on one export, and calls of several processes at once, are
 *    the driver's to sort out (a lock of its own in the run directory; `attached` tells which SRs are in use).
 * 3. `check` is called at the beginning of every later call on an attached SR, in another process: it finds the mount
 *    again and throws SrUnreachableError where it has gone or the server does not answer, in seconds. SR.stat turns
 *    that into the health Unreachable, every other call fails with it. It may mount again what has vanished.
 * 4. `imageUri` says how the datapath reaches an image.
 * 5. `locks` keep the processes of all hosts that have the share apart, see ../sr/locks.ts.
 *
 * Everything else is done here: identity, metadata, crash safety, formats, snapshots, sizes, errors. Storage that
 * refuses writes (EROFS, EACCES) is read-only: what only reads works, what writes says so.
 */
import type { Params, Result } from '../../contract/methods.ts'
import type { Disk } from '../qsd/disk.ts'
import type { Space } from '../space.ts'
import type { Attachment } from '../sr/attachments.ts'
import type { Locks } from '../sr/locks.ts'

/** A device_config, as SR.probe, SR.create and SR.attach are given it. */
export type Configuration = Params<'SR.attach'>['configuration']

/** One answer of SR.probe. */
export type ProbeResult = Result<'SR.probe'>[number]

/** Where an SR is, or could be. */
export interface Location {
  /** The handle of the SR there: a URI without secrets. */
  readonly sr: string
  /** The keys of device_config that lead there, in their one form: they replace what was given. */
  readonly configuration: Configuration
}

/** An SR that is attached on this host. */
export interface DirectoryAttachment extends Attachment {
  /** Where the SR's directory is on this host. */
  readonly directory: string
  /** Set where nothing can be written. */
  readonly read_only?: boolean
  /** Set where the directory is no SR of ours, but holds ISO images. */
  readonly isos?: boolean
  /** Set when SR.destroy begins, so that a repeated call knows what to finish when nothing of the SR is left. */
  readonly destroying?: { readonly made_directory: boolean }
}

/** What differs from plugin to plugin. */
export interface RepositoryDriver {
  /** The plugin's name, such as `nfs`; the records of its attached SRs are in `volume/NAME` of the run directory. */
  readonly plugin: string
  /**
   * Where a configuration leads, by its text alone.
   * @throws ConfigurationError and the like, saying what to give
   */
  locate(configuration: Configuration): Location
  /** The location of a directory right below another one. */
  below(location: Location, name: string): Location
  /**
   * Makes a location reachable.
   * @returns path of its directory on this host, which need not exist
   * @throws ServerUnreachableError and the like
   */
  connect(location: Location, configuration: Configuration): string | Promise<string>
  /** Undoes connect for a handle unless one of the attached SRs needs it; it is no error where there is nothing or no server. */
  disconnect?(sr: string, attached: readonly DirectoryAttachment[]): void | Promise<void>
  /** @throws SrUnreachableError where what connect made is no longer there */
  check?(attachment: DirectoryAttachment): void | Promise<void>
  /**
   * The steps of SR.probe before a configuration names a directory, such as the exports of a server.
   * @returns undefined where it does: the directory is then looked at
   */
  probe?(configuration: Configuration): Promise<readonly ProbeResult[] | undefined>
  /** The URI of an image in the SR's directory. */
  imageUri(attachment: DirectoryAttachment, fileName: string): string
  readonly locks: Locks
  /** The space of an SR, where the file system does not tell it; undefined where it does. */
  space?(attachment: DirectoryAttachment): Space | undefined
  /**
   * The disks that the datapath of this host has of a URI, for changes while it is in use, see ../qsd/live.ts. Without
   * it, an image that is in use is told by QEMU's locks alone, and cannot be changed.
   */
  localDisk?(uri: string): { readonly disk: Disk; readonly front: Disk }
  /**
   * Whether images that stand on each other may be merged, and the ones that are left over removed, while another host
   * might have them open. True unless given: only this host has the directory.
   */
  mayMerge?(attachment: DirectoryAttachment): boolean | Promise<boolean>
}
