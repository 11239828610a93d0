/** Whether a clause can be judged in a run, and what it lacks. */
import { METHODS } from '../contract/methods.ts'
import type { Subject } from './clause.ts'
import { CLAUSES, type ClauseId } from './clauses.ts'
import type { Run } from './run.ts'
import type { Subjects } from './subjects.ts'
import { NotApplicable } from './violation.ts'

/** Whether a clause has a meaning for the kind of plugin that is judged. */
export function concerns(id: ClauseId, { judged }: Pick<Subjects, 'judged'>): boolean {
  const { subject, about } = CLAUSES[id]
  const isOfFiles = about.length === 0
  const needs: Readonly<Record<Subject, boolean>> = {
    plugin: true,
    volume: judged.kind === 'volume',
    pair: judged.kind === 'volume',
    datapath: judged.kind === 'datapath' || !isOfFiles,
  }
  return needs[subject]
}

/**
 * Returns where a clause can be judged.
 * @throws NotApplicable naming what it needs
 */
export function applicability({ subjects, places, secrets, uri, lacking }: Run, id: ClauseId): void {
  const { subject, about, needs = [], features = [] } = CLAUSES[id]
  const { judged, datapaths } = subjects
  for (const feature of features)
    if (!judged.features.has(feature))
      throw new NotApplicable(`needs the feature ${feature}, which the plugin does not declare`)
  if (needs.includes('secrets') && secrets.length === 0) throw new NotApplicable('needs a configuration with a secret')
  const usesDisks = subject === 'pair' || (subject === 'datapath' && about.length > 0)
  if (usesDisks && datapaths.length === 0)
    throw new NotApplicable('needs a datapath plugin', 'name those that serve the volumes’ URIs with --datapath')
  if (usesDisks && judged.kind === 'datapath' && uri === undefined)
    throw new NotApplicable('needs a volume', 'name a scratch volume with --uri; its content is lost')
  for (const method of about) {
    const { feature } = METHODS[method]
    if (feature !== null && lacking.has(feature))
      throw new NotApplicable(`needs the feature ${feature}, which these SRs lack, as the plugin says (Unimplemented)`)
    const owners = subjects.ownersOf(method)
    // Of several datapath plugins the one that is used has it, or the call says that it has not.
    const lacks = owners.map((owner) => lackOf(subjects, method, owner))
    if (owners.length > 0 && lacks.every((lack) => lack !== undefined)) throw lacks[0]
  }
  if (needs.includes('own-sr') || needs.includes('second-sr')) subjects.require('SR.create', judged)
  if (needs.includes('second-sr')) places.requireMany()
}

/** Whether a clause can be judged. */
export function isApplicable(run: Run, id: ClauseId): boolean {
  try {
    applicability(run, id)
    return true
  } catch (error) {
    if (error instanceof NotApplicable) return false
    throw error
  }
}

function lackOf(subjects: Subjects, method: (typeof CLAUSES)[ClauseId]['about'][number], owner: Subjects['judged']) {
  try {
    subjects.require(method, owner)
    return undefined
  } catch (error) {
    if (error instanceof NotApplicable) return error
    throw error
  }
}
