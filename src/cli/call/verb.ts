import { option, text } from '../arguments.ts'
import { verb } from '../verb.ts'
import { callMethod } from './call.ts'

export const call = verb({
  command: 'call <plugin> <method> [parameters..]',
  summary: 'Run one method of one plugin and print its own answer',
  details: `A parameter is name=value, converted as the schema of the method says: a string as it is, an integer exactly, a size
also as 10GiB, a boolean as true or false, a dictionary as configuration.uri=file:///srv or as JSON, everything else as
JSON. dbg is --dbg. Parameters given by name win over those of --params.`,
  examples: [
    ['call file Plugin.query', 'ask a plugin what it is'],
    ['call file SR.probe configuration.uri=file:///srv/sr', 'with a dictionary'],
    ['call file Volume.stat --params \'{"sr":"S","key":"K"}\'', 'with parameters as JSON'],
  ],
  takes: (yargs) =>
    yargs
      .positional('plugin', text('Volume or datapath plugin: its name, the last component of it, or a path'))
      .positional('method', text('Class.method, such as Volume.stat'))
      .positional('parameters', { type: 'string', array: true, default: [] as string[], describe: 'name=value' })
      .option('params', option('All parameters as a JSON object; - reads it from standard input', 'JSON')),
  run: callMethod,
})
