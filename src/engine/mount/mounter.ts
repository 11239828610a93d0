/** What the mounts of file systems of servers have in common, whatever the protocol. */

/** A file system that a server offers, as somebody uses it. */
export interface Mountable {
  /** Names the directory of the run directory that the mounts are in. */
  readonly protocol: 'nfs' | 'smb'
  /**
   * What tells mounts apart, such as server, share and who is logged in: those who name the same share one mount. Without
   * a password: what is in a file's name can be read by others.
   */
  readonly identity: readonly (string | number | undefined)[]
  /** For messages, such as `the share disks of server`. */
  readonly label: string
}

/** A program that mounts one {@link Mountable}. */
export interface Mounter {
  /** The program that has to be installed, and the package that brings it. */
  readonly program: string
  readonly package: string
  /**
   * @param directory of the mount
   * @param mountpoint an empty directory in it
   * @throws Error where the program cannot do what is asked
   */
  process(directory: string, mountpoint: string): MountProcess
  /** Where the file system is below the mount point. */
  readonly below: string
  /** What it means that the server lets nobody see the root of the file system. */
  readonly denial: string
}

/** A process in a mount namespace of its own, which ends with it, and the mount with the namespace. */
export interface MountProcess {
  readonly command: string
  /** One of them is the mount point, by which the process is found again. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What the process reads from descriptor 3. */
  readonly secret?: string
  /** What is in the file `configuration` of the mount's directory, until the file system is mounted. */
  readonly configuration?: string
}

/** A file system that cannot be mounted, or not read by this user. */
export class MountError extends Error {
  override readonly name = 'MountError'
}

/**
 * A shell script that runs a mount program of the kernel's clients and stays; the shell is found by its arguments, so
 * that no other program may take its place. Its arguments: what to mount, the mount point, options, and the name of a
 * pipe that it makes to wait on. A password is in descriptor 3.
 */
export function stayingScript(program: string): string {
  return `${program} "$1" "$2" -o "$3" 3<&3 && exec 3<&- && mkfifo "$4" && read -r forever <> "$4"`
}
