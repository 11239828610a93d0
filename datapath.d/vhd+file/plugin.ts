/** Datapath plugin for `vhd+file:` URIs: the plugin `file` under another name. See README.md. */
import { runPlugin } from '../../src/kit/index.ts'
import { filePlugin } from '../file/definition.ts'

void runPlugin(filePlugin('vhd+file', 'VHD image files', 'Reaches vhd+file: URIs through QEMU'))
