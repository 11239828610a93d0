/** A small Linux guest under software emulation: Debian's kernel, busybox, and a task for its disk. */
import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { GuestKernel } from '../support/guest-kernel.ts'

/** What a guest needs of the machine, for `lacks`. */
export const GUEST_NEEDS = ['qemu-system-x86_64', 'busybox', 'cpio', 'guest kernel'] as const

/** Milliseconds for a guest to boot, do its task and power off. */
const PATIENCE = 400_000

/** MiB. */
const MEMORY = 256

/** What the guest says in the end, if its task succeeded. */
const DONE = 'the task is done'

/** Modules that a guest needs, where the kernel has not built them in. */
const MODULES = /^(virtio|virtio_ring|virtio_pci\w*|virtio_blk|ext4|jbd2|mbcache|crc16|crc32c_generic|libcrc32c)\.ko$/

/** The first and only program of the guest. */
const INIT = `#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
depmod
for module in virtio_pci virtio_blk ext4; do modprobe "$module" 2>/dev/null; done
(set -e; . /task) && echo '${DONE}'
poweroff -f
`

export interface GuestOptions {
  readonly kernel: GuestKernel
  /** Where the initramfs is made. */
  readonly directory: string
  /** The disk, /dev/vda in the guest: what QEMU takes as the file of a raw drive. */
  readonly disk: string
  /** Lines of sh; the guest fails with the first that fails. */
  readonly task: string
}

/**
 * Boots a guest, lets it do its task and waits until it has powered off.
 * @throws Error with what the guest wrote on its console, where the task fails or takes too long
 */
export async function runGuest({ kernel, directory, disk, task }: GuestOptions): Promise<void> {
  const initramfs = makeInitramfs(directory, kernel, task)
  const machine = spawn(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
      ...['-accel', 'tcg', '-m', String(MEMORY)],
      ...['-kernel', kernel.image, '-initrd', initramfs, '-append', 'console=ttyS0 quiet panic=-1'],
      ...['-drive', `file=${disk},format=raw,if=virtio`],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE, killSignal: 'SIGKILL' },
  )
  let seen = ''
  for (const stream of [machine.stdout, machine.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      seen += text
    })
  const ending = await new Promise<string>((resolve, reject) => {
    machine.once('error', reject)
    machine.once('close', (status, signal) => resolve(signal ?? `exit status ${status}`))
  })
  if (ending !== 'exit status 0' || !seen.includes(DONE)) throw new Error(`the guest failed (${ending}):\n${seen}`)
}

function makeInitramfs(directory: string, { modules, version }: GuestKernel, task: string): string {
  const root = join(directory, 'initramfs')
  const own = join(root, 'lib', 'modules', version)
  for (const path of ['bin', 'dev', 'proc', 'mnt']) mkdirSync(join(root, path), { recursive: true })
  mkdirSync(own, { recursive: true })
  copyFileSync('/bin/busybox', join(root, 'bin', 'busybox'))
  symlinkSync('busybox', join(root, 'bin', 'sh'))
  writeFileSync(join(root, 'init'), INIT, { mode: 0o755 })
  writeFileSync(join(root, 'task'), task)
  for (const name of readdirSync(join(modules, 'kernel'), { recursive: true, encoding: 'utf8' })) {
    if (MODULES.test(basename(name))) copyFileSync(join(modules, 'kernel', name), join(own, basename(name)))
  }
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).join('\n')
  const file = join(directory, 'initramfs.cpio')
  execFileSync('cpio', ['--create', '--format=newc', '--quiet', `--file=${file}`], { cwd: root, input: names })
  return file
}

/** A file of an ext2, ext3 or ext4 file system, read without mounting it. */
export function fileIn(device: string, path: string, directory: string): Buffer {
  const copy = join(directory, 'copy')
  // debugfs ends with status 0 also where it fails; then there is no copy.
  execFileSync('/usr/sbin/debugfs', ['-R', `dump ${path} ${copy}`, device], { stdio: ['ignore', 'ignore', 'pipe'] })
  return readFileSync(copy)
}
