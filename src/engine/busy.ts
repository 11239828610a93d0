/**
 * What has to be seen to although a process is busy: it works on its storage synchronously, one step after the other, and no
 * timer fires meanwhile.
 */

/** Somebody who has to see to something. */
export interface Attendant {
  /** Called before something that may take long: a tool that copies, or the wait for a lock. */
  beforeLongWork(): void
  /** Called before each step on the storage: now and then while a process works. */
  beforeStep(): void
}

const attendants = new Set<Attendant>()

export function attend(attendant: Attendant): void {
  attendants.add(attendant)
}

export function beginLongWork(): void {
  for (const attendant of attendants) attendant.beforeLongWork()
}

export function beginStep(): void {
  for (const attendant of attendants) attendant.beforeStep()
}
