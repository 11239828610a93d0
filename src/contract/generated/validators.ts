// Generated from schemas/ by `npm run generate`. Do not edit.
import type { Methods } from './types.ts'

/** A validator as ajv compiles it: whether the value is right, and otherwise what is wrong. */
export interface CompiledValidator {
  (value: unknown): boolean
  errors?: readonly { message?: string }[] | null
}

export interface CompiledValidators {
  readonly params: CompiledValidator
  readonly result: CompiledValidator
}

/** Method → loads its validators; a call loads only its own. */
export const VALIDATORS: Readonly<Record<keyof Methods, () => Promise<CompiledValidators>>> = {
  'Plugin.diagnostics': () => import('./validators/Plugin.diagnostics.js') as Promise<CompiledValidators>,
  'Plugin.ls': () => import('./validators/Plugin.ls.js') as Promise<CompiledValidators>,
  'Plugin.query': () => import('./validators/Plugin.query.js') as Promise<CompiledValidators>,
  'SR.attach': () => import('./validators/SR.attach.js') as Promise<CompiledValidators>,
  'SR.create': () => import('./validators/SR.create.js') as Promise<CompiledValidators>,
  'SR.destroy': () => import('./validators/SR.destroy.js') as Promise<CompiledValidators>,
  'SR.detach': () => import('./validators/SR.detach.js') as Promise<CompiledValidators>,
  'SR.ls': () => import('./validators/SR.ls.js') as Promise<CompiledValidators>,
  'SR.probe': () => import('./validators/SR.probe.js') as Promise<CompiledValidators>,
  'SR.set_description': () => import('./validators/SR.set_description.js') as Promise<CompiledValidators>,
  'SR.set_name': () => import('./validators/SR.set_name.js') as Promise<CompiledValidators>,
  'SR.stat': () => import('./validators/SR.stat.js') as Promise<CompiledValidators>,
  'Volume.clone': () => import('./validators/Volume.clone.js') as Promise<CompiledValidators>,
  'Volume.compare': () => import('./validators/Volume.compare.js') as Promise<CompiledValidators>,
  'Volume.compose': () => import('./validators/Volume.compose.js') as Promise<CompiledValidators>,
  'Volume.copy': () => import('./validators/Volume.copy.js') as Promise<CompiledValidators>,
  'Volume.create': () => import('./validators/Volume.create.js') as Promise<CompiledValidators>,
  'Volume.data_destroy': () => import('./validators/Volume.data_destroy.js') as Promise<CompiledValidators>,
  'Volume.destroy': () => import('./validators/Volume.destroy.js') as Promise<CompiledValidators>,
  'Volume.disable_cbt': () => import('./validators/Volume.disable_cbt.js') as Promise<CompiledValidators>,
  'Volume.enable_cbt': () => import('./validators/Volume.enable_cbt.js') as Promise<CompiledValidators>,
  'Volume.list_changed_blocks': () => import('./validators/Volume.list_changed_blocks.js') as Promise<CompiledValidators>,
  'Volume.resize': () => import('./validators/Volume.resize.js') as Promise<CompiledValidators>,
  'Volume.revert': () => import('./validators/Volume.revert.js') as Promise<CompiledValidators>,
  'Volume.set': () => import('./validators/Volume.set.js') as Promise<CompiledValidators>,
  'Volume.set_description': () => import('./validators/Volume.set_description.js') as Promise<CompiledValidators>,
  'Volume.set_name': () => import('./validators/Volume.set_name.js') as Promise<CompiledValidators>,
  'Volume.similar_content': () => import('./validators/Volume.similar_content.js') as Promise<CompiledValidators>,
  'Volume.snapshot': () => import('./validators/Volume.snapshot.js') as Promise<CompiledValidators>,
  'Volume.stat': () => import('./validators/Volume.stat.js') as Promise<CompiledValidators>,
  'Volume.unset': () => import('./validators/Volume.unset.js') as Promise<CompiledValidators>,
  'Datapath.activate': () => import('./validators/Datapath.activate.js') as Promise<CompiledValidators>,
  'Datapath.activate_readonly': () => import('./validators/Datapath.activate_readonly.js') as Promise<CompiledValidators>,
  'Datapath.attach': () => import('./validators/Datapath.attach.js') as Promise<CompiledValidators>,
  'Datapath.close': () => import('./validators/Datapath.close.js') as Promise<CompiledValidators>,
  'Datapath.deactivate': () => import('./validators/Datapath.deactivate.js') as Promise<CompiledValidators>,
  'Datapath.detach': () => import('./validators/Datapath.detach.js') as Promise<CompiledValidators>,
  'Datapath.import_activate': () => import('./validators/Datapath.import_activate.js') as Promise<CompiledValidators>,
  'Datapath.open': () => import('./validators/Datapath.open.js') as Promise<CompiledValidators>,
  'Data.cancel': () => import('./validators/Data.cancel.js') as Promise<CompiledValidators>,
  'Data.copy': () => import('./validators/Data.copy.js') as Promise<CompiledValidators>,
  'Data.destroy': () => import('./validators/Data.destroy.js') as Promise<CompiledValidators>,
  'Data.ls': () => import('./validators/Data.ls.js') as Promise<CompiledValidators>,
  'Data.mirror': () => import('./validators/Data.mirror.js') as Promise<CompiledValidators>,
  'Data.stat': () => import('./validators/Data.stat.js') as Promise<CompiledValidators>,
  'Task.cancel': () => import('./validators/Task.cancel.js') as Promise<CompiledValidators>,
  'Task.destroy': () => import('./validators/Task.destroy.js') as Promise<CompiledValidators>,
  'Task.ls': () => import('./validators/Task.ls.js') as Promise<CompiledValidators>,
  'Task.stat': () => import('./validators/Task.stat.js') as Promise<CompiledValidators>,
}
