/** Which clause a failed call speaks against: one table by method, one by kind of error. */
import type { ErrorKind } from '../contract/errors.ts'
import type { MethodName } from '../contract/methods.ts'
import type { ClauseId } from './clauses.ts'
import type { CallFailed } from './violation.ts'

/** Method → the clause that says that it works at all. */
export const BASIC: Partial<Record<MethodName, ClauseId>> = {
  'Plugin.query': 'QRY-RECORD-001',
  'Plugin.diagnostics': 'QRY-DIAG-001',
  'Plugin.ls': 'QRY-LS-001',
  'SR.probe': 'SR-PROBE-001',
  'SR.create': 'SR-CREATE-001',
  'SR.attach': 'SR-ATTACH-001',
  'SR.detach': 'SR-DETACH-001',
  'SR.destroy': 'SR-DESTROY-001',
  'SR.stat': 'SR-STAT-001',
  'SR.set_name': 'SR-NAME-001',
  'SR.set_description': 'SR-DESC-001',
  'SR.ls': 'SR-LS-001',
  'Volume.create': 'VOL-CREATE-001',
  'Volume.snapshot': 'VOL-SNAPSHOT-001',
  'Volume.clone': 'VOL-CLONE-001',
  'Volume.copy': 'VOL-COPY-001',
  'Volume.destroy': 'VOL-DESTROY-001',
  'Volume.revert': 'VOL-REVERT-001',
  'Volume.set_name': 'VOL-NAME-001',
  'Volume.set_description': 'VOL-DESC-001',
  'Volume.set': 'VOL-SET-001',
  'Volume.unset': 'VOL-UNSET-001',
  'Volume.resize': 'VOL-RESIZE-001',
  'Volume.stat': 'VOL-STAT-001',
  'Volume.compare': 'VOL-COMPARE-001',
  'Volume.similar_content': 'VOL-SIMILAR-001',
  'Volume.enable_cbt': 'VOL-CBT-001',
  'Volume.disable_cbt': 'VOL-CBT-002',
  'Volume.data_destroy': 'VOL-CBT-006',
  'Volume.list_changed_blocks': 'VOL-CBT-003',
  'Volume.compose': 'VOL-COMPOSE-001',
  'Datapath.open': 'DP-OPEN-001',
  'Datapath.attach': 'DP-ATTACH-001',
  'Datapath.activate': 'DP-ACTIVATE-001',
  'Datapath.activate_readonly': 'DP-READONLY-001',
  'Datapath.import_activate': 'DP-IMPORT-001',
  'Datapath.deactivate': 'DP-DEACTIVATE-001',
  'Datapath.detach': 'DP-DETACH-001',
  'Datapath.close': 'DP-CLOSE-001',
  'Data.copy': 'DATA-COPYJOB-001',
  'Data.mirror': 'DP-MIRROR-001',
  'Data.stat': 'DP-MIRROR-001',
  'Data.cancel': 'DP-MIRROR-003',
  'Data.destroy': 'DP-MIRROR-003',
  'Data.ls': 'DP-MIRROR-003',
}

/** Kind of error → the clause of the protocol that it breaks, whatever the method. */
const PROTOCOL: Partial<Record<ErrorKind, ClauseId>> = {
  SCRIPT_BAD_JSON: 'PRO-STDOUT-001',
  SCRIPT_OUTPUT_TOO_LARGE: 'PRO-STDOUT-002',
  SCRIPT_BAD_ERROR: 'PRO-ERROR-001',
  SCRIPT_SIGNALLED: 'PRO-EXIT-002',
  SCRIPT_TIMED_OUT: 'PRO-TIME-001',
  SCRIPT_NOT_STARTED: 'FIL-EXEC-002',
  SCRIPT_NOT_EXECUTABLE: 'FIL-EXEC-001',
  PLUGIN_REJECTED: 'FIL-PLUGIN-001',
}

/** The clause that a failed call breaks, if the call was not what the check is about. */
export function causeOf({ method, error }: Pick<CallFailed, 'method' | 'error'>): ClauseId {
  if (error.kind === 'SCRIPT_BAD_RESULT' && /exited with status 0$/.test(error.message)) return 'PRO-EXIT-001'
  return PROTOCOL[error.kind] ?? BASIC[method] ?? 'FIL-PLUGIN-001'
}
