/** The Datapath and Data classes: what the kernel does well it does, see kernel.ts; the rest a daemon, see driver.ts. */

import { OperationError } from '../../src/engine/qsd/data-operations.ts'
import { isInDaemon, LifeCycleError, qsdDatapath } from '../../src/engine/qsd/datapath.ts'
import type { ClassMethods } from '../../src/kit/index.ts'
import { fileDriver, needsDaemon } from './driver.ts'
import { endImport, importActivate } from './import.ts'
import * as kernel from './kernel.ts'

const daemon = qsdDatapath(fileDriver)

export const datapath: ClassMethods<'Datapath'> = {
  open(params) {
    if (!params.persistent && kernel.isAttached(params.uri)) {
      throw new LifeCycleError('the disk is attached, and its writes are kept')
    }
    return daemon.Datapath.open(params, { method: 'Datapath.open' })
  },
  attach: (params, context) => (inDaemon(params) ? daemon.Datapath.attach(params, context) : kernel.attach(params)),
  activate: (params, context) =>
    inDaemon(params) ? daemon.Datapath.activate(params, context) : kernel.activate(params),
  activate_readonly: (params, context) =>
    inDaemon(params) ? daemon.Datapath.activate_readonly(params, context) : kernel.activateReadonly(params),
  import_activate: (params, context) =>
    inDaemon(params) ? daemon.Datapath.import_activate(params, context) : importActivate(params.uri, params.domain),
  async deactivate(params, context) {
    if (inDaemon(params)) return daemon.Datapath.deactivate(params, context)
    await endImport(params.uri)
    kernel.deactivate(params)
  },
  async detach(params, context) {
    if (inDaemon(params)) return daemon.Datapath.detach(params, context)
    await endImport(params.uri)
    kernel.detach(params)
  },
  close: daemon.Datapath.close,
}

export const data: ClassMethods<'Data'> = {
  ...daemon.Data,
  mirror: (params, context) => daemon.Data.mirror(servedByDaemon(params), context),
  copy: (params, context) => daemon.Data.copy(servedByDaemon(params), context),
}

function inDaemon({ uri }: { readonly uri: string }): boolean {
  return needsDaemon(uri) || isInDaemon(fileDriver, uri)
}

function servedByDaemon<P extends { readonly uri: string }>(params: P): P {
  if (inDaemon(params)) return params
  throw new OperationError('the kernel serves this disk and cannot mirror it: attach it with the option engine=qsd')
}
