/**
 * The Datapath and Data classes. What the kernel does well it does, see kernel.ts; a VHD image tapdisk serves where blktap
 * is installed, see tapdisk.ts; the rest a daemon, see driver.ts.
 */
import { OperationError } from '../../src/engine/qsd/data-operations.ts'
import { isInDaemon, LifeCycleError, qsdDatapath } from '../../src/engine/qsd/datapath.ts'
import type { ClassMethods } from '../../src/kit/index.ts'
import * as copies from './copy.ts'
import { fileDriver, needsDaemon } from './driver.ts'
import { endImport, importActivate } from './import.ts'
import * as kernel from './kernel.ts'
import * as tapdisk from './tapdisk.ts'

type Methods = ClassMethods<'Datapath'>
type LifeCycle = Pick<
  Methods,
  'attach' | 'activate' | 'activate_readonly' | 'import_activate' | 'deactivate' | 'detach'
>

const daemon = qsdDatapath(fileDriver)

/** What serves disks → its methods. */
const ENGINES = {
  daemon: daemon.Datapath,
  kernel: {
    attach: kernel.attach,
    async activate(params) {
      kernel.activate(params)
      await copies.endCopies(params.uri)
    },
    activate_readonly: kernel.activateReadonly,
    import_activate: ({ uri, domain }) => importActivate(uri, domain),
    async deactivate(params) {
      await endImport(params.uri)
      kernel.deactivate(params)
      if (copies.hasCopies(params.uri) && !kernel.isActive(params.uri)) await copies.endCopies(params.uri)
    },
    async detach(params) {
      await endImport(params.uri)
      kernel.detach(params)
      if (copies.hasCopies(params.uri) && !kernel.isActive(params.uri)) await copies.endCopies(params.uri)
    },
  },
  tapdisk: {
    attach: tapdisk.attach,
    activate: (params) => tapdisk.activate(params, 'activated'),
    activate_readonly: (params) => tapdisk.activate(params, 'activated_readonly'),
    import_activate() {
      throw new OperationError(`tapdisk serves this disk and takes no NBD connection: ${kernel.WITH_DAEMON}`)
    },
    deactivate: tapdisk.deactivate,
    detach: tapdisk.detach,
  },
} as const satisfies Record<string, LifeCycle>

/** The engine that has the disk of a URI, or shall have it. */
function engineOf(uri: string): keyof typeof ENGINES {
  if (isInDaemon(fileDriver, uri)) return 'daemon'
  if (tapdisk.isInTapdisk(uri) || tapdisk.isForTapdisk(uri)) return 'tapdisk'
  return needsDaemon(uri) ? 'daemon' : 'kernel'
}

export const datapath: Methods = {
  open(params, context) {
    if (!params.persistent) {
      if (kernel.isAttached(params.uri)) throw new LifeCycleError('the disk is attached, and its writes are kept')
      if (tapdisk.isDemanded(params.uri)) throw new LifeCycleError('tapdisk keeps all writes: leave its options out')
    }
    return daemon.Datapath.open(params, context)
  },
  attach: (params, context) => ENGINES[engineOf(params.uri)].attach(params, context),
  activate: (params, context) => ENGINES[engineOf(params.uri)].activate(params, context),
  activate_readonly: (params, context) => ENGINES[engineOf(params.uri)].activate_readonly(params, context),
  import_activate: (params, context) => ENGINES[engineOf(params.uri)].import_activate(params, context),
  deactivate: (params, context) => ENGINES[engineOf(params.uri)].deactivate(params, context),
  detach: (params, context) => ENGINES[engineOf(params.uri)].detach(params, context),
  close: daemon.Datapath.close,
}

export const data: ClassMethods<'Data'> = {
  ...daemon.Data,
  mirror: (params, context) => daemon.Data.mirror(servedByDaemon(params), context),
  copy(params, context) {
    if (engineOf(params.uri) === 'kernel') return copies.copy(params, context)
    return daemon.Data.copy(servedByDaemon(params), context)
  },
}

function servedByDaemon<P extends { readonly uri: string }>(params: P): P {
  const engine = engineOf(params.uri)
  if (engine === 'daemon') return params
  throw new OperationError(`the ${engine} serves this disk and cannot mirror it: ${kernel.WITH_DAEMON}`)
}
