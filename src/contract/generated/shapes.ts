// Generated from schemas/ by `npm run generate`. Do not edit.
import type { Shape } from '../shape.ts'
import type { Methods } from './types.ts'

const INT64: Shape = {"kind":"int64"}
const SIZE: Shape = {"kind":"int64","minimum":0}
const DBG: Shape = {"kind":"string"}
const SR_HANDLE: Shape = {"kind":"string"}
const KEY: Shape = {"kind":"string"}
const URI: Shape = {"kind":"string","secret":"uri"}
const DOMAIN: Shape = {"kind":"string"}
const CONFIGURATION: Shape = {"kind":"dict","of":{"kind":"string"},"secret":"configuration"}
const QUERY_RESULT: Shape = {"kind":"record","members":{"plugin":{"shape":{"kind":"string"}},"name":{"shape":{"kind":"string"}},"description":{"shape":{"kind":"string"}},"vendor":{"shape":{"kind":"string"}},"copyright":{"shape":{"kind":"string"}},"version":{"shape":{"kind":"string"}},"required_api_version":{"shape":{"kind":"string"}},"features":{"shape":{"kind":"list","of":{"kind":"string"}}},"configuration":{"shape":{"kind":"dict","of":{"kind":"string"}}},"required_cluster_stack":{"shape":{"kind":"list","of":{"kind":"string"}}}}}
const HEALTH: Shape = {"kind":"variant","tags":{"Healthy":{"kind":"string"},"Recovering":{"kind":"string"},"Unreachable":{"kind":"string"},"Unavailable":{"kind":"string"}}}
const SR_STAT: Shape = {"kind":"record","members":{"sr":{"shape":SR_HANDLE},"uuid":{"shape":{"kind":"string"},"optional":true},"name":{"shape":{"kind":"string"}},"description":{"shape":{"kind":"string"}},"free_space":{"shape":INT64},"total_space":{"shape":INT64},"datasources":{"shape":{"kind":"list","of":{"kind":"string"}}},"clustered":{"shape":{"kind":"boolean"}},"health":{"shape":HEALTH}}}
const VOLUME_TYPE: Shape = {"kind":"variant","tags":{"Data":null,"CBT_Metadata":null,"Data_and_CBT_Metadata":null}}
const VOLUME: Shape = {"kind":"record","members":{"key":{"shape":KEY},"uuid":{"shape":{"kind":"string"},"optional":true},"name":{"shape":{"kind":"string"}},"description":{"shape":{"kind":"string"}},"read_write":{"shape":{"kind":"boolean"}},"sharable":{"shape":{"kind":"boolean"}},"virtual_size":{"shape":INT64},"physical_utilisation":{"shape":INT64},"uri":{"shape":{"kind":"list","of":URI}},"keys":{"shape":{"kind":"dict","of":{"kind":"string"}}},"volume_type":{"shape":VOLUME_TYPE,"optional":true,"default":"Data"},"cbt_enabled":{"shape":{"kind":"boolean"},"optional":true,"default":false}}}
const PROBE_RESULT: Shape = {"kind":"record","members":{"configuration":{"shape":CONFIGURATION},"complete":{"shape":{"kind":"boolean"}},"sr":{"shape":SR_STAT,"optional":true},"extra_info":{"shape":{"kind":"dict","of":{"kind":"string"}}}}}
const XEN_DISK: Shape = {"kind":"record","members":{"params":{"shape":{"kind":"string"}},"extra":{"shape":{"kind":"dict","of":{"kind":"string"}}},"backend_type":{"shape":{"kind":"string"}}}}
const PATH: Shape = {"kind":"record","members":{"path":{"shape":{"kind":"string"}}}}
const NBD: Shape = {"kind":"record","members":{"uri":{"shape":{"kind":"string"}}}}
const IMPLEMENTATION: Shape = {"kind":"variant","tags":{"XenDisk":XEN_DISK,"BlockDevice":PATH,"File":PATH,"Nbd":NBD}}
const BACKEND: Shape = {"kind":"record","members":{"implementations":{"shape":{"kind":"list","of":IMPLEMENTATION}}}}
const CHANGED_BLOCKS: Shape = {"kind":"record","members":{"granularity":{"shape":INT64},"bitmap":{"shape":{"kind":"string"}}}}
const BLOCKLIST: Shape = {"kind":"record","members":{"blocksize":{"shape":INT64},"ranges":{"shape":{"kind":"list","of":{"kind":"tuple","of":[INT64,INT64]}}}}}
const OPERATION: Shape = {"kind":"variant","tags":{"CopyV1":{"kind":"string"},"MirrorV1":{"kind":"string"}}}
const STATUS: Shape = {"kind":"record","members":{"failed":{"shape":{"kind":"boolean"}},"complete":{"shape":{"kind":"boolean"}},"progress":{"shape":{"kind":"float"},"optional":true}}}
const TASK_RESULT: Shape = {"kind":"variant","tags":{"UnitResult":null,"Volume":VOLUME}}
const COMPLETION: Shape = {"kind":"record","members":{"duration":{"shape":{"kind":"float"}},"result":{"shape":TASK_RESULT,"optional":true}}}
const TASK_STATE: Shape = {"kind":"variant","tags":{"Pending":{"kind":"float"},"Completed":COMPLETION,"Failed":{"kind":"string"}}}
const TASK: Shape = {"kind":"record","members":{"id":{"shape":{"kind":"string"}},"debug_info":{"shape":{"kind":"string"}},"ctime":{"shape":{"kind":"float"}},"state":{"shape":TASK_STATE}}}

/** Method → shapes of its params and result. */
export const SHAPES: Readonly<Record<keyof Methods, { readonly params: Shape; readonly result: Shape }>> = {
  'Plugin.diagnostics': { params: {"kind":"record","members":{"dbg":{"shape":DBG}}}, result: {"kind":"string"} },
  'Plugin.ls': { params: {"kind":"record","members":{"dbg":{"shape":DBG}}}, result: {"kind":"list","of":SR_HANDLE} },
  'Plugin.query': { params: {"kind":"record","members":{"dbg":{"shape":DBG}}}, result: QUERY_RESULT },
  'SR.attach': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"configuration":{"shape":CONFIGURATION}}}, result: SR_HANDLE },
  'SR.create': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"uuid":{"shape":{"kind":"string"}},"configuration":{"shape":CONFIGURATION},"name":{"shape":{"kind":"string"}},"description":{"shape":{"kind":"string"}}}}, result: CONFIGURATION },
  'SR.destroy': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE}}}, result: {"kind":"unit"} },
  'SR.detach': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE}}}, result: {"kind":"unit"} },
  'SR.ls': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE}}}, result: {"kind":"list","of":VOLUME} },
  'SR.probe': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"configuration":{"shape":CONFIGURATION}}}, result: {"kind":"list","of":PROBE_RESULT} },
  'SR.set_description': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"new_description":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} },
  'SR.set_name': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"new_name":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} },
  'SR.stat': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE}}}, result: SR_STAT },
  'Volume.clone': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY}}}, result: VOLUME },
  'Volume.compare': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY},"key2":{"shape":KEY}}}, result: BLOCKLIST },
  'Volume.compose': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY},"key2":{"shape":KEY}}}, result: {"kind":"unit"} },
  'Volume.copy': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY},"dest_sr":{"shape":SR_HANDLE}}}, result: VOLUME },
  'Volume.create': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"name":{"shape":{"kind":"string"}},"description":{"shape":{"kind":"string"}},"size":{"shape":SIZE},"sharable":{"shape":{"kind":"boolean"}}}}, result: VOLUME },
  'Volume.data_destroy': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY}}}, result: {"kind":"unit"} },
  'Volume.destroy': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY}}}, result: {"kind":"unit"} },
  'Volume.disable_cbt': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY}}}, result: {"kind":"unit"} },
  'Volume.enable_cbt': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY}}}, result: {"kind":"unit"} },
  'Volume.list_changed_blocks': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY},"key2":{"shape":KEY},"offset":{"shape":INT64},"length":{"shape":INT64}}}, result: CHANGED_BLOCKS },
  'Volume.resize': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY},"new_size":{"shape":SIZE}}}, result: {"kind":"unit"} },
  'Volume.revert': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"snapshot":{"shape":KEY},"key":{"shape":KEY}}}, result: {"kind":"unit"} },
  'Volume.set': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY},"k":{"shape":{"kind":"string"}},"v":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} },
  'Volume.set_description': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY},"new_description":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} },
  'Volume.set_name': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY},"new_name":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} },
  'Volume.similar_content': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY}}}, result: {"kind":"list","of":KEY} },
  'Volume.snapshot': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY}}}, result: VOLUME },
  'Volume.stat': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY}}}, result: VOLUME },
  'Volume.unset': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"sr":{"shape":SR_HANDLE},"key":{"shape":KEY},"k":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} },
  'Datapath.activate': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"uri":{"shape":URI},"domain":{"shape":DOMAIN}}}, result: {"kind":"unit"} },
  'Datapath.activate_readonly': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"uri":{"shape":URI},"domain":{"shape":DOMAIN}}}, result: {"kind":"unit"} },
  'Datapath.attach': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"uri":{"shape":URI},"domain":{"shape":DOMAIN}}}, result: BACKEND },
  'Datapath.close': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"uri":{"shape":URI}}}, result: {"kind":"unit"} },
  'Datapath.deactivate': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"uri":{"shape":URI},"domain":{"shape":DOMAIN}}}, result: {"kind":"unit"} },
  'Datapath.detach': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"uri":{"shape":URI},"domain":{"shape":DOMAIN}}}, result: {"kind":"unit"} },
  'Datapath.import_activate': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"uri":{"shape":URI},"domain":{"shape":DOMAIN}}}, result: {"kind":"string"} },
  'Datapath.open': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"uri":{"shape":URI},"persistent":{"shape":{"kind":"boolean"}}}}, result: {"kind":"unit"} },
  'Data.cancel': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"operation":{"shape":OPERATION}}}, result: {"kind":"unit"} },
  'Data.copy': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"uri":{"shape":URI},"domain":{"shape":DOMAIN},"remote":{"shape":URI},"blocklist":{"shape":BLOCKLIST}}}, result: OPERATION },
  'Data.destroy': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"operation":{"shape":OPERATION}}}, result: {"kind":"unit"} },
  'Data.ls': { params: {"kind":"record","members":{"dbg":{"shape":DBG}}}, result: {"kind":"list","of":OPERATION} },
  'Data.mirror': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"uri":{"shape":URI},"domain":{"shape":DOMAIN},"remote":{"shape":URI}}}, result: OPERATION },
  'Data.stat': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"operation":{"shape":OPERATION}}}, result: STATUS },
  'Task.cancel': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"id":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} },
  'Task.destroy': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"id":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} },
  'Task.ls': { params: {"kind":"record","members":{"dbg":{"shape":DBG}}}, result: {"kind":"list","of":{"kind":"string"}} },
  'Task.stat': { params: {"kind":"record","members":{"dbg":{"shape":DBG},"id":{"shape":{"kind":"string"}}}}, result: TASK },
}
