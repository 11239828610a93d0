/**
 * What Node.js makes its own modules of: the classes over those of libuv. They are no part of its interface (DEP0111), and who
 * calls them otherwise than it does itself ends the process: they are used only with the versions of Node.js that get no
 * more changes of this kind, and were tried with each.
 */

/** Major versions of Node.js. */
const VERSIONS: readonly string[] = ['20', '22']

export type Internal = Readonly<Record<string, unknown>>

/**
 * @param version of Node.js
 * @returns gives out the parts by their names; undefined where they are not to be used
 */
export function internals(version = process.versions.node): ((name: string) => Internal) | undefined {
  const [major = ''] = version.split('.')
  if (!VERSIONS.includes(major)) return undefined
  return (process as unknown as { readonly binding: (name: string) => Internal }).binding
}
