/** Lays foreign plugins out as their own installers would: files, links and programs in a root of the toolstack's kind. */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, linkSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const SR_METHODS = ['probe', 'create', 'attach', 'detach', 'destroy', 'stat', 'ls'].map((name) => `SR.${name}`)
const VOLUME_METHODS = ['create', 'stat', 'set', 'unset', 'destroy'].map((name) => `Volume.${name}`)
const DATAPATH_METHODS = ['attach', 'activate', 'deactivate', 'detach'].map((name) => `Datapath.${name}`)

type Link = (directory: string, target: string, names: readonly string[]) => void

const symbolic: Link = (directory, target, names) => {
  for (const name of names) symlinkSync(target, join(directory, name))
}

const hard: Link = (directory, target, names) => {
  for (const name of names) linkSync(join(directory, target), join(directory, name))
}

/** A volume plugin and the datapath plugin of its URIs, by a stranger. */
export interface Foreign {
  /** SR type: the last component of the queue name. */
  readonly name: string
  /** Scheme of its datapath plugin. */
  readonly scheme: string
  /** What it is, for the name of a test. */
  readonly about: string
  readonly needs: readonly ('cc' | 'python3')[]
  install(root: string): void
}

export const FOREIGN: readonly Foreign[] = [
  {
    name: 'shell',
    scheme: 'shell',
    about: 'sh: symbolic links, Plugin.Query, a sourced library and a data file, one line and /dev/stdin',
    needs: [],
    install(root) {
      const volume = directoryFor(root, 'volume', 'org.xen.xapi.storage.shell')
      cpSync(source('shell/volume'), volume, { recursive: true })
      symbolic(volume, 'volume.sh', ['Plugin.Query', 'Plugin.diagnostics', ...SR_METHODS, ...VOLUME_METHODS])
      const datapath = directoryFor(root, 'datapath', 'shell')
      cpSync(source('shell/datapath'), datapath, { recursive: true })
      executable(volume, ['volume.sh'])
      executable(datapath, ['Plugin.Query', ...DATAPATH_METHODS])
    },
  },
  {
    name: 'python',
    scheme: 'python',
    about:
      'Python: strict interface package, one file for each class, symbolic and hard links, modules beside the scripts',
    needs: ['python3'],
    install(root) {
      const volume = directoryFor(root, 'volume', 'org.xen.xapi.storage.python')
      cpSync(source('python/volume'), volume, { recursive: true })
      copyFileSync(source('python/interface.py'), join(volume, 'interface.py'))
      symbolic(volume, 'plugin.py', ['Plugin.Query', 'Plugin.diagnostics'])
      symbolic(volume, 'sr.py', SR_METHODS)
      symbolic(volume, 'volume.py', VOLUME_METHODS)
      executable(volume, ['plugin.py', 'sr.py', 'volume.py'])
      const datapath = directoryFor(root, 'datapath', 'python')
      cpSync(source('python/datapath'), datapath, { recursive: true })
      copyFileSync(source('python/interface.py'), join(datapath, 'interface.py'))
      hard(datapath, 'datapath.py', ['Plugin.Query', ...DATAPATH_METHODS])
      executable(datapath, ['datapath.py'])
    },
  },
  {
    name: 'c',
    scheme: 'c-image',
    about: 'C: one program under many names, reading to the end of file',
    needs: ['cc'],
    install(root) {
      const volume = directoryFor(root, 'volume', 'org.xen.xapi.storage.c')
      execFileSync('cc', ['-O2', '-o', join(volume, 'plugin'), source('c/plugin.c')])
      hard(volume, 'plugin', ['Plugin.query', ...SR_METHODS, ...VOLUME_METHODS])
      const datapath = directoryFor(root, 'datapath', 'c-image')
      copyFileSync(join(volume, 'plugin'), join(datapath, 'Plugin.query'))
      symbolic(datapath, 'Plugin.query', DATAPATH_METHODS)
      executable(volume, ['plugin'])
      executable(datapath, ['Plugin.query'])
    },
  },
  {
    name: 'onefile',
    scheme: 'onefile',
    about: 'a single file that serves as a volume plugin and as a datapath plugin',
    needs: ['python3'],
    install(root) {
      for (const kind of ['volume', 'datapath']) mkdirSync(join(root, kind), { recursive: true, mode: 0o755 })
      const volume = join(root, 'volume', 'org.xen.xapi.storage.onefile')
      copyFileSync(source('single/onefile'), volume)
      chmodSync(volume, 0o755)
      linkSync(volume, join(root, 'datapath', 'onefile'))
    },
  },
]

function source(name: string): string {
  return join(import.meta.dirname, name)
}

function directoryFor(root: string, kind: 'volume' | 'datapath', name: string): string {
  const directory = join(root, kind, name)
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  return directory
}

/** Whatever git or the umask made of them. */
function executable(directory: string, names: readonly string[]): void {
  for (const name of names) chmodSync(join(directory, name), 0o755)
}
