/** What `import.meta.url` is in a bundle in CommonJS. */
import { pathToFileURL } from 'node:url'

export const IMPORT_META_URL = pathToFileURL(__filename).href
