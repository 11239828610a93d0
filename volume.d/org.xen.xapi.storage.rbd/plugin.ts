/** Volume plugin: an SR is a Ceph pool or a namespace in it, a volume an RBD image or a snapshot of one. See README.md. */
import { definePlugin, runPlugin } from '../../src/kit/index.ts'
import { dataDestroy, setCbt } from './cbt.ts'
import { CONFIGURATION_KEYS } from './configuration.ts'
import * as content from './content.ts'
import * as copies from './copies.ts'
import { diagnostics } from './diagnostics.ts'
import { runJob } from './flatten-job.ts'
import { JOB_ARGUMENT } from './job-argument.ts'
import { probe } from './probe.ts'
import { ATTACHMENTS, checkIdentity, readIdentity, withRepository } from './repository.ts'
import * as sr from './sr.ts'
import { describeVolumes, readVolumes } from './stat.ts'
import * as volume from './volume.ts'

const plugin = definePlugin({
  query: {
    plugin: 'rbd',
    name: 'Ceph RBD',
    description: 'Volumes are images in a pool of a Ceph cluster, or in a namespace of a pool',
    vendor: 'smapiv3',
    copyright: '© the smapiv3 authors, MIT licence',
    version: '0.1.0',
    configuration: CONFIGURATION_KEYS,
    features: ['THIN_PROVISIONING', 'VDI_RESIZE_ONLINE'],
  },
  Plugin: {
    diagnostics,
    ls: () => ATTACHMENTS.all().map((attachment) => attachment.sr),
  },
  SR: {
    probe,
    create: sr.create,
    attach: sr.attach,
    detach: sr.detach,
    destroy: sr.destroy,
    stat: sr.stat,
    set_name: (params) => sr.change(params.sr, { name: params.new_name }),
    set_description: (params) => sr.change(params.sr, { description: params.new_description }),
    ls: (params) =>
      withRepository(params.sr, async (repository) => {
        const { session, location } = repository
        checkIdentity(repository, await readIdentity(session))
        const { volumes, damaged } = await readVolumes(session)
        for (const { message } of damaged) process.stderr.write(`${message}\n`)
        return describeVolumes(session, location, volumes)
      }),
  },
  Volume: {
    create: volume.create,
    snapshot: copies.snapshot,
    clone: copies.clone,
    copy: copies.copy,
    revert: copies.revert,
    resize: volume.resize,
    set: ({ sr, key, k, v }) => volume.change(sr, key, ({ keys }) => ({ keys: { ...keys, [k]: v } })),
    unset: ({ sr, key, k }) => volume.change(sr, key, ({ keys: { [k]: _, ...keys } }) => ({ keys })),
    set_name: ({ sr, key, new_name }) => volume.change(sr, key, () => ({ name: new_name })),
    set_description: ({ sr, key, new_description }) => volume.change(sr, key, () => ({ description: new_description })),
    destroy: volume.destroy,
    stat: volume.stat,
    compare: content.compare,
    similar_content: content.similarContent,
    enable_cbt: ({ sr, key }) => setCbt(sr, key, true),
    disable_cbt: ({ sr, key }) => setCbt(sr, key, false),
    data_destroy: dataDestroy,
    list_changed_blocks: content.listChangedBlocks,
  },
})

const [, , word, handle] = process.argv
void (word === JOB_ARGUMENT && handle !== undefined ? runJob(handle) : runPlugin(plugin))
