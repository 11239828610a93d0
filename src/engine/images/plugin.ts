/** The classes of a volume plugin whose SRs are directories of images, for definePlugin. */
import { type ClassMethods, definePlugin, type QueryDefinition, runPlugin } from '../../kit/index.ts'
import { type Program, programLine } from '../engines.ts'
import * as cbt from './cbt.ts'
import * as chained from './chained.ts'
import { JOB_ARGUMENT, runJob } from './coalesce-job.ts'
import * as content from './content.ts'
import { diagnostics } from './diagnostics.ts'
import type { RepositoryDriver } from './driver.ts'
import { probe } from './probe.ts'
import { attachmentsFor, openRepository } from './repository.ts'
import * as sr from './sr.ts'
import { describeVolume, describeVolumes } from './stat.ts'
import * as volume from './volume.ts'

/** Features that no method stands for. */
export const FEATURES: readonly string[] = ['THIN_PROVISIONING', 'VDI_RESIZE_ONLINE']

const QEMU_IMG: Program = { program: 'qemu-img', package: 'qemu-utils', purpose: 'for qcow2 and VHD images' }

/** The keys of device_config that every such plugin has → description, for Plugin.query. */
export const CONFIGURATION_KEYS = {
  sr_uuid: 'uuid of the SR expected there; SR.create and SR.probe add it',
  format: 'format of new volumes: qcow2 (the default), raw or vhd',
  iso: 'true: the directory holds ISO images and is left as it is, also where it can only be read',
}

/**
 * The last statement of such a plugin: runs it, or the job in the background that it has started.
 * @param query the answer of Plugin.query
 */
export async function runImagesPlugin(driver: RepositoryDriver, query: QueryDefinition): Promise<void> {
  const [, , word, sr] = process.argv
  if (word === JOB_ARGUMENT && sr !== undefined) return runJob(driver, sr)
  return runPlugin(definePlugin({ query, ...imagesPlugin(driver) }))
}

/** The classes for a driver. */
export function imagesPlugin(driver: RepositoryDriver) {
  return {
    Plugin: {
      diagnostics: async () => [programLine(QEMU_IMG), await diagnostics(driver)].join('\n'),
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
      snapshot: (params) => chained.snapshot(driver, params),
      clone: (params) => chained.clone(driver, params),
      copy: (params) => chained.copy(driver, params),
      revert: (params) => chained.revert(driver, params),
      resize: (params) => volume.resize(driver, params),
      set: ({ sr, key, k, v }) => volume.change(driver, sr, key, ({ keys }) => ({ keys: { ...keys, [k]: v } })),
      unset: ({ sr, key, k }) => volume.change(driver, sr, key, ({ keys: { [k]: _, ...keys } }) => ({ keys })),
      set_name: ({ sr, key, new_name }) => volume.change(driver, sr, key, () => ({ name: new_name })),
      set_description: ({ sr, key, new_description }) =>
        volume.change(driver, sr, key, () => ({ description: new_description })),
      destroy: (params) => volume.destroy(driver, params),
      stat: async (params) => describeVolume(await openRepository(driver, params.sr), params.key),
      compare: (params) => content.compare(driver, params),
      compose: (params) => chained.compose(driver, params),
      enable_cbt: (params) => cbt.enable(driver, params),
      disable_cbt: (params) => cbt.disable(driver, params),
      data_destroy: (params) => cbt.destroyData(driver, params),
      list_changed_blocks: (params) => cbt.listChangedBlocks(driver, params),
      similar_content: (params) => content.similarContent(driver, params),
    },
  } satisfies {
    Plugin: Partial<ClassMethods<'Plugin'>>
    SR: Partial<ClassMethods<'SR'>>
    Volume: Partial<ClassMethods<'Volume'>>
  }
}
