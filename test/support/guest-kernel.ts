/** The Linux kernel that guests of the tests boot. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface GuestKernel {
  /** Bootable image. */
  readonly image: string
  readonly version: string
  /** Directory with its modules. */
  readonly modules: string
}

/**
 * A kernel of Debian, installed, or unpacked into the directory that SMAPIV3_GUEST_KERNEL names; undefined where there is
 * none.
 */
export function guestKernel(): GuestKernel | undefined {
  const root = process.env.SMAPIV3_GUEST_KERNEL || '/'
  const boot = join(root, 'boot')
  const versions = existsSync(boot) ? readdirSync(boot).flatMap((name) => /^vmlinuz-(.+)$/.exec(name)?.[1] ?? []) : []
  return versions
    .map((version) => ({
      image: join(boot, `vmlinuz-${version}`),
      version,
      modules: join(root, 'lib', 'modules', version),
    }))
    .find(({ modules }) => existsSync(join(modules, 'kernel')))
}
