/** Datapath plugin for `nbds:` URIs. See README.md. */
import { runPlugin } from '../../src/kit/index.ts'
import { nbdPlugin } from '../nbd/definition.ts'

void runPlugin(nbdPlugin('nbds'))
