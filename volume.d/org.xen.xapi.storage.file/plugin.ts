/** Volume plugin: an SR is a directory, a volume a raw sparse image in it. See README.md. */
import { definePlugin, runPlugin } from '../../src/kit/index.ts'
import { attachments } from './attachment.ts'
import { CONFIGURATION_KEYS } from './configuration.ts'
import * as content from './content.ts'
import { diagnostics } from './diagnostics.ts'
import { probe } from './probe.ts'
import { openRepository } from './repository.ts'
import * as sr from './sr.ts'
import { describeVolume, describeVolumes } from './stat.ts'
import * as volume from './volume.ts'

void runPlugin(
  definePlugin({
    query: {
      plugin: 'file',
      name: 'Directory of images',
      description: 'Volumes are raw sparse image files in a directory of this host',
      vendor: 'smapiv3',
      copyright: '© the smapiv3 authors, MIT licence',
      version: '0.1.0',
      configuration: CONFIGURATION_KEYS,
      features: ['THIN_PROVISIONING'],
    },
    Plugin: {
      diagnostics,
      ls: () => attachments().map((attachment) => attachment.sr),
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
        const { volumes, damaged } = describeVolumes(openRepository(sr).directory)
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
      set: volume.set,
      unset: volume.unset,
      set_name: volume.setName,
      set_description: volume.setDescription,
      destroy: volume.destroy,
      stat: ({ sr, key }) => describeVolume(openRepository(sr).directory, key),
      compare: content.compare,
      similar_content: content.similarContent,
    },
  }),
)
