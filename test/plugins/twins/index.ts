/** All broken twins. */
import { DATA } from './data.ts'
import { DATAPATH } from './datapath.ts'
import { FILES } from './files.ts'
import { PROTOCOL } from './protocol.ts'
import { ROBUSTNESS } from './robustness.ts'
import { SR } from './sr.ts'
import type { Twin } from './twin.ts'
import { VOLUME } from './volume.ts'

export { installTwin, type Twin } from './twin.ts'

export const TWINS: readonly Twin[] = [...FILES, ...PROTOCOL, ...SR, ...VOLUME, ...DATAPATH, ...DATA, ...ROBUSTNESS]
