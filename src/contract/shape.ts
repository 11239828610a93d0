/**
 * The form of a value on the wire, derived from schemas/ by the build: enough to read leniently, to remove secrets and
 * to convert a command line, without a schema interpreter at run time. Whether a value is right is for the validators.
 */
export type Shape =
  | { readonly kind: 'string'; readonly secret?: 'uri' }
  | { readonly kind: 'boolean' | 'float' | 'unit' }
  | { readonly kind: 'int64'; readonly minimum?: number }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'tuple'; readonly of: readonly Shape[] }
  | { readonly kind: 'dict'; readonly of: Shape; readonly secret?: 'configuration' }
  | { readonly kind: 'record'; readonly members: Readonly<Record<string, Member>> }
  /** Tag → shape of the payload, or null where the tag stands alone. */
  | { readonly kind: 'variant'; readonly tags: Readonly<Record<string, Shape | null>> }

/** A member of a record. */
export interface Member {
  readonly shape: Shape
  readonly optional?: true
  /** Taken where the member is present but null or of the wrong type. */
  readonly default?: string | boolean
}
