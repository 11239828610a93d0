# Generated from schemas/ by `npm run generate`. Do not edit.
"""Volume plugins: storage repositories and the volumes in them."""

from xapi import (  # noqa: F401
    InternalError,
    MissingDependency,
    Rpc_light_failure,
    TypeError,
    Unimplemented,
    UnknownMethod,
    UnmarshalException,
    XenAPIException,
    handle_exception,
    success,
)
from xapi.storage.api.v5 import _binding, _shapes
from xapi.storage.api.v5._errors import (  # noqa: F401
    Activated_on_another_host,
    Cancelled,
    SR_does_not_exist,
    Sr_not_attached,
    Volume_does_not_exist,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List

    from xapi.storage.api.v5 import _types

_VOLUME_TYPE = _shapes.Variant("volume_type", {"Data": None, "CBT_Metadata": None, "Data_and_CBT_Metadata": None})
_VOLUME = _shapes.Record(
    "volume",
    {
        "key": _shapes.STRING,
        "uuid": _shapes.STRING,
        "name": _shapes.STRING,
        "description": _shapes.STRING,
        "read_write": _shapes.BOOL,
        "sharable": _shapes.BOOL,
        "virtual_size": _shapes.INT64,
        "physical_utilisation": _shapes.INT64,
        "uri": _shapes.List(_shapes.SECRET),
        "keys": _shapes.Dict(),
        "volume_type": _VOLUME_TYPE,
        "cbt_enabled": _shapes.BOOL,
    },
    optional=("uuid", "volume_type", "cbt_enabled",),
)
_HEALTH = _shapes.Variant("health", {"Healthy": _shapes.STRING, "Recovering": _shapes.STRING, "Unreachable": _shapes.STRING, "Unavailable": _shapes.STRING})
_SR_STAT = _shapes.Record(
    "sr_stat",
    {
        "sr": _shapes.STRING,
        "uuid": _shapes.STRING,
        "name": _shapes.STRING,
        "description": _shapes.STRING,
        "free_space": _shapes.INT64,
        "total_space": _shapes.INT64,
        "datasources": _shapes.List(_shapes.STRING),
        "clustered": _shapes.BOOL,
        "health": _HEALTH,
    },
    optional=("uuid",),
)
_PROBE_RESULT = _shapes.Record(
    "probe_result",
    {
        "configuration": _shapes.Dict(is_secret=True),
        "complete": _shapes.BOOL,
        "sr": _SR_STAT,
        "extra_info": _shapes.Dict(),
    },
    optional=("sr",),
)
_BLOCKLIST = _shapes.Record(
    "blocklist",
    {
        "blocksize": _shapes.INT64,
        "ranges": _shapes.List(_shapes.Pair(_shapes.INT64, _shapes.INT64)),
    },
)
_CHANGED_BLOCKS = _shapes.Record(
    "changed_blocks",
    {
        "granularity": _shapes.INT64,
        "bitmap": _shapes.STRING,
    },
)


class SR_skeleton:
    """Storage repositories: where volumes are. A plugin derives from this and overrides the methods that it
    has.
    """

    def __init__(self):
        pass

    def attach(self, dbg: "str", configuration: "Dict[str, str]") -> "str":
        """Makes an SR usable on this host: its volumes can be listed and changed from then on. Idempotent: it
        is repeated after toolstack restarts, before SR.destroy and by boot-time tools, each time expecting a
        usable handle.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param configuration: The complete configuration, as SR.create returned it or SR.probe found it.
        :return: The handle all later calls use. Stays valid until SR.detach, also when the caller restarts.
        """
        raise Unimplemented("SR.attach")

    def create(self, dbg: "str", uuid: "str", configuration: "Dict[str, str]", name: "str", description: "str") -> "Dict[str, str]":
        """Formats the storage as a new, empty SR; it does not attach it. Not idempotent.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param uuid: The uuid of the new SR, to be stored with it where the storage allows that.
        :param configuration: Where to create the SR.
        :param name: Name for people.
        :param description: Description for people.
        :return: Replaces the configuration of the caller and is what SR.attach will be given: it must be
            complete by itself, also on another host.
        """
        raise Unimplemented("SR.create")

    def destroy(self, dbg: "str", sr: "str") -> "None":
        """Deletes an attached SR with every volume in it, for good. SR.detach does not follow a successful
        call, so it also releases what SR.attach took on this host.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        """
        raise Unimplemented("SR.destroy")

    def detach(self, dbg: "str", sr: "str") -> "None":
        """Releases what SR.attach took on this host; the volumes are out of reach afterwards, their data is
        untouched.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        """
        raise Unimplemented("SR.detach")

    def ls(self, dbg: "str", sr: "str") -> "List[_types.Volume]":
        """Lists the volumes of an SR, snapshots among them. Called at every scan. One malformed record fails
        the whole list.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :return: The volumes, in any order.
        """
        raise Unimplemented("SR.ls")

    def probe(self, dbg: "str", configuration: "Dict[str, str]") -> "List[_types.ProbeResult]":
        """Explores what a configuration, possibly a partial one, leads to: each result is a more complete
        configuration. Calling it again with one of them narrows the search down. A configuration that names
        an sr_uuid must be complete, and a result that carries sr must name that sr_uuid in its configuration;
        a host refuses the whole answer otherwise.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param configuration: What is known so far; may be empty.
        :return: What was found; empty where there is nothing.
        """
        raise Unimplemented("SR.probe")

    def set_description(self, dbg: "str", sr: "str", new_description: "str") -> "None":
        """Changes the description of an SR; SR.stat reports the new one from then on. Idempotent.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param new_description: New description for people; may be empty.
        """
        raise Unimplemented("SR.set_description")

    def set_name(self, dbg: "str", sr: "str", new_name: "str") -> "None":
        """Changes the name of an SR; SR.stat reports the new one from then on. Idempotent.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param new_name: New name for people.
        """
        raise Unimplemented("SR.set_name")

    def stat(self, dbg: "str", sr: "str") -> "_types.SrStat":
        """Tells the properties, free space and health of an attached SR. Called very often (every scan, every
        attach): it must be cheap. An SR in trouble says so in health.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :return: Properties of an SR.
        """
        raise Unimplemented("SR.stat")


class SR_server_dispatcher(_binding.Dispatcher):
    """Calls an implementation of SR with checked params, and checks its results."""

    _class = "SR"
    _methods = {
        "attach": _binding.Method(
            "Makes an SR usable on this host: its volumes can be listed and changed from then on. Idempotent: it is repeated after toolstack restarts, before SR.destroy and by boot-time tools, each time expecting a usable handle.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("configuration", _shapes.Dict(is_secret=True), "The complete configuration, as SR.create returned it or SR.probe found it."),
            ),
            _shapes.STRING,
        ),
        "create": _binding.Method(
            "Formats the storage as a new, empty SR; it does not attach it. Not idempotent.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("uuid", _shapes.STRING, "The uuid of the new SR, to be stored with it where the storage allows that."),
                ("configuration", _shapes.Dict(is_secret=True), "Where to create the SR."),
                ("name", _shapes.STRING, "Name for people."),
                ("description", _shapes.STRING, "Description for people."),
            ),
            _shapes.Dict(is_secret=True),
        ),
        "destroy": _binding.Method(
            "Deletes an attached SR with every volume in it, for good. SR.detach does not follow a successful call, so it also releases what SR.attach took on this host.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
            ),
            _shapes.UNIT,
        ),
        "detach": _binding.Method(
            "Releases what SR.attach took on this host; the volumes are out of reach afterwards, their data is untouched.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
            ),
            _shapes.UNIT,
        ),
        "ls": _binding.Method(
            "Lists the volumes of an SR, snapshots among them. Called at every scan. One malformed record fails the whole list.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
            ),
            _shapes.List(_VOLUME),
        ),
        "probe": _binding.Method(
            "Explores what a configuration, possibly a partial one, leads to: each result is a more complete configuration. Calling it again with one of them narrows the search down. A configuration that names an sr_uuid must be complete, and a result that carries sr must name that sr_uuid in its configuration; a host refuses the whole answer otherwise.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("configuration", _shapes.Dict(is_secret=True), "What is known so far; may be empty."),
            ),
            _shapes.List(_PROBE_RESULT),
        ),
        "set_description": _binding.Method(
            "Changes the description of an SR; SR.stat reports the new one from then on. Idempotent.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("new_description", _shapes.STRING, "New description for people; may be empty."),
            ),
            _shapes.UNIT,
        ),
        "set_name": _binding.Method(
            "Changes the name of an SR; SR.stat reports the new one from then on. Idempotent.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("new_name", _shapes.STRING, "New name for people."),
            ),
            _shapes.UNIT,
        ),
        "stat": _binding.Method(
            "Tells the properties, free space and health of an attached SR. Called very often (every scan, every attach): it must be cheap. An SR in trouble says so in health.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
            ),
            _SR_STAT,
        ),
    }

    def attach(self, args):
        return self._call("attach", args)

    def create(self, args):
        return self._call("create", args)

    def destroy(self, args):
        return self._call("destroy", args)

    def detach(self, args):
        return self._call("detach", args)

    def ls(self, args):
        return self._call("ls", args)

    def probe(self, args):
        return self._call("probe", args)

    def set_description(self, args):
        return self._call("set_description", args)

    def set_name(self, args):
        return self._call("set_name", args)

    def stat(self, args):
        return self._call("stat", args)


class SR_commandline(_binding.Commandline):
    """Runs the methods of an implementation of SR as programs."""

    _dispatcher = SR_server_dispatcher

    def attach(self):
        self._run("attach")

    def create(self):
        self._run("create")

    def destroy(self):
        self._run("destroy")

    def detach(self):
        self._run("detach")

    def ls(self):
        self._run("ls")

    def probe(self):
        self._run("probe")

    def set_description(self):
        self._run("set_description")

    def set_name(self):
        self._run("set_name")

    def stat(self):
        self._run("stat")


class Volume_skeleton:
    """Volumes of an attached SR. A plugin derives from this and overrides the methods that it has."""

    def __init__(self):
        pass

    def clone(self, dbg: "str", sr: "str", key: "str") -> "_types.Volume":
        """Makes a writable copy of a volume, cheaply where the storage can share blocks. The clone inherits
        name and description, but none of the metadata stored by Volume.set. Not idempotent.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: The volume or snapshot to clone.
        :return: The clone: a new key, read_write true.
        """
        raise Unimplemented("Volume.clone")

    def compare(self, dbg: "str", sr: "str", key: "str", key2: "str") -> "_types.Blocklist":
        """Tells which blocks differ between two volumes; all blocks where that is not known. The toolstack
        does not call it.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: One volume.
        :param key2: The other volume.
        :return: The blocks that differ; no ranges where the contents are equal.
        """
        raise Unimplemented("Volume.compare")

    def compose(self, dbg: "str", sr: "str", key: "str", key2: "str") -> "None":
        """Lays a child volume on top of a parent. The child is changed in place; the parent may be unusable
        afterwards. Needs the feature VDI_COMPOSE.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: The child: changed to hold the composed content.
        :param key2: The parent: may be invalid afterwards.
        """
        raise Unimplemented("Volume.compose")

    def copy(self, dbg: "str", sr: "str", key: "str", dest_sr: "str") -> "_types.Volume":
        """Makes a full, independent copy of a volume, possibly in another SR, by means of the storage itself.
        A plugin may refuse; the caller then copies the blocks. The toolstack does not call it. Not
        idempotent.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: The volume to copy.
        :param dest_sr: Handle of the SR that is to hold the copy; may equal sr.
        :return: The copy, a volume of dest_sr.
        """
        raise Unimplemented("Volume.copy")

    def create(self, dbg: "str", sr: "str", name: "str", description: "str", size: "int", sharable: "bool") -> "_types.Volume":
        """Creates a volume. The size is a minimum: the plugin may round it up and says in virtual_size what
        it made.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param name: Name for people.
        :param description: Description for people.
        :param size: Bytes the guest is to see, at least.
        :param sharable: Whether several hosts may attach the volume at once.
        :return: A volume of an SR.
        """
        raise Unimplemented("Volume.create")

    def data_destroy(self, dbg: "str", sr: "str", key: "str") -> "None":
        """Deletes the data of a snapshot but keeps its record of changed blocks, for later use with
        Volume.list_changed_blocks. Needs the feature VDI_CONFIG_CBT.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: The snapshot to empty.
        """
        raise Unimplemented("Volume.data_destroy")

    def destroy(self, dbg: "str", sr: "str", key: "str") -> "None":
        """Deletes a volume and its data. Should succeed where the volume is gone already, but a caller cannot
        rely on that: existing plugins may fail with Volume_does_not_exist.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: Opaque name of a volume, unique inside its SR.
        """
        raise Unimplemented("Volume.destroy")

    def disable_cbt(self, dbg: "str", sr: "str", key: "str") -> "None":
        """Stops recording which blocks of a volume change; cbt_enabled is false from then on. Needs the
        feature VDI_CONFIG_CBT.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: Opaque name of a volume, unique inside its SR.
        """
        raise Unimplemented("Volume.disable_cbt")

    def enable_cbt(self, dbg: "str", sr: "str", key: "str") -> "None":
        """Starts to record which blocks of a volume change; cbt_enabled is true from then on. Needs the
        feature VDI_CONFIG_CBT.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: Opaque name of a volume, unique inside its SR.
        """
        raise Unimplemented("Volume.enable_cbt")

    def list_changed_blocks(self, dbg: "str", sr: "str", key: "str", key2: "str", offset: "int", length: "int") -> "_types.ChangedBlocks":
        """Tells which blocks changed between two volumes inside an extent, as a bitmap. Needs the feature
        VDI_CONFIG_CBT. Callers expect a granularity of 65536.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: The older volume.
        :param key2: The newer volume.
        :param offset: Start of the extent in bytes, rounded down to a block boundary.
        :param length: Length of the extent in bytes, its end rounded up to a block boundary; -1 for all up to
            the end of the volume.
        :return: Which blocks changed between two volumes.
        """
        raise Unimplemented("Volume.list_changed_blocks")

    def resize(self, dbg: "str", sr: "str", key: "str", new_size: "int") -> "None":
        """Grows a volume. The size is a minimum: the plugin may round it up, and Volume.stat then says in
        virtual_size what it made. Shrinking is normally refused (SR_BACKEND_FAILURE_79); no space left is
        SR_BACKEND_FAILURE_44. While the volume is in use, asked only of plugins with the feature
        VDI_RESIZE_ONLINE.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: Opaque name of a volume, unique inside its SR.
        :param new_size: Bytes the guest is to see, at least.
        """
        raise Unimplemented("Volume.resize")

    def revert(self, dbg: "str", sr: "str", snapshot: "str", key: "str") -> "None":
        """Gives a volume the content of a snapshot. The volume keeps its identity. Needs the feature
        VDI_REVERT. Mind the order of the parameters: the snapshot comes first.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param snapshot: The snapshot whose content is taken.
        :param key: The volume whose content is replaced.
        """
        raise Unimplemented("Volume.revert")

    def set(self, dbg: "str", sr: "str", key: "str", k: "str", v: "str") -> "None":
        """Stores a piece of metadata with a volume, replacing an older value; the member keys of the volume
        shows it from then on. Called very often. The metadata is opaque to the plugin and lives on the
        storage. Idempotent.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: Opaque name of a volume, unique inside its SR.
        :param k: Name of the metadata.
        :param v: Its value; may be empty.
        """
        raise Unimplemented("Volume.set")

    def set_description(self, dbg: "str", sr: "str", key: "str", new_description: "str") -> "None":
        """Changes the description of a volume. Idempotent.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: Opaque name of a volume, unique inside its SR.
        :param new_description: New description for people; may be empty.
        """
        raise Unimplemented("Volume.set_description")

    def set_name(self, dbg: "str", sr: "str", key: "str", new_name: "str") -> "None":
        """Changes the name of a volume. Idempotent.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: Opaque name of a volume, unique inside its SR.
        :param new_name: New name for people.
        """
        raise Unimplemented("Volume.set_name")

    def similar_content(self, dbg: "str", sr: "str", key: "str") -> "List[str]":
        """Lists volumes whose content is close to that of a volume, so that a copy can start from one of
        them. The toolstack does not call it.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: The volume to look for.
        :return: Keys of similar volumes; empty where none is known.
        """
        raise Unimplemented("Volume.similar_content")

    def snapshot(self, dbg: "str", sr: "str", key: "str") -> "_types.Volume":
        """Makes a read-only copy of a volume as it is at this moment. The snapshot inherits name and
        description, but none of the metadata stored by Volume.set. A plugin that can only do it where the
        volume is active fails with params ["Activated_on_another_host", host uuid], and the toolstack sends
        the call to that host. Not idempotent.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: The volume to take the snapshot of; it may be in use.
        :return: The snapshot: a new key, read_write false.
        """
        raise Unimplemented("Volume.snapshot")

    def stat(self, dbg: "str", sr: "str", key: "str") -> "_types.Volume":
        """Tells the properties of a volume, among them the URIs of its data. Called before almost every use
        of a datapath: it must be cheap. Fails with Volume_does_not_exist where there is no such volume.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: Opaque name of a volume, unique inside its SR.
        :return: A volume of an SR.
        """
        raise Unimplemented("Volume.stat")

    def unset(self, dbg: "str", sr: "str", key: "str", k: "str") -> "None":
        """Removes a piece of metadata of a volume. Idempotent: must succeed where it is not set.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param sr: Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid.
        :param key: Opaque name of a volume, unique inside its SR.
        :param k: Name of the metadata.
        """
        raise Unimplemented("Volume.unset")


class Volume_server_dispatcher(_binding.Dispatcher):
    """Calls an implementation of Volume with checked params, and checks its results."""

    _class = "Volume"
    _methods = {
        "clone": _binding.Method(
            "Makes a writable copy of a volume, cheaply where the storage can share blocks. The clone inherits name and description, but none of the metadata stored by Volume.set. Not idempotent.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "The volume or snapshot to clone."),
            ),
            _VOLUME,
        ),
        "compare": _binding.Method(
            "Tells which blocks differ between two volumes; all blocks where that is not known. The toolstack does not call it.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "One volume."),
                ("key2", _shapes.STRING, "The other volume."),
            ),
            _BLOCKLIST,
        ),
        "compose": _binding.Method(
            "Lays a child volume on top of a parent. The child is changed in place; the parent may be unusable afterwards. Needs the feature VDI_COMPOSE.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "The child: changed to hold the composed content."),
                ("key2", _shapes.STRING, "The parent: may be invalid afterwards."),
            ),
            _shapes.UNIT,
        ),
        "copy": _binding.Method(
            "Makes a full, independent copy of a volume, possibly in another SR, by means of the storage itself. A plugin may refuse; the caller then copies the blocks. The toolstack does not call it. Not idempotent.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "The volume to copy."),
                ("dest_sr", _shapes.STRING, "Handle of the SR that is to hold the copy; may equal sr."),
            ),
            _VOLUME,
        ),
        "create": _binding.Method(
            "Creates a volume. The size is a minimum: the plugin may round it up and says in virtual_size what it made.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("name", _shapes.STRING, "Name for people."),
                ("description", _shapes.STRING, "Description for people."),
                ("size", _shapes.INT64, "Bytes the guest is to see, at least."),
                ("sharable", _shapes.BOOL, "Whether several hosts may attach the volume at once."),
            ),
            _VOLUME,
        ),
        "data_destroy": _binding.Method(
            "Deletes the data of a snapshot but keeps its record of changed blocks, for later use with Volume.list_changed_blocks. Needs the feature VDI_CONFIG_CBT.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "The snapshot to empty."),
            ),
            _shapes.UNIT,
        ),
        "destroy": _binding.Method(
            "Deletes a volume and its data. Should succeed where the volume is gone already, but a caller cannot rely on that: existing plugins may fail with Volume_does_not_exist.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "Opaque name of a volume, unique inside its SR."),
            ),
            _shapes.UNIT,
        ),
        "disable_cbt": _binding.Method(
            "Stops recording which blocks of a volume change; cbt_enabled is false from then on. Needs the feature VDI_CONFIG_CBT.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "Opaque name of a volume, unique inside its SR."),
            ),
            _shapes.UNIT,
        ),
        "enable_cbt": _binding.Method(
            "Starts to record which blocks of a volume change; cbt_enabled is true from then on. Needs the feature VDI_CONFIG_CBT.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "Opaque name of a volume, unique inside its SR."),
            ),
            _shapes.UNIT,
        ),
        "list_changed_blocks": _binding.Method(
            "Tells which blocks changed between two volumes inside an extent, as a bitmap. Needs the feature VDI_CONFIG_CBT. Callers expect a granularity of 65536.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "The older volume."),
                ("key2", _shapes.STRING, "The newer volume."),
                ("offset", _shapes.INT64, "Start of the extent in bytes, rounded down to a block boundary."),
                ("length", _shapes.INT64, "Length of the extent in bytes, its end rounded up to a block boundary; -1 for all up to the end of the volume."),
            ),
            _CHANGED_BLOCKS,
        ),
        "resize": _binding.Method(
            "Grows a volume. The size is a minimum: the plugin may round it up, and Volume.stat then says in virtual_size what it made. Shrinking is normally refused (SR_BACKEND_FAILURE_79); no space left is SR_BACKEND_FAILURE_44. While the volume is in use, asked only of plugins with the feature VDI_RESIZE_ONLINE.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "Opaque name of a volume, unique inside its SR."),
                ("new_size", _shapes.INT64, "Bytes the guest is to see, at least."),
            ),
            _shapes.UNIT,
        ),
        "revert": _binding.Method(
            "Gives a volume the content of a snapshot. The volume keeps its identity. Needs the feature VDI_REVERT. Mind the order of the parameters: the snapshot comes first.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("snapshot", _shapes.STRING, "The snapshot whose content is taken."),
                ("key", _shapes.STRING, "The volume whose content is replaced."),
            ),
            _shapes.UNIT,
        ),
        "set": _binding.Method(
            "Stores a piece of metadata with a volume, replacing an older value; the member keys of the volume shows it from then on. Called very often. The metadata is opaque to the plugin and lives on the storage. Idempotent.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "Opaque name of a volume, unique inside its SR."),
                ("k", _shapes.STRING, "Name of the metadata."),
                ("v", _shapes.STRING, "Its value; may be empty."),
            ),
            _shapes.UNIT,
        ),
        "set_description": _binding.Method(
            "Changes the description of a volume. Idempotent.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "Opaque name of a volume, unique inside its SR."),
                ("new_description", _shapes.STRING, "New description for people; may be empty."),
            ),
            _shapes.UNIT,
        ),
        "set_name": _binding.Method(
            "Changes the name of a volume. Idempotent.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "Opaque name of a volume, unique inside its SR."),
                ("new_name", _shapes.STRING, "New name for people."),
            ),
            _shapes.UNIT,
        ),
        "similar_content": _binding.Method(
            "Lists volumes whose content is close to that of a volume, so that a copy can start from one of them. The toolstack does not call it.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "The volume to look for."),
            ),
            _shapes.List(_shapes.STRING),
        ),
        "snapshot": _binding.Method(
            "Makes a read-only copy of a volume as it is at this moment. The snapshot inherits name and description, but none of the metadata stored by Volume.set. A plugin that can only do it where the volume is active fails with params [\"Activated_on_another_host\", host uuid], and the toolstack sends the call to that host. Not idempotent.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "The volume to take the snapshot of; it may be in use."),
            ),
            _VOLUME,
        ),
        "stat": _binding.Method(
            "Tells the properties of a volume, among them the URIs of its data. Called before almost every use of a datapath: it must be cheap. Fails with Volume_does_not_exist where there is no such volume.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "Opaque name of a volume, unique inside its SR."),
            ),
            _VOLUME,
        ),
        "unset": _binding.Method(
            "Removes a piece of metadata of a volume. Idempotent: must succeed where it is not set.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("sr", _shapes.STRING, "Opaque handle of an attached SR, as SR.attach returned it. Not the SR's uuid."),
                ("key", _shapes.STRING, "Opaque name of a volume, unique inside its SR."),
                ("k", _shapes.STRING, "Name of the metadata."),
            ),
            _shapes.UNIT,
        ),
    }

    def clone(self, args):
        return self._call("clone", args)

    def compare(self, args):
        return self._call("compare", args)

    def compose(self, args):
        return self._call("compose", args)

    def copy(self, args):
        return self._call("copy", args)

    def create(self, args):
        return self._call("create", args)

    def data_destroy(self, args):
        return self._call("data_destroy", args)

    def destroy(self, args):
        return self._call("destroy", args)

    def disable_cbt(self, args):
        return self._call("disable_cbt", args)

    def enable_cbt(self, args):
        return self._call("enable_cbt", args)

    def list_changed_blocks(self, args):
        return self._call("list_changed_blocks", args)

    def resize(self, args):
        return self._call("resize", args)

    def revert(self, args):
        return self._call("revert", args)

    def set(self, args):
        return self._call("set", args)

    def set_description(self, args):
        return self._call("set_description", args)

    def set_name(self, args):
        return self._call("set_name", args)

    def similar_content(self, args):
        return self._call("similar_content", args)

    def snapshot(self, args):
        return self._call("snapshot", args)

    def stat(self, args):
        return self._call("stat", args)

    def unset(self, args):
        return self._call("unset", args)


class Volume_commandline(_binding.Commandline):
    """Runs the methods of an implementation of Volume as programs."""

    _dispatcher = Volume_server_dispatcher

    def clone(self):
        self._run("clone")

    def compare(self):
        self._run("compare")

    def compose(self):
        self._run("compose")

    def copy(self):
        self._run("copy")

    def create(self):
        self._run("create")

    def data_destroy(self):
        self._run("data_destroy")

    def destroy(self):
        self._run("destroy")

    def disable_cbt(self):
        self._run("disable_cbt")

    def enable_cbt(self):
        self._run("enable_cbt")

    def list_changed_blocks(self):
        self._run("list_changed_blocks")

    def resize(self):
        self._run("resize")

    def revert(self):
        self._run("revert")

    def set(self):
        self._run("set")

    def set_description(self):
        self._run("set_description")

    def set_name(self):
        self._run("set_name")

    def similar_content(self):
        self._run("similar_content")

    def snapshot(self):
        self._run("snapshot")

    def stat(self):
        self._run("stat")

    def unset(self):
        self._run("unset")


class volume_server_dispatcher(_binding.Multiplexer):
    """Answers requests for any class of this module by the dispatcher given for it."""

    def __init__(self, SR=None, Volume=None):
        self.SR = SR
        self.Volume = Volume
        super().__init__({"SR": SR, "Volume": Volume})
