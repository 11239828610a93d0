/** Datapath plugin for `nbds+unix:` URIs. See README.md. */
import { runPlugin } from '../../src/kit/index.ts'
import { nbdPlugin } from '../nbd/definition.ts'

void runPlugin(nbdPlugin('nbds+unix'))
