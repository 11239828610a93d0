/**
 * Why a disk can be reached in these ways and not in others: said on stderr by Datapath.attach, whose answer has no place
 * for it. `smapiv3 disk attach` shows it.
 */
import type { Result } from '../kit/index.ts'
import type { XenBackend } from './disk-options.ts'
import type { Obstacle } from './engines.ts'
import { notice } from './notice.ts'

type Implementation = Result<'Datapath.attach'>['implementations'][number]

const BACKENDS: Readonly<Record<XenBackend, string>> = {
  vbd: 'backend vbd: blkback in the kernel takes the block device as it is; with the option backend=qdisk, QEMU does',
  qdisk: 'backend qdisk: the option backend asks for QEMU, which opens the block device',
  vbd3: 'backend vbd3: tapdisk takes the requests of the guest itself; its block device is for this host',
}

const PAGE_CACHE =
  'BlockDevice and XenDisk go through the page cache of this host: past it, the kernel has to be told to give QEMU one request ' +
  'at a time, which it could not be (Linux 5.8 with fusectl, and Perl)'

/**
 * @param engine what serves the disk here, and why that
 * @param obstacle what keeps a block device from being made, where that is so
 * @param pageCache whether its requests go through the page cache although they need not
 */
export function explain(
  implementations: readonly Implementation[],
  engine: string,
  backend: XenBackend,
  obstacle: Obstacle | undefined,
  pageCache = false,
): void {
  const kinds = new Set(implementations.map(([kind]) => kind))
  const lines = [
    `engine: ${engine}`,
    ...(kinds.has('XenDisk') ? [BACKENDS[backend]] : []),
    ...(kinds.has('BlockDevice') || obstacle === undefined
      ? []
      : [`neither BlockDevice nor XenDisk: ${obstacle.what}; ${obstacle.recovery}`]),
    ...(pageCache ? [PAGE_CACHE] : []),
  ]
  notice(lines.join('\n'))
}
