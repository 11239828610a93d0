/** Datapath plugin for `nbd:` URIs. See README.md. */
import { runPlugin } from '../../src/kit/index.ts'
import { nbdPlugin } from './definition.ts'

void runPlugin(nbdPlugin('nbd'))
