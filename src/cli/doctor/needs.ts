/** What the bundled datapath plugins need here for each way to reach a disk. */
import { constants } from 'node:fs'
import type { Finding } from './finding.ts'
import { hasTool, isAccessible } from './machine.ts'

interface Need {
  readonly name: string
  readonly isMet: () => boolean
  readonly recovery: string
}

const ROOT: Need = {
  name: 'root',
  isMet: () => process.geteuid?.() === 0,
  recovery: 'Run smapiv3 as root.',
}
const LOSETUP: Need = {
  name: 'losetup',
  isMet: () => hasTool('losetup'),
  recovery: 'apt-get install mount',
}
const LOOP_DEVICES: Need = {
  name: 'loop devices (/dev/loop-control)',
  isMet: () => isAccessible('/dev/loop-control', constants.R_OK | constants.W_OK),
  recovery: 'modprobe loop',
}

/** Scheme → what is offered only where the needs are met. */
const NEEDS: Readonly<Record<string, { readonly offers: string; readonly needs: readonly Need[] }>> = {
  file: { offers: 'BlockDevice and XenDisk', needs: [ROOT, LOSETUP, LOOP_DEVICES] },
}

/** A note for each need of a scheme that is not met; nothing for schemes that need nothing. */
export function needsOf(scheme: string): Finding[] {
  const { offers, needs } = NEEDS[scheme.toLowerCase()] ?? { offers: '', needs: [] }
  return needs
    .filter((need) => !need.isMet())
    .map(({ name, recovery }) => ({
      subject: `datapath ${scheme}`,
      status: 'note',
      message: `${offers} need ${name}, which is not there; the other implementations work`,
      recovery,
    }))
}
