/** The addon that offers flock(2), prebuilt by the package that has it. */
import { createRequire } from 'node:module'

interface Prebuilt {
  getPrebuiltPath(): { readonly path: string } | null
}

const require = createRequire(import.meta.url)

/** Path of the addon for this version of Node.js; undefined where npm could not install the package, or it has none. */
export function flockAddon(): string | undefined {
  try {
    const { getPrebuiltPath } = require('fs-ext-extra-prebuilt/load-prebuilt') as Prebuilt
    return getPrebuiltPath()?.path
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
