/** What the doctor found of one thing. */
export interface Finding {
  readonly subject: string
  /** `broken` must be mended; `missing` is an engine that is not installed, and may not be needed; `note` is worth knowing. */
  readonly status: 'ok' | 'note' | 'missing' | 'broken'
  readonly message: string
  readonly recovery?: string
}
