/** What the process of a plugin leaves behind. */
export interface Outcome {
  readonly status: 0 | 1 | 2
  readonly stdout?: string
  readonly stderr?: string
}
