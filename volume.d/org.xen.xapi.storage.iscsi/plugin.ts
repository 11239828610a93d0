/** Volume plugin: an SR is an iSCSI target, a volume one of its logical units. See README.md. */
import { definePlugin, runPlugin } from '../../src/kit/index.ts'
import { CONFIGURATION_KEYS } from './configuration.ts'
import { diagnostics } from './diagnostics.ts'
import { probe } from './probe.ts'
import { attachments } from './repository.ts'
import * as sr from './sr.ts'
import { describeVolume, statVolume, unitsOf } from './stat.ts'

void runPlugin(
  definePlugin({
    query: {
      plugin: 'iscsi',
      name: 'Logical units of an iSCSI target',
      description: 'Volumes are the logical units that an array presents; the array makes, resizes and removes them',
      vendor: 'smapiv3',
      copyright: '© the smapiv3 authors, MIT licence',
      version: '0.1.0',
      configuration: CONFIGURATION_KEYS,
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
      stat: sr.stat,
      async ls({ sr }) {
        const attachment = attachments.of(sr)
        return (await unitsOf(attachment)).map((unit) => describeVolume(attachment, unit))
      },
    },
    Volume: {
      stat: ({ sr, key }) => statVolume(attachments.of(sr), key),
    },
  }),
)
