/** Datapath plugin for `file:` URIs: image files and block devices of this host. See README.md. */
import { runPlugin } from '../../src/kit/index.ts'
import { filePlugin } from './definition.ts'

void runPlugin(
  filePlugin('file', 'Image files and block devices', 'Reaches file: URIs directly, through a loop device or QEMU'),
)
