/** Lays the good plugins out, one in each language, and broken twins of them. */
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildPlugin } from '../../../src/build/plugin.ts'

const REPOSITORY = join(import.meta.dirname, '../../..')

export type Language = 'sh' | 'python' | 'typescript'

/** The two plugins of a pair. */
export type Side = 'volume' | 'datapath'

/** Text of a plugin's own file, before it is laid out. */
export type Edit = (text: string, file: Side | 'lib') => string

/** Where the plugins of a pair are. */
export interface Pair {
  readonly volume: string
  readonly datapath: string
}

interface Good {
  /** Type of the SRs, which the volume plugin's directory is called by. */
  readonly type: string
  readonly scheme: string
  /** Makes the plugin of one side in its directory, which exists. */
  install(directory: string, side: Side, edit: Edit): Promise<void>
}

const SCRIPTS: Readonly<Record<Side, string>> = {
  volume: `Plugin.query Plugin.diagnostics
    SR.probe SR.create SR.attach SR.detach SR.destroy SR.stat SR.set_name SR.set_description SR.ls
    Volume.create Volume.stat Volume.destroy Volume.snapshot Volume.clone Volume.resize Volume.revert
    Volume.set_name Volume.set_description Volume.set Volume.unset`,
  datapath: `Plugin.query Plugin.diagnostics
    Datapath.attach Datapath.activate Datapath.activate_readonly Datapath.deactivate Datapath.detach`,
}

const MORE_IN_PYTHON: Readonly<Record<Side, string>> = {
  volume: 'Plugin.ls Volume.copy Volume.compare Volume.similar_content',
  datapath: 'Datapath.open Datapath.close',
}

export const GOOD: Readonly<Record<Language, Good>> = {
  sh: {
    type: 'goodsh',
    scheme: 'good-sh',
    async install(directory, side, edit) {
      writeFileSync(join(directory, 'lib.sh'), edit(source('sh', 'lib.sh'), 'lib'), { mode: 0o644 })
      put(directory, 'plugin.sh', edit(source('sh', `${side}.sh`), side), SCRIPTS[side])
    },
  },
  python: {
    type: 'goodpython',
    scheme: 'good-python',
    async install(directory, side, edit) {
      cpSync(join(REPOSITORY, 'src/kit/python/xapi'), join(directory, 'xapi'), { recursive: true })
      // Python compiles the program at each start, a module once; and site-packages, which nobody needs, are not looked at.
      writeFileSync(join(directory, 'good.py'), edit(source('python', `${side}.py`), side), { mode: 0o644 })
      const program = '#!/usr/bin/python3 -S\nfrom good import main\n\nmain()\n'
      put(directory, 'plugin.py', program, `${SCRIPTS[side]} ${MORE_IN_PYTHON[side]}`)
    },
  },
  typescript: {
    type: 'goodts',
    scheme: 'good-ts',
    async install(directory, side, edit) {
      const text = edit(source('typescript', `${side}.ts`), side)
      writeFileSync(join(directory, 'plugin.ts'), text.replaceAll('../../../../src/', `${REPOSITORY}/src/`))
      await buildPlugin(directory)
    },
  },
}

/** Installs the pair of a language below a directory; `edit` makes a twin of it. */
export async function installPair(root: string, language: Language, edit: Edit = (text) => text): Promise<Pair> {
  const { type, scheme, install } = GOOD[language]
  const pair = {
    volume: join(root, 'volume.d', `org.xen.xapi.storage.${type}`),
    datapath: join(root, 'datapath.d', scheme),
  }
  for (const side of ['volume', 'datapath'] as const) {
    mkdirSync(pair[side], { recursive: true, mode: 0o755 })
    await install(pair[side], side, edit)
  }
  return pair
}

function source(language: Language, name: string): string {
  return readFileSync(join(import.meta.dirname, language, name), 'utf8')
}

function put(directory: string, file: string, text: string, scripts: string): void {
  writeFileSync(join(directory, file), text)
  // Whatever the umask is: a host refuses to run what others may write to.
  chmodSync(join(directory, file), 0o755)
  for (const script of scripts.split(/\s+/)) symlinkSync(file, join(directory, script))
}
