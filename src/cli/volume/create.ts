import { flag, option, SR, text } from '../arguments.ts'
import { parseSize } from '../size.ts'
import { verb } from '../verb.ts'
import { shownVolume } from './show.ts'

export const create = verb({
  command: 'create <sr> <name> <size>',
  summary: 'Create a volume',
  examples: [
    ['volume create images root 10GiB', 'in the SR called images'],
    ['volume create images root 10GiB --json', 'its record, with its key'],
  ],
  takes: (yargs) =>
    yargs
      .positional('sr', SR)
      .positional('name', text('Name of the volume'))
      .positional('size', text('Size: 10GiB, 512MiB, 1TiB, or a number of bytes'))
      .option('description', option('Description of the volume', 'TEXT'))
      .option('sharable', flag('Several hosts may attach it at once')),
  run: async ({ sr, name, size, description = '', sharable = false }, { host, call }) => {
    const params = { name, description, size: parseSize(size), sharable }
    return shownVolume(await host.volumes.call('Volume.create', sr, params, call))
  },
})
