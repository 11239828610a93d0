import { describe } from 'vitest'
import { lacks } from '../support/needs.ts'
import { fileStorage } from './file-storage.ts'
import { crash } from './suites/crash.ts'
import { growth } from './suites/growth.ts'
import { model } from './suites/model.ts'
import { story } from './suites/story.ts'

describe.skipIf(lacks('qemu-img', 'qemu-io', 'qemu-storage-daemon'))('org.xen.xapi.storage.file, qcow2', () => {
  story(fileStorage('qcow2'))
  growth(fileStorage('qcow2'))
  crash(fileStorage('qcow2'))
  model(fileStorage('qcow2'))
})

describe.skipIf(lacks('qemu-io', 'losetup', 'loop devices'))('org.xen.xapi.storage.file, raw', () => {
  growth(fileStorage('raw'))
  crash(fileStorage('raw'))
})
