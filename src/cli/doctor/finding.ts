/** What the doctor found of one thing. */
export interface Finding {
  readonly subject: string
  /** `broken` must be mended; `note` is worth knowing. */
  readonly status: 'ok' | 'note' | 'broken'
  readonly message: string
  readonly recovery?: string
}
