import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { MethodName, PluginKind } from '../../src/contract/methods.ts'

/**
 * A script for every method: notes method and stdin in `log`, then answers from `answers/`: the file `<method>@<text>` where the
 * params contain the text, otherwise the file `<method>`. A file ending in `!` is printed with exit status 1. A file
 * `gate` next to it keeps the script waiting until it is removed.
 */
const SCRIPT = `#!/bin/sh
method=\${0##*/}
here=\${0%/*}
IFS= read -r params
printf '%s %s\\n' "$method" "$params" >>"$here/log"
while [ -e "$here/gates/$method" ]; do sleep 0.01; done
for answer in "$here/answers/$method@"*; do
  text=\${answer##*@}
  case $params in *"\${text%!}"*) break ;; esac
  answer=
done
[ -e "$answer" ] || answer=$here/answers/$method
if [ -e "$answer!" ]; then answer=$answer!; fi
cat "$answer"
case $answer in *!) exit 1 ;; esac
`

/** One call that a scripted plugin got. */
export interface SeenCall {
  readonly method: string
  readonly params: Record<string, unknown>
}

/** A plugin whose answers a test chooses, and which remembers what it was asked. */
export class ScriptedPlugin {
  readonly path: string
  readonly name: string

  constructor(root: string, kind: PluginKind, name: string, answers: Partial<Record<MethodName, unknown>>) {
    this.name = name
    this.path = join(root, `${kind}.d`, name)
    mkdirSync(join(this.path, 'answers'), { recursive: true })
    mkdirSync(join(this.path, 'gates'))
    chmodSync(join(root, `${kind}.d`), 0o755)
    writeFileSync(join(this.path, 'plugin.sh'), SCRIPT, { mode: 0o755 })
    for (const [method, answer] of Object.entries(answers)) this.answer(method as MethodName, answer)
  }

  /** Sets the answer of a method; `when` restricts it to params that contain a text. */
  answer(method: MethodName, value: unknown, when?: string): void {
    this.#write(method, when, '', value)
    rmSync(`${this.#file(method, when)}!`, { force: true })
  }

  /** Makes a method fail with an error object. */
  fail(
    method: MethodName,
    params: readonly string[],
    { code = 'SR_BACKEND_FAILURE', when }: { code?: string; when?: string } = {},
  ): void {
    this.#write(method, when, '!', { code, params, backtrace: { error: params.at(-1), files: [], lines: [] } })
  }

  /** Keeps calls of a method waiting until the returned function is called. */
  hold(method: MethodName): () => void {
    const gate = join(this.path, 'gates', method)
    writeFileSync(gate, '')
    return () => rmSync(gate, { force: true })
  }

  /** Every call so far but Plugin.query, in the order they came. */
  calls(): SeenCall[] {
    const log = join(this.path, 'log')
    if (!existsSync(log)) return []
    // A script may have made the file, and not have written its line.
    return readFileSync(log, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => ({
        method: line.slice(0, line.indexOf(' ')),
        params: JSON.parse(line.slice(line.indexOf(' ') + 1)),
      }))
      .filter(({ method }) => method !== 'Plugin.query')
  }

  /** Names of the methods called so far, and forgets them. */
  takeMethods(): string[] {
    const methods = this.calls().map(({ method }) => method)
    appendFileSync(join(this.path, 'log'), '')
    rmSync(join(this.path, 'log'))
    return methods
  }

  #write(method: MethodName, when: string | undefined, mark: '' | '!', value: unknown): void {
    const script = join(this.path, method)
    if (!existsSync(script)) symlinkSync('plugin.sh', script)
    // Renamed into place, as a script may be reading the old answer.
    const file = this.#file(method, when) + mark
    writeFileSync(join(this.path, 'next'), JSON.stringify(value))
    renameSync(join(this.path, 'next'), file)
  }

  #file(method: MethodName, when: string | undefined): string {
    return join(this.path, 'answers', when === undefined ? method : `${method}@${when}`)
  }
}

/** An answer of Plugin.query. */
export function queryResult(plugin: string, features: readonly string[] = [], required_api_version = '5.0') {
  return {
    plugin,
    name: plugin,
    description: 'A scripted plugin',
    vendor: 'tests',
    copyright: '',
    version: '1.0',
    required_api_version,
    features,
    configuration: {},
    required_cluster_stack: [],
  }
}

/** A volume record. */
export function volume(key: string, members: object = {}) {
  return {
    key,
    name: key,
    description: '',
    read_write: true,
    sharable: false,
    virtual_size: 1048576,
    physical_utilisation: 0,
    uri: [`demo:///${key}`],
    keys: {},
    ...members,
  }
}

/** An SR.stat record. */
export function srStat(sr: string, members: object = {}) {
  return {
    sr,
    name: 'demo SR',
    description: '',
    free_space: 1,
    total_space: 2,
    datasources: [],
    clustered: false,
    health: ['Healthy', ''],
    ...members,
  }
}

/** A scripted volume plugin with one SR and one volume, `vol-1`, complete enough for every SR and disk operation. */
export function demoVolumePlugin(root: string, name = 'org.xen.xapi.storage.demo', version = '5.0'): ScriptedPlugin {
  const plugin = new ScriptedPlugin(root, 'volume', name, {
    'Plugin.query': queryResult('demo', ['VDI_CREATE'], version),
    'SR.create': { uri: 'demo:///x', vg: 'vg0' },
    'SR.attach': 'demo://vg0',
    'SR.detach': null,
    'SR.destroy': null,
    'SR.stat': srStat('demo://vg0'),
    'SR.ls': [volume('vol-1')],
    'SR.set_name': null,
    'SR.set_description': null,
    'SR.probe': [],
    'Volume.create': volume('vol-2'),
    'Volume.stat': volume('vol-1'),
    'Volume.clone': volume('vol-9'),
    'Volume.snapshot': volume('vol-3', { read_write: false }),
    'Volume.destroy': null,
    'Volume.set': null,
    'Volume.unset': null,
    'Volume.resize': null,
    'Volume.revert': null,
    'Volume.compose': null,
    'Volume.copy': volume('vol-4'),
  })
  plugin.answer('Volume.stat', volume('vol-9'), '"key":"vol-9"')
  return plugin
}

/** A scripted datapath plugin. */
export function demoDatapathPlugin(root: string, scheme = 'demo', features: readonly string[] = []): ScriptedPlugin {
  return new ScriptedPlugin(root, 'datapath', scheme, {
    'Plugin.query': queryResult(scheme, features),
    ...(features.includes('NONPERSISTENT') ? { 'Datapath.open': null, 'Datapath.close': null } : {}),
    'Datapath.attach': { implementations: [['File', { path: `/dev/${scheme}` }]] },
    'Datapath.activate': null,
    'Datapath.activate_readonly': null,
    'Datapath.deactivate': null,
    'Datapath.detach': null,
  })
}
