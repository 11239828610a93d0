import { answer } from '../answer.ts'
import { option, PLUGIN, SETTINGS } from '../arguments.ts'
import { configurationFrom } from '../configuration.ts'
import { verb } from '../verb.ts'

export const attach = verb({
  command: 'attach <plugin> [settings..]',
  summary: 'Attach an SR to this host, which remembers it; repeating it is harmless',
  examples: [['sr attach file --uuid U uri=file:///srv/sr sr_uuid=U', 'with the configuration that sr create printed']],
  takes: (yargs) =>
    yargs
      .positional('plugin', PLUGIN)
      .positional('settings', SETTINGS)
      .option('uuid', { ...option('Uuid of the SR', 'UUID'), demandOption: true }),
  run: async ({ plugin, settings, uuid }, { host, call }) => {
    const { sr, name } = await host.srs.attach({ plugin, uuid, configuration: configurationFrom(settings) }, call)
    return answer({ uuid, sr }, () => `SR ${uuid}${name === '' ? '' : ` (${name})`} is attached.`)
  },
})
