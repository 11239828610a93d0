import type { Noun } from '../noun.ts'
import { clone } from './clone.ts'
import { compare } from './compare.ts'
import { compose } from './compose.ts'
import { copy } from './copy.ts'
import { create } from './create.ts'
import { dataDestroy } from './data-destroy.ts'
import { destroy } from './destroy.ts'
import { disableCbt } from './disable-cbt.ts'
import { enableCbt } from './enable-cbt.ts'
import { listChangedBlocks } from './list-changed-blocks.ts'
import { ls } from './ls.ts'
import { resize } from './resize.ts'
import { revert } from './revert.ts'
import { set } from './set.ts'
import { setDescription } from './set-description.ts'
import { setName } from './set-name.ts'
import { similarContent } from './similar-content.ts'
import { snapshot } from './snapshot.ts'
import { stat } from './stat.ts'
import { unset } from './unset.ts'

const everyday = [create, ls, stat, snapshot, clone, copy, revert, resize, destroy]
const metadata = [setName, setDescription, set, unset]
const contents = [compare, similarContent, compose, enableCbt, disableCbt, dataDestroy, listChangedBlocks]

export const volume: Noun = { summary: 'Volumes of attached SRs', verbs: [...everyday, ...metadata, ...contents] }
