# Generated from schemas/ by `npm run generate`. Do not edit.
"""The records and variants of the interface, for type checkers. What runs does not import this module."""
from typing import Any, Dict, List, Literal, NotRequired, Tuple, TypedDict, Union


class QueryResult(TypedDict):
    """What a plugin is and what it can do."""

    plugin: str
    """The SR type, or the URI scheme of a datapath plugin."""
    name: str
    """Name for people."""
    description: str
    """One sentence for people."""
    vendor: str
    """Who made the plugin."""
    copyright: str
    """Copyright notice."""
    version: str
    """Version of the plugin itself."""
    required_api_version: str
    """Version of SMAPIv3 the plugin is written for: 5.0, or the deprecated 3.0."""
    features: List[str]
    """What the plugin can do, each NAME or NAME/version."""
    configuration: Dict[str, str]
    """The device_config keys the plugin understands, each with its description for people."""
    required_cluster_stack: List[str]
    """The SR is usable only where one of these cluster stacks runs; empty where none is needed."""

Health = Union[Tuple[Literal["Healthy"], str], Tuple[Literal["Recovering"], str], Tuple[Literal["Unreachable"], str], Tuple[Literal["Unavailable"], str], List[Any]]
"""How an SR is doing, with a message for people (may be empty)."""


class SrStat(TypedDict):
    """Properties of an SR."""

    sr: str
    uuid: NotRequired[str]
    """The uuid given to SR.create, where it could be stored."""
    name: str
    """Name for people."""
    description: str
    """Description for people."""
    free_space: int
    """Bytes free on the backing storage."""
    total_space: int
    """Bytes of the backing storage in all."""
    datasources: List[str]
    """URIs of metrics, such as xeno+shm:///uid."""
    clustered: bool
    """Whether the SR uses clustered local storage."""
    health: Health

VolumeType = Union[Tuple[Literal["Data"], None], Tuple[Literal["CBT_Metadata"], None], Tuple[Literal["Data_and_CBT_Metadata"], None], List[Any]]
"""What a volume holds: data, changed-block metadata, or both."""


class Volume(TypedDict):
    """A volume of an SR."""

    key: str
    uuid: NotRequired[str]
    """Storage-level uuid of the volume, where it has one."""
    name: str
    """Name for people."""
    description: str
    """Description for people."""
    read_write: bool
    """Whether the volume can be written; false for snapshots and ISO images."""
    sharable: bool
    """Whether several hosts may attach the volume at once."""
    virtual_size: int
    """Bytes that the guest sees."""
    physical_utilisation: int
    """Bytes used on the backing storage."""
    uri: List[str]
    """URIs of the data, most desirable first; the first whose scheme has a datapath plugin is used."""
    keys: Dict[str, str]
    """Metadata stored by Volume.set, opaque to the plugin."""
    volume_type: NotRequired[VolumeType]
    cbt_enabled: NotRequired[bool]
    """Whether changed blocks are being tracked."""


class ProbeResult(TypedDict):
    """One thing that SR.probe found: a more complete configuration, possibly with the SR that is there."""

    configuration: Dict[str, str]
    complete: bool
    """Whether the configuration can be given to SR.create or SR.attach as it is."""
    sr: NotRequired[SrStat]
    extra_info: Dict[str, str]
    """More about what was found, for people."""


class XenDisk(TypedDict):
    """A xenstore block backend."""

    params: str
    """Value of the backend's xenstore key params."""
    extra: Dict[str, str]
    """More xenstore keys of the backend."""
    backend_type: str
    """Name of the backend's xenstore directory: vbd, vbd3, qdisk."""


class Path(TypedDict):
    """A place in the file system of the control domain."""

    path: str
    """Absolute path."""


class Nbd(TypedDict):
    """An NBD server on a Unix socket."""

    uri: str
    """nbd:unix:SOCKET:exportname=NAME"""

Implementation = Union[Tuple[Literal["XenDisk"], XenDisk], Tuple[Literal["BlockDevice"], Path], Tuple[Literal["File"], Path], Tuple[Literal["Nbd"], Nbd], List[Any]]
"""One way to reach the bytes of an attached volume."""


class Backend(TypedDict):
    """How an attached volume can be reached. A guest needs a XenDisk and one of the others; the control
    domain one of the others.
    """

    implementations: List[Implementation]


class ChangedBlocks(TypedDict):
    """Which blocks changed between two volumes."""

    granularity: int
    """Bytes that one bit stands for; XenAPI documents 65536."""
    bitmap: str
    """One bit for each block, in base64 (RFC 4648)."""


class Blocklist(TypedDict):
    """Ranges of blocks."""

    blocksize: int
    """Bytes of one block."""
    ranges: List[Tuple[int, int]]
    """Each [first block, number of blocks]."""

Operation = Union[Tuple[Literal["CopyV1"], str], Tuple[Literal["MirrorV1"], str], List[Any]]
"""A long-running data operation."""


class Status(TypedDict):
    """How far a data operation is."""

    failed: bool
    """The operation ended in failure."""
    complete: bool
    """The operation is complete; a mirror: in sync."""
    progress: NotRequired[float]
    """0 to 1, where known."""

TaskResult = Union[Tuple[Literal["UnitResult"], None], Tuple[Literal["Volume"], Volume], List[Any]]
"""What a finished task returned."""


class Completion(TypedDict):
    """How a task ended well."""

    duration: float
    """Seconds it took."""
    result: NotRequired[TaskResult]

TaskState = Union[Tuple[Literal["Pending"], float], Tuple[Literal["Completed"], Completion], Tuple[Literal["Failed"], str], List[Any]]
"""Where a task stands."""


class Task(TypedDict):
    """An asynchronous task of a plugin."""

    id: str
    """Opaque name of the task."""
    debug_info: str
    """For people."""
    ctime: float
    """When it was created, in seconds since 1970."""
    state: TaskState
