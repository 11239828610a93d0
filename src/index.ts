/** The public API of smapiv3: the host and what goes in and out of it. */
export {
  CLAUSES,
  type ClauseReport,
  type ConformanceOptions,
  type Report,
  runConformance,
} from './conformance/index.ts'
export type { Backtrace, ErrorDetails, ErrorKind, ErrorRecord, Fault } from './contract/errors.ts'
export { asSmapiv3Error, ERRORS, Smapiv3Error } from './contract/errors.ts'
export type * from './contract/generated/types.ts'
export { type Int64, parseJson, stringifyJson } from './contract/json.ts'
export type { ClassName, MethodName, MethodRow, Params, PluginKind, Result } from './contract/methods.ts'
export { isMethodName, METHOD_NAMES, METHODS } from './contract/methods.ts'
export type { AttachedSr } from './host/attached-srs.ts'
export type { Connection } from './host/connections.ts'
export type { PassedOver } from './host/datapath-choice.ts'
export type { AttachedDisk, ConnectRequest, Disks, DiskUse } from './host/disks.ts'
export { domainOf } from './host/domain.ts'
export { Host, type HostOptions } from './host/host.ts'
export type { Operation, OperationRequest, Operations, Progress, Source } from './host/operations.ts'
export type { CallOptions } from './host/plugin-caller.ts'
export { loadSettings, type Settings } from './host/settings.ts'
export type { AttachRequest, CreateRequest, DetachOptions, Srs } from './host/srs.ts'
export type { VolumeMethod, VolumeParams, Volumes } from './host/volumes.ts'
export type { Invocation } from './invoke/invoke.ts'
export type { Recorder } from './invoke/recorder.ts'
export type { TraceRecord } from './invoke/trace-record.ts'
export type { DiscoveredPlugin } from './registry/plugin.ts'
export type { Registry } from './registry/registry.ts'
export type { Rejection, RejectionCode, Warning, WarningCode } from './registry/rejections.ts'
export type { PluginEntry, ReadyPlugin, Snapshot } from './registry/snapshot.ts'
