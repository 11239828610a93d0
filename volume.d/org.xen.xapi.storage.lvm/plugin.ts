/** Volume plugin: an SR is a volume group of LVM, a volume a logical volume in it. See README.md. */
import { hasThinPools } from '../../src/engine/lvm/device-mapper.ts'
import { definePlugin, runPlugin } from '../../src/kit/index.ts'
import { CONFIGURATION_KEYS } from './configuration.ts'
import * as content from './content.ts'
import { diagnostics } from './diagnostics.ts'
import { probe } from './probe.ts'
import { attachments, findVolume } from './repository.ts'
import * as sr from './sr.ts'
import { describeVolume, describeVolumes } from './stat.ts'
import * as volume from './volume.ts'

void runPlugin(
  definePlugin({
    query: {
      plugin: 'lvm',
      name: 'Volume group of LVM',
      description: 'Volumes are logical volumes, linear or of a thin pool, on block devices of this host',
      vendor: 'smapiv3',
      copyright: '© the smapiv3 authors, MIT licence',
      version: '0.1.0',
      configuration: CONFIGURATION_KEYS,
      features: hasThinPools() ? ['THIN_PROVISIONING'] : [],
    },
    Plugin: {
      diagnostics,
      ls: () => attachments.all().map((attachment) => attachment.sr),
    },
    SR: {
      probe,
      create: sr.create,
      attach: sr.attach,
      detach: sr.detach,
      destroy: sr.destroy,
      stat: sr.stat,
      set_name: sr.setName,
      set_description: sr.setDescription,
      ls({ sr }) {
        const { volumes, damaged } = describeVolumes(attachments.of(sr))
        for (const { message } of damaged) process.stderr.write(`${message}\n`)
        return [...volumes]
      },
    },
    Volume: {
      create: volume.create,
      snapshot: volume.snapshot,
      clone: volume.clone,
      copy: volume.copy,
      revert: volume.revert,
      resize: volume.resize,
      set: ({ sr, key, k, v }) => volume.change(sr, key, ({ keys }) => ({ keys: { ...keys, [k]: v } })),
      unset: ({ sr, key, k }) => volume.change(sr, key, ({ keys: { [k]: _, ...keys } }) => ({ keys })),
      set_name: ({ sr, key, new_name }) => volume.change(sr, key, () => ({ name: new_name })),
      set_description: ({ sr, key, new_description }) =>
        volume.change(sr, key, () => ({ description: new_description })),
      destroy: volume.destroy,
      stat({ sr, key }) {
        const { layout, generation } = findVolume(attachments.of(sr), key)
        return describeVolume(layout, generation)
      },
      compare: content.compare,
      similar_content: content.similarContent,
    },
  }),
)
