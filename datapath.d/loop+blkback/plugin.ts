/** Datapath plugin for `loop+blkback:` URIs: the plugin `file` under another name. See README.md. */
import { runPlugin } from '../../src/kit/index.ts'
import { filePlugin } from '../file/definition.ts'

void runPlugin(filePlugin('loop+blkback', 'Raw image files', 'Reaches loop+blkback: URIs through a loop device'))
