/** Plugins that answer what a recorded plugin answered, and note every call in one log. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PluginKind } from '../../../src/contract/methods.ts'

/** One script that was run: which, with what, and what it did. */
export interface RecordedScript {
  readonly plugin: string
  readonly script: string
  readonly stdin: string
  readonly stdout: string
  readonly stderr?: string
  readonly exit?: number | null
  readonly signal?: string | null
}

/** One script that was run, as far as it is compared. */
export interface SeenScript {
  readonly plugin: string
  readonly script: string
  readonly params: unknown
}

/**
 * Notes plugin, script, argv and stdin, then does what the directory of its answer says: `<script>@<key>` where the params
 * have that key, otherwise `<script>`; without an answer it prints null.
 */
const DOUBLE = `#!/bin/sh
plugin=\${0%/*}
base=\${plugin%/*/*/*}
plugin=\${plugin##*/}
script=\${0##*/}
IFS= read -r params
printf '%s\\t%s\\t%s\\t%s\\n' "$plugin" "$script" "$*" "$params" >>"$base/log"
key=
case $params in *'"key":"'*) key=\${params##*'"key":"'} key=\${key%%'"'*} ;; esac
while [ -e "$base/gates/$plugin/$script@$key" ]; do sleep 0.01; done
answer=$base/answers/$plugin/$script@$key
[ -e "$answer" ] || answer=$base/answers/$plugin/$script@
[ -e "$answer" ] || { echo null; exit; }
cat "$answer/stderr" >&2
cat "$answer/stdout"
[ ! -e "$answer/signal" ] || kill -"$(cat "$answer/signal")" $$
exit "$(cat "$answer/exit")"
`

export class Doubles {
  /** The root for the host. */
  readonly root: string
  readonly #base: string

  constructor(base: string) {
    this.#base = base
    this.root = join(base, 'root')
    for (const directory of ['', 'volume.d', 'datapath.d']) makeDirectory(join(this.root, directory))
    writeFileSync(join(this.root, 'double.sh'), DOUBLE, { mode: 0o755 })
    chmodSync(join(this.root, 'double.sh'), 0o755)
  }

  /** Adds a plugin with a double for each script; returns its directory. */
  plugin(kind: PluginKind, name: string, query: object, scripts: readonly string[]): string {
    const directory = join(this.root, `${kind}.d`, name)
    makeDirectory(directory)
    for (const script of scripts) symlinkSync('../../double.sh', join(directory, script))
    const queryScript = scripts.find((script) => script.toLowerCase() === 'plugin.query')
    if (queryScript === undefined) symlinkSync('../../double.sh', join(directory, 'Plugin.query'))
    this.#write({ plugin: name, script: queryScript ?? 'Plugin.query', stdin: '', stdout: JSON.stringify(query) })
    return directory
  }

  /** Sets what one script prints, for every key or for one. */
  answer(plugin: string, script: string, result: unknown, key = ''): void {
    this.#write({ plugin, script, stdin: JSON.stringify({ key }), stdout: JSON.stringify(result) })
  }

  /** Makes one script fail with an error object, for every key or for one. */
  fail(plugin: string, script: string, params: readonly string[], key = '', code = 'SR_BACKEND_FAILURE'): void {
    const error = { code, params, backtrace: { error: 'boom', files: ['volume.py'], lines: [42] } }
    this.#write({ plugin, script, stdin: JSON.stringify({ key }), stdout: JSON.stringify(error), exit: 1 })
  }

  /** Keeps a script waiting, for one key or where there is none, until the returned function is called. */
  hold(plugin: string, script: string, key = ''): () => void {
    const gates = join(this.#base, 'gates', plugin)
    mkdirSync(gates, { recursive: true })
    writeFileSync(join(gates, `${script}@${key}`), '')
    return () => rmSync(join(gates, `${script}@${key}`))
  }

  /** Answers from now on as recorded: of several records of one script and key the first counts. */
  play(scripts: readonly RecordedScript[]): void {
    for (const script of [...scripts].reverse()) this.#write(script)
  }

  /** How many scripts were run since the last time; a line that is being written does not count yet. */
  get count(): number {
    const log = join(this.#base, 'log')
    return existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0
  }

  /** Every script that was run since the last time, in order; none may be running. */
  take(): SeenScript[] {
    const log = join(this.#base, 'log')
    if (!existsSync(log)) return []
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    rmSync(log)
    return lines.map((line) => {
      const [plugin = '', script = '', argv, params = ''] = line.split('\t')
      if (argv !== '--json') throw new Error(`${script} was run with ${argv}`)
      return { plugin, script, params: JSON.parse(params) }
    })
  }

  #write({ plugin, script, stdin, stdout, stderr = '', exit = 0, signal }: RecordedScript): void {
    const { key = '' } = (stdin === '' ? {} : JSON.parse(stdin)) as { key?: string }
    const directory = join(this.#base, 'answers', plugin, `${script}@${key}`)
    rmSync(directory, { recursive: true, force: true })
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'stdout'), bytesOf(stdout))
    writeFileSync(join(directory, 'stderr'), stderr)
    writeFileSync(join(directory, 'exit'), String(exit ?? 0))
    if (signal) writeFileSync(join(directory, 'signal'), signal.replace(/^SIG/, ''))
  }
}

/** The bytes of a recorded text, where a byte that is not UTF-8 stands as a lone surrogate (U+DC80 to U+DCFF). */
function bytesOf(text: string): Buffer {
  const parts = text.split(/([\udc80-\udcff])/u)
  return Buffer.concat(
    parts.map((part) => (/^[\udc80-\udcff]$/u.test(part) ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part))),
  )
}

function makeDirectory(path: string): void {
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o755)
}
