/** What a clause is: one rule that a plugin keeps or breaks. */
import type { MethodName } from '../contract/methods.ts'

/** How binding a clause is (RFC 2119). */
export type Level = 'must' | 'should' | 'may'

export const LEVELS: readonly Level[] = ['must', 'should', 'may']

/**
 * What is judged: the plugin that the run is about, whichever kind it is; a volume plugin; a datapath plugin, by itself
 * or through the volumes of a volume plugin; or a volume plugin together with its datapath plugins.
 */
export type Subject = 'plugin' | 'volume' | 'datapath' | 'pair'

/** What a check needs beside the scripts of the methods it is about. */
export type Need =
  /** An SR that the suite may create and destroy for this check alone. */
  | 'own-sr'
  /** Two SRs at the same time. */
  | 'second-sr'
  /** Values of secret settings, to look for. */
  | 'secrets'

export interface ClauseRow {
  readonly level: Level
  readonly subject: Subject
  /** The methods judged: their failures in the check are failures of this clause. */
  readonly about: readonly MethodName[]
  /** What must hold, in one sentence. */
  readonly text: string
  /** What breaks in the toolstack, or for its users, where it does not hold. */
  readonly why: string
  /** Where the rule comes from. */
  readonly source: string
  /** What the author of the plugin does about it. */
  readonly advice: string
  readonly needs?: readonly Need[]
  /** Features that must be declared, beside those of the methods. */
  readonly features?: readonly string[]
  /** Clauses without which this one cannot hold: where one of them fails, this one follows from it and is no failure of its own. */
  readonly after?: readonly string[]
}

/** The source of a rule that the interface's documentation states. */
export function protocol(section: string): string {
  return `SMAPIv3 script protocol, section ${section}`
}

/** The source of a rule that follows from what the toolstack does. */
export function bridge(section: string): string {
  return `SMAPIv2 bridge, section ${section}`
}
