import { answer } from '../answer.ts'
import { flag, option, PLUGIN, SETTINGS } from '../arguments.ts'
import { configurationFrom, shellWord, wordsOf } from '../configuration.ts'
import { verb } from '../verb.ts'

export const create = verb({
  command: 'create <plugin> [settings..]',
  summary: 'Format a new SR',
  examples: [
    ['sr create file uri=file:///srv/sr --name images', 'an SR of files'],
    ['sr create file uri=file:///srv/sr --name images --attach', 'the same, attached at once'],
  ],
  takes: (yargs) =>
    yargs
      .positional('plugin', PLUGIN)
      .positional('settings', SETTINGS)
      .option('name', { ...option('Name of the SR', 'NAME'), demandOption: true })
      .option('description', option('Description of the SR', 'TEXT'))
      .option('uuid', option('Uuid of the SR; a new one by default', 'UUID'))
      .option('attach', flag('Attach the SR as well')),
  run: async ({ plugin, settings, name, description, uuid, attach }, { host, call }) => {
    const configuration = configurationFrom(settings)
    const created = await host.srs.create({ plugin, uuid, configuration, name, description }, call)
    if (attach !== true) return answer(created, () => createdText(plugin, created))
    const attached = await host.srs.attach({ plugin, ...created }, call)
    const text = `SR ${created.uuid} is created and attached. Next: smapiv3 volume create ${created.uuid} NAME SIZE`
    return answer({ ...created, sr: attached.sr }, () => text)
  },
})

function createdText(plugin: string, { uuid, configuration }: { uuid: string; configuration: Record<string, string> }) {
  const attach = `smapiv3 sr attach ${shellWord(plugin)} --uuid ${shellWord(uuid)} ${wordsOf(configuration)}`
  return `SR ${uuid} is created. Attach it with:\n  ${attach}`
}
