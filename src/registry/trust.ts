/**
 * Whom the host lets decide what it executes, usually as root: root and the user it runs as, nobody else.
 *
 * Refused is what others may write to, or what somebody else owns (who can always give himself the permission): the
 * root, its directory of plugins, the plugin directory and everything directly in it, every file that a symbolic link
 * leads to, the link itself and the directory that contains its target. A sticky directory (such as /tmp) may be
 * writable where it only contains something trusted, as for sshd: others cannot rename or remove what they do not own.
 *
 * Group write counts as write by others, root's group included: system accounts are members of it on some
 * distributions, and no umask of root sets it. The one exception is the private group of the user the host runs as
 * (same number as the user, no other member), because the usual umask 002 of such users would make every clone of a
 * repository unusable.
 */
import { type BigIntStats, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Files, type Found, isObjection, shellWord } from './files.ts'
import type { Objection } from './rejections.ts'

const GROUP_WRITE = 0o020n
const OTHERS_WRITE = 0o002n
const STICKY = 0o1000n
const PERMISSIONS = 0o7777n

const ROOT = 0n

/** The questions of trust about one moment's {@link Files}. */
export class Trust {
  readonly #files: Files
  readonly #user: bigint
  #privateGroup: boolean | undefined

  constructor(files: Files) {
    this.#files = files
    this.#user = BigInt(process.geteuid?.() ?? 0)
  }

  /** Objection to a thing that is executed or holds what is executed: itself, and every link on the way to it. */
  objectionTo(found: Found): Objection | undefined {
    return this.#objectionToLinks(found) ?? this.#objectionToStats(found.path, found.stats, false)
  }

  /** Objection to a directory that contains plugins, or the target of a link: it may be sticky. */
  objectionToContainer(directory: string): Objection | undefined {
    const found = this.#files.follow(directory)
    if (isObjection(found)) return found
    return this.#objectionToLinks(found) ?? this.#objectionToStats(found.path, found.stats, true)
  }

  #objectionToLinks(found: Found): Objection | undefined {
    for (const link of found.links) {
      const objection =
        this.#objectionToOwner(link.path, link.stats) ?? this.#objectionToDirectory(dirname(link.target))
      if (objection !== undefined) return objection
    }
    return undefined
  }

  /** The directory a link leads into, without asking again what leads to that directory. */
  #objectionToDirectory(directory: string): Objection | undefined {
    const found = this.#files.follow(directory)
    return isObjection(found) ? found : this.#objectionToStats(found.path, found.stats, true)
  }

  #objectionToStats(path: string, stats: BigIntStats, mayBeSticky: boolean): Objection | undefined {
    return this.#objectionToOwner(path, stats) ?? this.#objectionToMode(path, stats, mayBeSticky)
  }

  #objectionToOwner(path: string, stats: BigIntStats): Objection | undefined {
    if (stats.uid === ROOT || stats.uid === this.#user) return undefined
    const mend = `chown -h root ${shellWord(path)}`
    return {
      code: 'foreign-owner',
      message: `${path} is owned by user ${stats.uid}, neither root nor the user running this (${this.#user})`,
      recovery: `Look at what it contains, then: ${mend}`,
    }
  }

  #objectionToMode(path: string, stats: BigIntStats, mayBeSticky: boolean): Objection | undefined {
    const sticky = mayBeSticky && stats.isDirectory() && (stats.mode & STICKY) !== 0n
    const byOthers = (stats.mode & OTHERS_WRITE) !== 0n
    const byGroup = (stats.mode & GROUP_WRITE) !== 0n && !this.#isPrivateGroup(stats)
    if (sticky || !(byOthers || byGroup)) return undefined
    const mode = (stats.mode & PERMISSIONS).toString(8).padStart(4, '0')
    const who = byOthers ? 'everybody' : `group ${stats.gid}`
    return {
      code: 'writable',
      message: `${path} may be written by ${who} (mode ${mode}, owner ${stats.uid}:${stats.gid})`,
      recovery: `Look at what it contains, then: chmod go-w ${shellWord(path)}`,
    }
  }

  #isPrivateGroup(stats: BigIntStats): boolean {
    if (this.#user === ROOT || stats.uid !== this.#user || stats.gid !== this.#user) return false
    this.#privateGroup ??= hasNoOtherMember(stats.gid)
    return this.#privateGroup
  }
}

/** Whether /etc/group lists the group with no member but the user of the same name; false where it cannot be said. */
function hasNoOtherMember(gid: bigint): boolean {
  for (const line of groupFile().split('\n')) {
    const [name = '', , id, members = ''] = line.split(':')
    if (id === String(gid)) return members.split(',').every((member) => member === '' || member === name)
  }
  return false
}

function groupFile(): string {
  try {
    return readFileSync('/etc/group', 'utf8')
  } catch {
    // Without the file no group is known to be private, which refuses more, not less.
    return ''
  }
}
