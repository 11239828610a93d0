/** The classes of a volume plugin whose SRs are directories of images, for definePlugin. */
import type { ClassMethods } from '../../kit/index.ts'
import * as content from './content.ts'
import { diagnostics } from './diagnostics.ts'
import type { RepositoryDriver } from './driver.ts'
import { probe } from './probe.ts'
import { attachmentsFor, openRepository } from './repository.ts'
import * as sr from './sr.ts'
import { describeVolume, describeVolumes } from './stat.ts'
import * as volume from './volume.ts'

/** Features that no method stands for. */
export const FEATURES: readonly string[] = ['THIN_PROVISIONING']

/** The classes for a driver. */
export function imagesPlugin(driver: RepositoryDriver) {
  return {
    Plugin: {
      diagnostics: () => diagnostics(driver),
      ls: () =>
        attachmentsFor(driver)
          .all()
          .map((attachment) => attachment.sr),
    },
    SR: {
      probe: (params) => probe(driver, params),
      create: (params) => sr.create(driver, params),
      attach: (params) => sr.attach(driver, params),
      detach: (params) => sr.detach(driver, params),
      destroy: (params) => sr.destroy(driver, params),
      stat: (params) => sr.stat(driver, params),
      set_name: (params) => sr.changeIdentity(driver, params.sr, { name: params.new_name }),
      set_description: (params) => sr.changeIdentity(driver, params.sr, { description: params.new_description }),
      async ls(params) {
        const { volumes, damaged } = describeVolumes(await openRepository(driver, params.sr))
        for (const { message } of damaged) process.stderr.write(`${message}\n`)
        return [...volumes]
      },
    },
    Volume: {
      create: (params) => volume.create(driver, params),
      snapshot: (params) => volume.snapshot(driver, params),
      clone: (params) => volume.clone(driver, params),
      copy: (params) => volume.copy(driver, params),
      revert: (params) => volume.revert(driver, params),
      resize: (params) => volume.resize(driver, params),
      set: ({ sr, key, k, v }) => volume.change(driver, sr, key, ({ keys }) => ({ keys: { ...keys, [k]: v } })),
      unset: ({ sr, key, k }) => volume.change(driver, sr, key, ({ keys: { [k]: _, ...keys } }) => ({ keys })),
      set_name: ({ sr, key, new_name }) => volume.change(driver, sr, key, () => ({ name: new_name })),
      set_description: ({ sr, key, new_description }) =>
        volume.change(driver, sr, key, () => ({ description: new_description })),
      destroy: (params) => volume.destroy(driver, params),
      stat: async (params) => describeVolume(await openRepository(driver, params.sr), params.key),
      compare: (params) => content.compare(driver, params),
      similar_content: (params) => content.similarContent(driver, params),
    },
  } satisfies {
    Plugin: Partial<ClassMethods<'Plugin'>>
    SR: Partial<ClassMethods<'SR'>>
    Volume: Partial<ClassMethods<'Volume'>>
  }
}
