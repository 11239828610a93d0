/** What a copy or mirror is made of, and what it is made to: arguments that both verbs have. */
import type { Argv } from 'yargs'
import { schemeOf } from '../../contract/uri.ts'
import type { Source } from '../../host/operations.ts'
import { DOMAIN, flag, option, text } from '../arguments.ts'
import { usage } from '../options.ts'

export function takesSource(yargs: Argv) {
  return yargs
    .positional('source', text('Attached SR of the volume; without a key, the URI of the disk itself'))
    .positional('key', { type: 'string', describe: 'Key of the volume in the SR' } as const)
    .option('to', { ...option('NBD URI of the disk to write to', 'URI'), demandOption: true })
    .option('domain', DOMAIN)
    .option('no-wait', flag('Only start it, and tell its name for `data stat`, `cancel` and `destroy`'))
}

/** @throws Smapiv3Error USAGE */
export function sourceFrom(source: string, key: string | undefined): Source {
  if (key !== undefined) return { sr: source, key }
  if (schemeOf(source) !== undefined) return { uri: source }
  throw usage('name an SR and the key of a volume, or the URI of a disk')
}
