/** A broken twin: a good plugin with one small fault, and the clause that the fault breaks. */
import { chmodSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClauseId } from '../../../src/conformance/index.ts'
import { installPair, type Language, type Pair, type Side } from '../good/install.ts'

/** In the text of a file of the plugin: what stands there exactly once, and what stands there instead. */
export type Replacement = readonly [file: Side | 'lib', text: string, by: string]

/** In the directory of a plugin, once it is laid out. */
export type Change =
  | { readonly remove: string }
  | { readonly rename: string; readonly to: string }
  | { readonly link: string; readonly to: string }
  | { readonly write: string; readonly text: string; readonly mode: number }
  | { readonly chmod: string; readonly mode: number }

export interface Twin {
  /** What is wrong with it. */
  readonly name: string
  readonly language: Language
  readonly breaks: ClauseId
  /** Clauses that the same fault breaks by themselves. */
  readonly also?: readonly ClauseId[]
  /** Clauses that are judged as well, and are said to follow from it. */
  readonly followers?: readonly ClauseId[]
  /** What it does to SRs or volumes that it is not asked about hits any check: only those near its fault tell anything. */
  readonly hitsOthers?: boolean
  /** Where there is room for one SR only, and another was destroyed before. */
  readonly isInUsedPlace?: boolean
  readonly text?: readonly Replacement[]
  readonly volume?: readonly Change[]
  readonly datapath?: readonly Change[]
  /** In the configuration of SRs, where a host needs more for it than a path. */
  readonly configuration?: Readonly<Record<string, string>>
  /** Seconds for each call, where the fault is about time. */
  readonly timeout?: number
}

/**
 * Lays a twin out below a directory.
 * @throws Error where a text to be replaced does not stand in its file exactly once
 */
export async function installTwin(root: string, { language, text = [], ...twin }: Twin): Promise<Pair> {
  const pair = await installPair(root, language, (content, file) =>
    text.filter(([where]) => where === file).reduce((edited, [, from, to]) => replaceOnce(edited, from, to), content),
  )
  for (const side of ['volume', 'datapath'] as const) for (const change of twin[side] ?? []) apply(pair[side], change)
  return pair
}

function replaceOnce(content: string, text: string, by: string): string {
  const parts = content.split(text)
  if (parts.length !== 2) throw new Error(`stands ${parts.length - 1} times where it should once:\n${text}`)
  return parts.join(by)
}

function apply(directory: string, change: Change): void {
  const place = (name: string) => join(directory, name)
  if ('remove' in change) rmSync(place(change.remove))
  else if ('rename' in change) renameSync(place(change.rename), place(change.to))
  else if ('link' in change) symlinkSync(change.to, place(change.link))
  else if ('chmod' in change) chmodSync(place(change.chmod), change.mode)
  else {
    rmSync(place(change.write), { force: true })
    writeFileSync(place(change.write), change.text)
    chmodSync(place(change.write), change.mode)
  }
}
