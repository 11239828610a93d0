/** Every group of checks that go together. */
import type { Together } from '../../together.ts'
import { COPIES_TOGETHER } from './copies.ts'
import { DISK_TOGETHER } from './disk.ts'
import { INPUT_TOGETHER } from './input.ts'
import { NONPERSISTENT_TOGETHER } from './nonpersistent.ts'
import { PROTOCOL_TOGETHER } from './protocol.ts'

export const TOGETHER: readonly Together[] = [
  PROTOCOL_TOGETHER,
  INPUT_TOGETHER,
  DISK_TOGETHER,
  COPIES_TOGETHER,
  NONPERSISTENT_TOGETHER,
]
