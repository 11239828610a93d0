/** Datapath plugin for `nbd+unix:` URIs. See README.md. */
import { runPlugin } from '../../src/kit/index.ts'
import { nbdPlugin } from '../nbd/definition.ts'

void runPlugin(nbdPlugin('nbd+unix'))
