// Generated from schemas/ by `npm run generate`. Do not edit.
import type {Int64} from '../json.ts'

/**
 * What a volume holds: data, changed-block metadata, or both.
 */
export type VolumeType = 'Data' | 'CBT_Metadata' | 'Data_and_CBT_Metadata'
/**
 * How an SR is doing, with a message for people (may be empty).
 */
export type Health = ['Healthy', string] | ['Recovering', string] | ['Unreachable', string] | ['Unavailable', string]
/**
 * One way to reach the bytes of an attached volume.
 */
export type Implementation = ['XenDisk', XenDisk] | ['BlockDevice', Path] | ['File', Path] | ['Nbd', Nbd]
/**
 * A long-running data operation.
 */
export type Operation = ['CopyV1', string] | ['MirrorV1', string]
/**
 * Where a task stands.
 */
export type TaskState = ['Pending', number] | ['Completed', Completion] | ['Failed', string]
/**
 * What a finished task returned.
 */
export type TaskResult = 'UnitResult' | ['Volume', Volume]

/**
 * Params and result of every method.
 */
export interface Methods {
  /**
   * Describes the state of the plugin for whoever looks into a problem. The text may be logged, so it holds no personal data and no secrets.
   */
  'Plugin.diagnostics': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
    }
    /**
     * Text for people, of any number of lines.
     */
    result: string
  }
  /**
   * Lists the SRs that are attached through this plugin on this host. The toolstack does not call it.
   */
  'Plugin.ls': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
    }
    /**
     * Handles of the attached SRs.
     *
     * Items: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
     */
    result: string[]
  }
  /**
   * Tells what the plugin is and what it can do. Must work without any SR, and is asked again from time to time.
   */
  'Plugin.query': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
    }
    result: QueryResult
  }
  /**
   * Makes an SR usable on this host: its volumes can be listed and changed from then on. Idempotent: it is repeated after toolstack restarts, before SR.destroy and by boot-time tools, each time expecting a usable handle.
   */
  'SR.attach': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * The complete configuration, as SR.create returned it or SR.probe found it.
       */
      configuration: {
        [k: string]: string
      }
    }
    /**
     * The handle all later calls use. Stays valid until SR.detach, also when the caller restarts.
     */
    result: string
  }
  /**
   * Formats the storage as a new, empty SR; it does not attach it. Not idempotent.
   */
  'SR.create': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * The uuid of the new SR, to be stored with it where the storage allows that.
       */
      uuid: string
      /**
       * Where to create the SR.
       */
      configuration: {
        [k: string]: string
      }
      /**
       * Name for people.
       */
      name: string
      /**
       * Description for people.
       */
      description: string
    }
    /**
     * Replaces the configuration of the caller and is what SR.attach will be given: it must be complete by itself, also on another host.
     */
    result: {
      [k: string]: string
    }
  }
  /**
   * Deletes an attached SR with every volume in it, for good. SR.detach does not follow a successful call, so it also releases what SR.attach took on this host.
   */
  'SR.destroy': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
    }
    result: null
  }
  /**
   * Releases what SR.attach took on this host; the volumes are out of reach afterwards, their data is untouched.
   */
  'SR.detach': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
    }
    result: null
  }
  /**
   * Lists the volumes of an SR, snapshots among them. Called at every scan. One malformed record fails the whole list.
   */
  'SR.ls': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
    }
    /**
     * The volumes, in any order.
     */
    result: Volume[]
  }
  /**
   * Explores what a configuration, possibly a partial one, leads to: each result is a more complete configuration. Calling it again with one of them narrows the search down. A configuration that names an sr_uuid must be complete, and a result that carries sr must name that sr_uuid in its configuration; a host refuses the whole answer otherwise.
   */
  'SR.probe': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * What is known so far; may be empty.
       */
      configuration: {
        [k: string]: string
      }
    }
    /**
     * What was found; empty where there is nothing.
     */
    result: ProbeResult[]
  }
  /**
   * Changes the description of an SR; SR.stat reports the new one from then on. Idempotent.
   */
  'SR.set_description': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * New description for people; may be empty.
       */
      new_description: string
    }
    result: null
  }
  /**
   * Changes the name of an SR; SR.stat reports the new one from then on. Idempotent.
   */
  'SR.set_name': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * New name for people.
       */
      new_name: string
    }
    result: null
  }
  /**
   * Tells the properties, free space and health of an attached SR. Called very often (every scan, every attach): it must be cheap. An SR in trouble says so in health.
   */
  'SR.stat': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
    }
    result: SrStat
  }
  /**
   * Makes a writable copy of a volume, cheaply where the storage can share blocks. The clone inherits name and description, but none of the metadata stored by Volume.set. Not idempotent.
   */
  'Volume.clone': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * The volume or snapshot to clone.
       */
      key: string
    }
    result: Volume
  }
  /**
   * Tells which blocks differ between two volumes; all blocks where that is not known. The toolstack does not call it.
   */
  'Volume.compare': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * One volume.
       */
      key: string
      /**
       * The other volume.
       */
      key2: string
    }
    result: Blocklist
  }
  /**
   * Lays a child volume on top of a parent. The child is changed in place; the parent may be unusable afterwards. Needs the feature VDI_COMPOSE.
   */
  'Volume.compose': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * The child: changed to hold the composed content.
       */
      key: string
      /**
       * The parent: may be invalid afterwards.
       */
      key2: string
    }
    result: null
  }
  /**
   * Makes a full, independent copy of a volume, possibly in another SR, by means of the storage itself. A plugin may refuse; the caller then copies the blocks. The toolstack does not call it. Not idempotent.
   */
  'Volume.copy': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * The volume to copy.
       */
      key: string
      /**
       * Handle of the SR that is to hold the copy; may equal sr.
       */
      dest_sr: string
    }
    result: Volume
  }
  /**
   * Creates a volume. The size is a minimum: the plugin may round it up and says in virtual_size what it made.
   */
  'Volume.create': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * Name for people.
       */
      name: string
      /**
       * Description for people.
       */
      description: string
      /**
       * Bytes the guest is to see, at least.
       */
      size: Int64
      /**
       * Whether several hosts may attach the volume at once.
       */
      sharable: boolean
    }
    result: Volume
  }
  /**
   * Deletes the data of a snapshot but keeps its record of changed blocks, for later use with Volume.list_changed_blocks. Needs the feature VDI_CONFIG_CBT.
   */
  'Volume.data_destroy': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * The snapshot to empty.
       */
      key: string
    }
    result: null
  }
  /**
   * Deletes a volume and its data. Should succeed where the volume is gone already, but a caller cannot rely on that: existing plugins may fail with Volume_does_not_exist.
   */
  'Volume.destroy': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * Opaque name of a volume, unique inside its SR.
       */
      key: string
    }
    result: null
  }
  /**
   * Stops recording which blocks of a volume change; cbt_enabled is false from then on. Needs the feature VDI_CONFIG_CBT.
   */
  'Volume.disable_cbt': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * Opaque name of a volume, unique inside its SR.
       */
      key: string
    }
    result: null
  }
  /**
   * Starts to record which blocks of a volume change; cbt_enabled is true from then on. Needs the feature VDI_CONFIG_CBT.
   */
  'Volume.enable_cbt': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * Opaque name of a volume, unique inside its SR.
       */
      key: string
    }
    result: null
  }
  /**
   * Tells which blocks changed between two volumes inside an extent, as a bitmap. Needs the feature VDI_CONFIG_CBT. Callers expect a granularity of 65536.
   */
  'Volume.list_changed_blocks': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * The older volume.
       */
      key: string
      /**
       * The newer volume.
       */
      key2: string
      /**
       * Start of the extent in bytes, rounded down to a block boundary.
       */
      offset: Int64
      /**
       * Length of the extent in bytes, its end rounded up to a block boundary; -1 for all up to the end of the volume.
       */
      length: Int64
    }
    result: ChangedBlocks
  }
  /**
   * Grows a volume. The size is a minimum: the plugin may round it up, and Volume.stat then says in virtual_size what it made. Shrinking is normally refused (SR_BACKEND_FAILURE_79); no space left is SR_BACKEND_FAILURE_44. While the volume is in use, asked only of plugins with the feature VDI_RESIZE_ONLINE.
   */
  'Volume.resize': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * Opaque name of a volume, unique inside its SR.
       */
      key: string
      /**
       * Bytes the guest is to see, at least.
       */
      new_size: Int64
    }
    result: null
  }
  /**
   * Gives a volume the content of a snapshot. The volume keeps its identity. Needs the feature VDI_REVERT. Mind the order of the parameters: the snapshot comes first.
   */
  'Volume.revert': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * The snapshot whose content is taken.
       */
      snapshot: string
      /**
       * The volume whose content is replaced.
       */
      key: string
    }
    result: null
  }
  /**
   * Stores a piece of metadata with a volume, replacing an older value; the member keys of the volume shows it from then on. Called very often. The metadata is opaque to the plugin and lives on the storage. Idempotent.
   */
  'Volume.set': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * Opaque name of a volume, unique inside its SR.
       */
      key: string
      /**
       * Name of the metadata.
       */
      k: string
      /**
       * Its value; may be empty.
       */
      v: string
    }
    result: null
  }
  /**
   * Changes the description of a volume. Idempotent.
   */
  'Volume.set_description': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * Opaque name of a volume, unique inside its SR.
       */
      key: string
      /**
       * New description for people; may be empty.
       */
      new_description: string
    }
    result: null
  }
  /**
   * Changes the name of a volume. Idempotent.
   */
  'Volume.set_name': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * Opaque name of a volume, unique inside its SR.
       */
      key: string
      /**
       * New name for people.
       */
      new_name: string
    }
    result: null
  }
  /**
   * Lists volumes whose content is close to that of a volume, so that a copy can start from one of them. The toolstack does not call it.
   */
  'Volume.similar_content': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * The volume to look for.
       */
      key: string
    }
    /**
     * Keys of similar volumes; empty where none is known.
     *
     * Items: Opaque name of a volume, unique inside its SR.
     */
    result: string[]
  }
  /**
   * Makes a read-only copy of a volume as it is at this moment. The snapshot inherits name and description, but none of the metadata stored by Volume.set. A plugin that can only do it where the volume is active fails with params ["Activated_on_another_host", host uuid], and the toolstack sends the call to that host. Not idempotent.
   */
  'Volume.snapshot': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * The volume to take the snapshot of; it may be in use.
       */
      key: string
    }
    result: Volume
  }
  /**
   * Tells the properties of a volume, among them the URIs of its data. Called before almost every use of a datapath: it must be cheap. Fails with Volume_does_not_exist where there is no such volume.
   */
  'Volume.stat': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * Opaque name of a volume, unique inside its SR.
       */
      key: string
    }
    result: Volume
  }
  /**
   * Removes a piece of metadata of a volume. Idempotent: must succeed where it is not set.
   */
  'Volume.unset': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
       */
      sr: string
      /**
       * Opaque name of a volume, unique inside its SR.
       */
      key: string
      /**
       * Name of the metadata.
       */
      k: string
    }
    result: null
  }
  /**
   * Makes an attached volume ready for I/O, reading and writing. Called just before the I/O starts, during the downtime of a migration, so it must be quick. May be exclusive: a volume need not be active on two hosts at once. Idempotent.
   */
  'Datapath.activate': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query.
       */
      uri: string
      /**
       * Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0.
       */
      domain: string
    }
    result: null
  }
  /**
   * Makes an attached volume ready for reading. Any number of domains and hosts may do so at once, but never beside a Datapath.activate. Called for read-only disks if the volume plugin has the feature VDI_ACTIVATE_READONLY. Idempotent; undone by Datapath.deactivate.
   */
  'Datapath.activate_readonly': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query.
       */
      uri: string
      /**
       * Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0.
       */
      domain: string
    }
    result: null
  }
  /**
   * Prepares access to a volume for a domain, without starting I/O. Several domains and hosts may have a volume attached at once. Idempotent: repeated with the same parameters it must return the same answer.
   */
  'Datapath.attach': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query.
       */
      uri: string
      /**
       * Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0.
       */
      domain: string
    }
    result: Backend
  }
  /**
   * Undoes Datapath.open when the virtual machine shuts down, after Datapath.detach; writes that were not to last are discarded. Called only for plugins with the feature NONPERSISTENT.
   */
  'Datapath.close': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query.
       */
      uri: string
    }
    result: null
  }
  /**
   * Ends the use of a volume by a domain. Called as soon as the I/O stopped, during the downtime of a migration, so it must be quick. Idempotent: a later clean-up repeats it.
   */
  'Datapath.deactivate': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query.
       */
      uri: string
      /**
       * Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0.
       */
      domain: string
    }
    result: null
  }
  /**
   * Undoes Datapath.attach, some time after the deactivation. Must not fail: a clean-up that cannot be done now is queued inside the plugin. Idempotent.
   */
  'Datapath.detach': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query.
       */
      uri: string
      /**
       * Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0.
       */
      domain: string
    }
    result: null
  }
  /**
   * Opens an activated volume for an incoming storage migration. Each file descriptor sent to the socket (SCM_RIGHTS) becomes the server end of an NBD connection (fixed newstyle) to the volume. Called if the datapath plugin has the feature VDI_MIRROR_IN.
   */
  'Datapath.import_activate': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query.
       */
      uri: string
      /**
       * Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0.
       */
      domain: string
    }
    /**
     * Path of the Unix socket.
     */
    result: string
  }
  /**
   * Says, when a virtual machine starts, whether its writes are to last. Called only for plugins with the feature NONPERSISTENT, before Datapath.attach. Undone by Datapath.close.
   */
  'Datapath.open': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query.
       */
      uri: string
      /**
       * Whether writes are kept; false: they go to a disposable place until Datapath.close.
       */
      persistent: boolean
    }
    result: null
  }
  /**
   * Stops a data operation. The toolstack does not call it.
   */
  'Data.cancel': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      operation: Operation
    }
    result: null
  }
  /**
   * Starts to copy blocks of a volume to a remote disk and returns at once; Data.stat tells how far it is. The toolstack does not call it.
   */
  'Data.copy': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query.
       */
      uri: string
      /**
       * Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0.
       */
      domain: string
      /**
       * Where to copy to, such as nbd://host/export.
       */
      remote: string
      blocklist: Blocklist
    }
    result: Operation
  }
  /**
   * Forgets a data operation. The toolstack does not call it.
   */
  'Data.destroy': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      operation: Operation
    }
    result: null
  }
  /**
   * Lists the data operations that the plugin knows. The toolstack does not call it.
   */
  'Data.ls': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
    }
    /**
     * The operations.
     */
    result: Operation[]
  }
  /**
   * Starts to mirror a volume to a remote disk and returns at once. New writes go to both; as nobody calls Data.copy, the existing content must be brought over too. Data.stat reports complete once the remote is in sync.
   */
  'Data.mirror': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query.
       */
      uri: string
      /**
       * Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0.
       */
      domain: string
      /**
       * Where to mirror to, such as nbd://host/export.
       */
      remote: string
    }
    result: Operation
  }
  /**
   * Tells how far a data operation is. Polled in a tight loop, so it must be cheap. A failed operation is a status, not an error.
   */
  'Data.stat': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      operation: Operation
    }
    result: Status
  }
  /**
   * Asks a task to stop. The toolstack does not call it.
   */
  'Task.cancel': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque name of the task.
       */
      id: string
    }
    result: null
  }
  /**
   * Forgets a task that ended; must fail while it is in progress. The toolstack does not call it.
   */
  'Task.destroy': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque name of the task.
       */
      id: string
    }
    result: null
  }
  /**
   * Lists the tasks that the plugin knows. The toolstack does not call it.
   */
  'Task.ls': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
    }
    /**
     * Names of the tasks.
     */
    result: string[]
  }
  /**
   * Tells where an asynchronous task stands. The toolstack does not call it.
   */
  'Task.stat': {
    params: {
      /**
       * Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged.
       */
      dbg: string
      /**
       * Opaque name of the task.
       */
      id: string
    }
    result: Task
  }
}
/**
 * What a plugin is and what it can do.
 */
export interface QueryResult {
  /**
   * The SR type, or the URI scheme of a datapath plugin.
   */
  plugin: string
  /**
   * Name for people.
   */
  name: string
  /**
   * One sentence for people.
   */
  description: string
  /**
   * Who made the plugin.
   */
  vendor: string
  /**
   * Copyright notice.
   */
  copyright: string
  /**
   * Version of the plugin itself.
   */
  version: string
  /**
   * Version of SMAPIv3 the plugin is written for: 5.0, or the deprecated 3.0.
   */
  required_api_version: string
  /**
   * What the plugin can do, each NAME or NAME/version.
   */
  features: string[]
  /**
   * The device_config keys the plugin understands, each with its description for people.
   */
  configuration: {
    [k: string]: string
  }
  /**
   * The SR is usable only where one of these cluster stacks runs; empty where none is needed.
   */
  required_cluster_stack: string[]
}
/**
 * A volume of an SR.
 */
export interface Volume {
  /**
   * Opaque name of a volume, unique inside its SR.
   */
  key: string
  /**
   * Storage-level uuid of the volume, where it has one.
   */
  uuid?: string
  /**
   * Name for people.
   */
  name: string
  /**
   * Description for people.
   */
  description: string
  /**
   * Whether the volume can be written; false for snapshots and ISO images.
   */
  read_write: boolean
  /**
   * Whether several hosts may attach the volume at once.
   */
  sharable: boolean
  /**
   * Bytes that the guest sees.
   */
  virtual_size: Int64
  /**
   * Bytes used on the backing storage.
   */
  physical_utilisation: Int64
  /**
   * URIs of the data, most desirable first; the first whose scheme has a datapath plugin is used.
   *
   * Items: Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query.
   */
  uri: string[]
  /**
   * Metadata stored by Volume.set, opaque to the plugin.
   */
  keys: {
    [k: string]: string
  }
  volume_type?: VolumeType
  /**
   * Whether changed blocks are being tracked.
   */
  cbt_enabled?: boolean
}
/**
 * One thing that SR.probe found: a more complete configuration, possibly with the SR that is there.
 */
export interface ProbeResult {
  /**
   * The device_config of an SR: what the plugin needs to find it. Values may be secret (passwords).
   */
  configuration: {
    [k: string]: string
  }
  /**
   * Whether the configuration can be given to SR.create or SR.attach as it is.
   */
  complete: boolean
  sr?: SrStat
  /**
   * More about what was found, for people.
   */
  extra_info: {
    [k: string]: string
  }
}
/**
 * Properties of an SR.
 */
export interface SrStat {
  /**
   * Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
   */
  sr: string
  /**
   * The uuid given to SR.create, where it could be stored.
   */
  uuid?: string
  /**
   * Name for people.
   */
  name: string
  /**
   * Description for people.
   */
  description: string
  /**
   * Bytes free on the backing storage.
   */
  free_space: Int64
  /**
   * Bytes of the backing storage in all.
   */
  total_space: Int64
  /**
   * URIs of metrics, such as xeno+shm:///uid.
   */
  datasources: string[]
  /**
   * Whether the SR uses clustered local storage.
   */
  clustered: boolean
  health: Health
}
/**
 * Ranges of blocks.
 */
export interface Blocklist {
  /**
   * Bytes of one block.
   */
  blocksize: Int64
  /**
   * Each [first block, number of blocks].
   */
  ranges: [Int64, Int64][]
}
/**
 * Which blocks changed between two volumes.
 */
export interface ChangedBlocks {
  /**
   * Bytes that one bit stands for; XenAPI documents 65536.
   */
  granularity: Int64
  /**
   * One bit for each block, in base64 (RFC 4648).
   */
  bitmap: string
}
/**
 * How an attached volume can be reached. A guest needs a XenDisk and one of the others; the control domain one of the others.
 */
export interface Backend {
  implementations: Implementation[]
}
/**
 * A xenstore block backend.
 */
export interface XenDisk {
  /**
   * Value of the backend's xenstore key params.
   */
  params: string
  /**
   * More xenstore keys of the backend.
   */
  extra: {
    [k: string]: string
  }
  /**
   * Name of the backend's xenstore directory: vbd, vbd3, qdisk.
   */
  backend_type: string
}
/**
 * A place in the file system of the control domain.
 */
export interface Path {
  /**
   * Absolute path.
   */
  path: string
}
/**
 * An NBD server on a Unix socket.
 */
export interface Nbd {
  /**
   * nbd:unix:SOCKET:exportname=NAME
   */
  uri: string
}
/**
 * How far a data operation is.
 */
export interface Status {
  /**
   * The operation ended in failure.
   */
  failed: boolean
  /**
   * The operation is complete; a mirror: in sync.
   */
  complete: boolean
  /**
   * 0 to 1, where known.
   */
  progress?: number
}
/**
 * An asynchronous task of a plugin.
 */
export interface Task {
  /**
   * Opaque name of the task.
   */
  id: string
  /**
   * For people.
   */
  debug_info: string
  /**
   * When it was created, in seconds since 1970.
   */
  ctime: number
  state: TaskState
}
/**
 * How a task ended well.
 */
export interface Completion {
  /**
   * Seconds it took.
   */
  duration: number
  result?: TaskResult
}
