// Generated from schemas/ by `npm run generate`. Do not edit.
import type { Shape } from '../shape.ts'
import type { Methods } from './types.ts'

const INT64 = (): Shape => ({"kind":"int64"})
const SIZE = (): Shape => ({"kind":"int64","minimum":0})
const DBG = (): Shape => ({"kind":"string"})
const SR_HANDLE = (): Shape => ({"kind":"string"})
const KEY = (): Shape => ({"kind":"string"})
const URI = (): Shape => ({"kind":"string","secret":"uri"})
const DOMAIN = (): Shape => ({"kind":"string"})
const CONFIGURATION = (): Shape => ({"kind":"dict","of":{"kind":"string"},"secret":"configuration"})
const QUERY_RESULT = (): Shape => ({"kind":"record","members":{"plugin":{"shape":{"kind":"string"}},"name":{"shape":{"kind":"string"}},"description":{"shape":{"kind":"string"}},"vendor":{"shape":{"kind":"string"}},"copyright":{"shape":{"kind":"string"}},"version":{"shape":{"kind":"string"}},"required_api_version":{"shape":{"kind":"string"}},"features":{"shape":{"kind":"list","of":{"kind":"string"}}},"configuration":{"shape":{"kind":"dict","of":{"kind":"string"}}},"required_cluster_stack":{"shape":{"kind":"list","of":{"kind":"string"}}}}})
const HEALTH = (): Shape => ({"kind":"variant","tags":{"Healthy":{"kind":"string"},"Recovering":{"kind":"string"},"Unreachable":{"kind":"string"},"Unavailable":{"kind":"string"}}})
const SR_STAT = (): Shape => ({"kind":"record","members":{"sr":{"shape":SR_HANDLE()},"uuid":{"shape":{"kind":"string"},"optional":true},"name":{"shape":{"kind":"string"}},"description":{"shape":{"kind":"string"}},"free_space":{"shape":INT64()},"total_space":{"shape":INT64()},"datasources":{"shape":{"kind":"list","of":{"kind":"string"}}},"clustered":{"shape":{"kind":"boolean"}},"health":{"shape":HEALTH()}}})
const VOLUME_TYPE = (): Shape => ({"kind":"variant","tags":{"Data":null,"CBT_Metadata":null,"Data_and_CBT_Metadata":null}})
const VOLUME = (): Shape => ({"kind":"record","members":{"key":{"shape":KEY()},"uuid":{"shape":{"kind":"string"},"optional":true},"name":{"shape":{"kind":"string"}},"description":{"shape":{"kind":"string"}},"read_write":{"shape":{"kind":"boolean"}},"sharable":{"shape":{"kind":"boolean"}},"virtual_size":{"shape":INT64()},"physical_utilisation":{"shape":INT64()},"uri":{"shape":{"kind":"list","of":URI()}},"keys":{"shape":{"kind":"dict","of":{"kind":"string"}}},"volume_type":{"shape":VOLUME_TYPE(),"optional":true,"default":"Data"},"cbt_enabled":{"shape":{"kind":"boolean"},"optional":true,"default":false}}})
const PROBE_RESULT = (): Shape => ({"kind":"record","members":{"configuration":{"shape":CONFIGURATION()},"complete":{"shape":{"kind":"boolean"}},"sr":{"shape":SR_STAT(),"optional":true},"extra_info":{"shape":{"kind":"dict","of":{"kind":"string"}}}}})
const XEN_DISK = (): Shape => ({"kind":"record","members":{"params":{"shape":{"kind":"string"}},"extra":{"shape":{"kind":"dict","of":{"kind":"string"}}},"backend_type":{"shape":{"kind":"string"}}}})
const PATH = (): Shape => ({"kind":"record","members":{"path":{"shape":{"kind":"string"}}}})
const NBD = (): Shape => ({"kind":"record","members":{"uri":{"shape":{"kind":"string"}}}})
const IMPLEMENTATION = (): Shape => ({"kind":"variant","tags":{"XenDisk":XEN_DISK(),"BlockDevice":PATH(),"File":PATH(),"Nbd":NBD()}})
const BACKEND = (): Shape => ({"kind":"record","members":{"implementations":{"shape":{"kind":"list","of":IMPLEMENTATION()}}}})
const CHANGED_BLOCKS = (): Shape => ({"kind":"record","members":{"granularity":{"shape":INT64()},"bitmap":{"shape":{"kind":"string"}}}})
const BLOCKLIST = (): Shape => ({"kind":"record","members":{"blocksize":{"shape":INT64()},"ranges":{"shape":{"kind":"list","of":{"kind":"tuple","of":[INT64(),INT64()]}}}}})
const OPERATION = (): Shape => ({"kind":"variant","tags":{"CopyV1":{"kind":"string"},"MirrorV1":{"kind":"string"}}})
const STATUS = (): Shape => ({"kind":"record","members":{"failed":{"shape":{"kind":"boolean"}},"complete":{"shape":{"kind":"boolean"}},"progress":{"shape":{"kind":"float"},"optional":true}}})
const TASK_RESULT = (): Shape => ({"kind":"variant","tags":{"UnitResult":null,"Volume":VOLUME()}})
const COMPLETION = (): Shape => ({"kind":"record","members":{"duration":{"shape":{"kind":"float"}},"result":{"shape":TASK_RESULT(),"optional":true}}})
const TASK_STATE = (): Shape => ({"kind":"variant","tags":{"Pending":{"kind":"float"},"Completed":COMPLETION(),"Failed":{"kind":"string"}}})
const TASK = (): Shape => ({"kind":"record","members":{"id":{"shape":{"kind":"string"}},"debug_info":{"shape":{"kind":"string"}},"ctime":{"shape":{"kind":"float"}},"state":{"shape":TASK_STATE()}}})

interface MethodShapes {
  readonly params: Shape
  readonly result: Shape
}

/** Method → shapes of its params and result, made when they are asked for. */
export const SHAPES: Readonly<Record<keyof Methods, MethodShapes>> = {
  get 'Plugin.diagnostics'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()}}}, result: {"kind":"string"} }
  },
  get 'Plugin.ls'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()}}}, result: {"kind":"list","of":SR_HANDLE()} }
  },
  get 'Plugin.query'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()}}}, result: QUERY_RESULT() }
  },
  get 'SR.attach'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"configuration":{"shape":CONFIGURATION()}}}, result: SR_HANDLE() }
  },
  get 'SR.create'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"uuid":{"shape":{"kind":"string"}},"configuration":{"shape":CONFIGURATION()},"name":{"shape":{"kind":"string"}},"description":{"shape":{"kind":"string"}}}}, result: CONFIGURATION() }
  },
  get 'SR.destroy'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()}}}, result: {"kind":"unit"} }
  },
  get 'SR.detach'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()}}}, result: {"kind":"unit"} }
  },
  get 'SR.ls'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()}}}, result: {"kind":"list","of":VOLUME()} }
  },
  get 'SR.probe'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"configuration":{"shape":CONFIGURATION()}}}, result: {"kind":"list","of":PROBE_RESULT()} }
  },
  get 'SR.set_description'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"new_description":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} }
  },
  get 'SR.set_name'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"new_name":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} }
  },
  get 'SR.stat'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()}}}, result: SR_STAT() }
  },
  get 'Volume.clone'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()}}}, result: VOLUME() }
  },
  get 'Volume.compare'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()},"key2":{"shape":KEY()}}}, result: BLOCKLIST() }
  },
  get 'Volume.compose'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()},"key2":{"shape":KEY()}}}, result: {"kind":"unit"} }
  },
  get 'Volume.copy'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()},"dest_sr":{"shape":SR_HANDLE()}}}, result: VOLUME() }
  },
  get 'Volume.create'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"name":{"shape":{"kind":"string"}},"description":{"shape":{"kind":"string"}},"size":{"shape":SIZE()},"sharable":{"shape":{"kind":"boolean"}}}}, result: VOLUME() }
  },
  get 'Volume.data_destroy'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()}}}, result: {"kind":"unit"} }
  },
  get 'Volume.destroy'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()}}}, result: {"kind":"unit"} }
  },
  get 'Volume.disable_cbt'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()}}}, result: {"kind":"unit"} }
  },
  get 'Volume.enable_cbt'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()}}}, result: {"kind":"unit"} }
  },
  get 'Volume.list_changed_blocks'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()},"key2":{"shape":KEY()},"offset":{"shape":INT64()},"length":{"shape":INT64()}}}, result: CHANGED_BLOCKS() }
  },
  get 'Volume.resize'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()},"new_size":{"shape":SIZE()}}}, result: {"kind":"unit"} }
  },
  get 'Volume.revert'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"snapshot":{"shape":KEY()},"key":{"shape":KEY()}}}, result: {"kind":"unit"} }
  },
  get 'Volume.set'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()},"k":{"shape":{"kind":"string"}},"v":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} }
  },
  get 'Volume.set_description'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()},"new_description":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} }
  },
  get 'Volume.set_name'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()},"new_name":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} }
  },
  get 'Volume.similar_content'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()}}}, result: {"kind":"list","of":KEY()} }
  },
  get 'Volume.snapshot'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()}}}, result: VOLUME() }
  },
  get 'Volume.stat'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()}}}, result: VOLUME() }
  },
  get 'Volume.unset'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"sr":{"shape":SR_HANDLE()},"key":{"shape":KEY()},"k":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} }
  },
  get 'Datapath.activate'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"uri":{"shape":URI()},"domain":{"shape":DOMAIN()}}}, result: {"kind":"unit"} }
  },
  get 'Datapath.activate_readonly'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"uri":{"shape":URI()},"domain":{"shape":DOMAIN()}}}, result: {"kind":"unit"} }
  },
  get 'Datapath.attach'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"uri":{"shape":URI()},"domain":{"shape":DOMAIN()}}}, result: BACKEND() }
  },
  get 'Datapath.close'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"uri":{"shape":URI()}}}, result: {"kind":"unit"} }
  },
  get 'Datapath.deactivate'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"uri":{"shape":URI()},"domain":{"shape":DOMAIN()}}}, result: {"kind":"unit"} }
  },
  get 'Datapath.detach'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"uri":{"shape":URI()},"domain":{"shape":DOMAIN()}}}, result: {"kind":"unit"} }
  },
  get 'Datapath.import_activate'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"uri":{"shape":URI()},"domain":{"shape":DOMAIN()}}}, result: {"kind":"string"} }
  },
  get 'Datapath.open'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"uri":{"shape":URI()},"persistent":{"shape":{"kind":"boolean"}}}}, result: {"kind":"unit"} }
  },
  get 'Data.cancel'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"operation":{"shape":OPERATION()}}}, result: {"kind":"unit"} }
  },
  get 'Data.copy'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"uri":{"shape":URI()},"domain":{"shape":DOMAIN()},"remote":{"shape":URI()},"blocklist":{"shape":BLOCKLIST()}}}, result: OPERATION() }
  },
  get 'Data.destroy'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"operation":{"shape":OPERATION()}}}, result: {"kind":"unit"} }
  },
  get 'Data.ls'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()}}}, result: {"kind":"list","of":OPERATION()} }
  },
  get 'Data.mirror'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"uri":{"shape":URI()},"domain":{"shape":DOMAIN()},"remote":{"shape":URI()}}}, result: OPERATION() }
  },
  get 'Data.stat'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"operation":{"shape":OPERATION()}}}, result: STATUS() }
  },
  get 'Task.cancel'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"id":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} }
  },
  get 'Task.destroy'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"id":{"shape":{"kind":"string"}}}}, result: {"kind":"unit"} }
  },
  get 'Task.ls'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()}}}, result: {"kind":"list","of":{"kind":"string"}} }
  },
  get 'Task.stat'(): MethodShapes {
    return { params: {"kind":"record","members":{"dbg":{"shape":DBG()},"id":{"shape":{"kind":"string"}}}}, result: TASK() }
  },
}
