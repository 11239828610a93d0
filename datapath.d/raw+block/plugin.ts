/** Datapath plugin for `raw+block:` URIs: the plugin `file` under another name. See README.md. */
import { runPlugin } from '../../src/kit/index.ts'
import { filePlugin } from '../file/definition.ts'

void runPlugin(filePlugin('raw+block', 'Block devices', 'Reaches raw+block: URIs directly or through QEMU'))
