/** Datapath plugin for `raw+file:` URIs: the plugin `file` under another name. See README.md. */
import { runPlugin } from '../../src/kit/index.ts'
import { filePlugin } from '../file/definition.ts'

void runPlugin(filePlugin('raw+file', 'Raw image files', 'Reaches raw+file: URIs through a loop device or QEMU'))
