# Generated from schemas/ by `npm run generate`. Do not edit.
"""Datapath plugins: how a domain reaches the bytes of a volume."""

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

_XEN_DISK = _shapes.Record(
    "xen_disk",
    {
        "params": _shapes.STRING,
        "extra": _shapes.Dict(),
        "backend_type": _shapes.STRING,
    },
)
_PATH = _shapes.Record(
    "path",
    {
        "path": _shapes.STRING,
    },
)
_NBD = _shapes.Record(
    "nbd",
    {
        "uri": _shapes.STRING,
    },
)
_IMPLEMENTATION = _shapes.Variant("implementation", {"XenDisk": _XEN_DISK, "BlockDevice": _PATH, "File": _PATH, "Nbd": _NBD})
_BACKEND = _shapes.Record(
    "backend",
    {
        "implementations": _shapes.List(_IMPLEMENTATION),
    },
)
_OPERATION = _shapes.Variant("operation", {"CopyV1": _shapes.STRING, "MirrorV1": _shapes.STRING})
_BLOCKLIST = _shapes.Record(
    "blocklist",
    {
        "blocksize": _shapes.INT64,
        "ranges": _shapes.List(_shapes.Pair(_shapes.INT64, _shapes.INT64)),
    },
)
_STATUS = _shapes.Record(
    "status",
    {
        "failed": _shapes.BOOL,
        "complete": _shapes.BOOL,
        "progress": _shapes.FLOAT,
    },
    optional=("progress",),
)


class Datapath_skeleton:
    """Connects the volume that a URI names to a domain. A plugin derives from this and overrides the methods
    that it has.
    """

    def __init__(self):
        pass

    def activate(self, dbg: "str", uri: "str", domain: "str") -> "None":
        """Makes an attached volume ready for I/O, reading and writing. Called just before the I/O starts,
        during the downtime of a migration, so it must be quick. May be exclusive: a volume need not be active
        on two hosts at once. Idempotent.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param uri: Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry
            credentials in its user information or query.
        :param domain: Opaque name of one consumer of a datapath, such as a decimal domain id, or
            u0_vbd_0_xvda for a use by dom0.
        """
        raise Unimplemented("Datapath.activate")

    def activate_readonly(self, dbg: "str", uri: "str", domain: "str") -> "None":
        """Makes an attached volume ready for reading. Any number of domains and hosts may do so at once, but
        never beside a Datapath.activate. Called for read-only disks if the volume plugin has the feature
        VDI_ACTIVATE_READONLY. Idempotent; undone by Datapath.deactivate.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param uri: Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry
            credentials in its user information or query.
        :param domain: Opaque name of one consumer of a datapath, such as a decimal domain id, or
            u0_vbd_0_xvda for a use by dom0.
        """
        raise Unimplemented("Datapath.activate_readonly")

    def attach(self, dbg: "str", uri: "str", domain: "str") -> "_types.Backend":
        """Prepares access to a volume for a domain, without starting I/O. Several domains and hosts may have
        a volume attached at once. Idempotent: repeated with the same parameters it must return the same
        answer.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param uri: Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry
            credentials in its user information or query.
        :param domain: Opaque name of one consumer of a datapath, such as a decimal domain id, or
            u0_vbd_0_xvda for a use by dom0.
        :return: Every way in which the domain can reach the volume.
        """
        raise Unimplemented("Datapath.attach")

    def close(self, dbg: "str", uri: "str") -> "None":
        """Undoes Datapath.open when the virtual machine shuts down, after Datapath.detach; writes that were
        not to last are discarded. Called only for plugins with the feature NONPERSISTENT.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param uri: Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry
            credentials in its user information or query.
        """
        raise Unimplemented("Datapath.close")

    def deactivate(self, dbg: "str", uri: "str", domain: "str") -> "None":
        """Ends the use of a volume by a domain. Called as soon as the I/O stopped, during the downtime of a
        migration, so it must be quick. Idempotent: a later clean-up repeats it.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param uri: Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry
            credentials in its user information or query.
        :param domain: Opaque name of one consumer of a datapath, such as a decimal domain id, or
            u0_vbd_0_xvda for a use by dom0.
        """
        raise Unimplemented("Datapath.deactivate")

    def detach(self, dbg: "str", uri: "str", domain: "str") -> "None":
        """Undoes Datapath.attach, some time after the deactivation. Must not fail: a clean-up that cannot be
        done now is queued inside the plugin. Idempotent.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param uri: Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry
            credentials in its user information or query.
        :param domain: Opaque name of one consumer of a datapath, such as a decimal domain id, or
            u0_vbd_0_xvda for a use by dom0.
        """
        raise Unimplemented("Datapath.detach")

    def import_activate(self, dbg: "str", uri: "str", domain: "str") -> "str":
        """Opens an activated volume for an incoming storage migration. Each file descriptor sent to the
        socket (SCM_RIGHTS) becomes the server end of an NBD connection (fixed newstyle) to the volume. Called
        if the datapath plugin has the feature VDI_MIRROR_IN.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param uri: Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry
            credentials in its user information or query.
        :param domain: Opaque name of one consumer of a datapath, such as a decimal domain id, or
            u0_vbd_0_xvda for a use by dom0.
        :return: Path of the Unix socket.
        """
        raise Unimplemented("Datapath.import_activate")

    def open(self, dbg: "str", uri: "str", persistent: "bool") -> "None":
        """Says, when a virtual machine starts, whether its writes are to last. Called only for plugins with
        the feature NONPERSISTENT, before Datapath.attach. Undone by Datapath.close.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param uri: Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry
            credentials in its user information or query.
        :param persistent: Whether writes are kept; false: they go to a disposable place until Datapath.close.
        """
        raise Unimplemented("Datapath.open")


class Datapath_server_dispatcher(_binding.Dispatcher):
    """Calls an implementation of Datapath with checked params, and checks its results."""

    _class = "Datapath"
    _methods = {
        "activate": _binding.Method(
            "Makes an attached volume ready for I/O, reading and writing. Called just before the I/O starts, during the downtime of a migration, so it must be quick. May be exclusive: a volume need not be active on two hosts at once. Idempotent.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("uri", _shapes.SECRET, "Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query."),
                ("domain", _shapes.STRING, "Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0."),
            ),
            _shapes.UNIT,
        ),
        "activate_readonly": _binding.Method(
            "Makes an attached volume ready for reading. Any number of domains and hosts may do so at once, but never beside a Datapath.activate. Called for read-only disks if the volume plugin has the feature VDI_ACTIVATE_READONLY. Idempotent; undone by Datapath.deactivate.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("uri", _shapes.SECRET, "Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query."),
                ("domain", _shapes.STRING, "Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0."),
            ),
            _shapes.UNIT,
        ),
        "attach": _binding.Method(
            "Prepares access to a volume for a domain, without starting I/O. Several domains and hosts may have a volume attached at once. Idempotent: repeated with the same parameters it must return the same answer.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("uri", _shapes.SECRET, "Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query."),
                ("domain", _shapes.STRING, "Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0."),
            ),
            _BACKEND,
        ),
        "close": _binding.Method(
            "Undoes Datapath.open when the virtual machine shuts down, after Datapath.detach; writes that were not to last are discarded. Called only for plugins with the feature NONPERSISTENT.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("uri", _shapes.SECRET, "Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query."),
            ),
            _shapes.UNIT,
        ),
        "deactivate": _binding.Method(
            "Ends the use of a volume by a domain. Called as soon as the I/O stopped, during the downtime of a migration, so it must be quick. Idempotent: a later clean-up repeats it.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("uri", _shapes.SECRET, "Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query."),
                ("domain", _shapes.STRING, "Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0."),
            ),
            _shapes.UNIT,
        ),
        "detach": _binding.Method(
            "Undoes Datapath.attach, some time after the deactivation. Must not fail: a clean-up that cannot be done now is queued inside the plugin. Idempotent.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("uri", _shapes.SECRET, "Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query."),
                ("domain", _shapes.STRING, "Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0."),
            ),
            _shapes.UNIT,
        ),
        "import_activate": _binding.Method(
            "Opens an activated volume for an incoming storage migration. Each file descriptor sent to the socket (SCM_RIGHTS) becomes the server end of an NBD connection (fixed newstyle) to the volume. Called if the datapath plugin has the feature VDI_MIRROR_IN.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("uri", _shapes.SECRET, "Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query."),
                ("domain", _shapes.STRING, "Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0."),
            ),
            _shapes.STRING,
        ),
        "open": _binding.Method(
            "Says, when a virtual machine starts, whether its writes are to last. Called only for plugins with the feature NONPERSISTENT, before Datapath.attach. Undone by Datapath.close.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("uri", _shapes.SECRET, "Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query."),
                ("persistent", _shapes.BOOL, "Whether writes are kept; false: they go to a disposable place until Datapath.close."),
            ),
            _shapes.UNIT,
        ),
    }

    def activate(self, args):
        return self._call("activate", args)

    def activate_readonly(self, args):
        return self._call("activate_readonly", args)

    def attach(self, args):
        return self._call("attach", args)

    def close(self, args):
        return self._call("close", args)

    def deactivate(self, args):
        return self._call("deactivate", args)

    def detach(self, args):
        return self._call("detach", args)

    def import_activate(self, args):
        return self._call("import_activate", args)

    def open(self, args):
        return self._call("open", args)


class Datapath_commandline(_binding.Commandline):
    """Runs the methods of an implementation of Datapath as programs."""

    _dispatcher = Datapath_server_dispatcher

    def activate(self):
        self._run("activate")

    def activate_readonly(self):
        self._run("activate_readonly")

    def attach(self):
        self._run("attach")

    def close(self):
        self._run("close")

    def deactivate(self):
        self._run("deactivate")

    def detach(self):
        self._run("detach")

    def import_activate(self):
        self._run("import_activate")

    def open(self):
        self._run("open")


class Data_skeleton:
    """Long operations on the bytes of a volume. A plugin derives from this and overrides the methods that it
    has.
    """

    def __init__(self):
        pass

    def cancel(self, dbg: "str", operation: "_types.Operation") -> "None":
        """Stops a data operation. The toolstack does not call it.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param operation: The operation, as Data.copy or Data.mirror returned it.
        """
        raise Unimplemented("Data.cancel")

    def copy(self, dbg: "str", uri: "str", domain: "str", remote: "str", blocklist: "_types.Blocklist") -> "_types.Operation":
        """Starts to copy blocks of a volume to a remote disk and returns at once; Data.stat tells how far it
        is. The toolstack does not call it.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param uri: Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry
            credentials in its user information or query.
        :param domain: Opaque name of one consumer of a datapath, such as a decimal domain id, or
            u0_vbd_0_xvda for a use by dom0.
        :param remote: Where to copy to, such as nbd://host/export.
        :param blocklist: The blocks to copy.
        :return: The started operation, a CopyV1.
        """
        raise Unimplemented("Data.copy")

    def destroy(self, dbg: "str", operation: "_types.Operation") -> "None":
        """Forgets a data operation. The toolstack does not call it.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param operation: The operation, as Data.copy or Data.mirror returned it.
        """
        raise Unimplemented("Data.destroy")

    def ls(self, dbg: "str") -> "List[_types.Operation]":
        """Lists the data operations that the plugin knows. The toolstack does not call it.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :return: The operations.
        """
        raise Unimplemented("Data.ls")

    def mirror(self, dbg: "str", uri: "str", domain: "str", remote: "str") -> "_types.Operation":
        """Starts to mirror a volume to a remote disk and returns at once. New writes go to both; as nobody
        calls Data.copy, the existing content must be brought over too. Data.stat reports complete once the
        remote is in sync.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param uri: Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry
            credentials in its user information or query.
        :param domain: Opaque name of one consumer of a datapath, such as a decimal domain id, or
            u0_vbd_0_xvda for a use by dom0.
        :param remote: Where to mirror to, such as nbd://host/export.
        :return: The started operation, a MirrorV1.
        """
        raise Unimplemented("Data.mirror")

    def stat(self, dbg: "str", operation: "_types.Operation") -> "_types.Status":
        """Tells how far a data operation is. Polled in a tight loop, so it must be cheap. A failed operation
        is a status, not an error.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param operation: The operation, as Data.copy or Data.mirror returned it.
        :return: How far a data operation is.
        """
        raise Unimplemented("Data.stat")


class Data_server_dispatcher(_binding.Dispatcher):
    """Calls an implementation of Data with checked params, and checks its results."""

    _class = "Data"
    _methods = {
        "cancel": _binding.Method(
            "Stops a data operation. The toolstack does not call it.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("operation", _OPERATION, "The operation, as Data.copy or Data.mirror returned it."),
            ),
            _shapes.UNIT,
        ),
        "copy": _binding.Method(
            "Starts to copy blocks of a volume to a remote disk and returns at once; Data.stat tells how far it is. The toolstack does not call it.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("uri", _shapes.SECRET, "Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query."),
                ("domain", _shapes.STRING, "Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0."),
                ("remote", _shapes.SECRET, "Where to copy to, such as nbd://host/export."),
                ("blocklist", _BLOCKLIST, "The blocks to copy."),
            ),
            _OPERATION,
        ),
        "destroy": _binding.Method(
            "Forgets a data operation. The toolstack does not call it.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("operation", _OPERATION, "The operation, as Data.copy or Data.mirror returned it."),
            ),
            _shapes.UNIT,
        ),
        "ls": _binding.Method(
            "Lists the data operations that the plugin knows. The toolstack does not call it.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
            ),
            _shapes.List(_OPERATION),
        ),
        "mirror": _binding.Method(
            "Starts to mirror a volume to a remote disk and returns at once. New writes go to both; as nobody calls Data.copy, the existing content must be brought over too. Data.stat reports complete once the remote is in sync.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("uri", _shapes.SECRET, "Names a volume's data (RFC 3986); its scheme selects the datapath plugin. May carry credentials in its user information or query."),
                ("domain", _shapes.STRING, "Opaque name of one consumer of a datapath, such as a decimal domain id, or u0_vbd_0_xvda for a use by dom0."),
                ("remote", _shapes.SECRET, "Where to mirror to, such as nbd://host/export."),
            ),
            _OPERATION,
        ),
        "stat": _binding.Method(
            "Tells how far a data operation is. Polled in a tight loop, so it must be cheap. A failed operation is a status, not an error.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("operation", _OPERATION, "The operation, as Data.copy or Data.mirror returned it."),
            ),
            _STATUS,
        ),
    }

    def cancel(self, args):
        return self._call("cancel", args)

    def copy(self, args):
        return self._call("copy", args)

    def destroy(self, args):
        return self._call("destroy", args)

    def ls(self, args):
        return self._call("ls", args)

    def mirror(self, args):
        return self._call("mirror", args)

    def stat(self, args):
        return self._call("stat", args)


class Data_commandline(_binding.Commandline):
    """Runs the methods of an implementation of Data as programs."""

    _dispatcher = Data_server_dispatcher

    def cancel(self):
        self._run("cancel")

    def copy(self):
        self._run("copy")

    def destroy(self):
        self._run("destroy")

    def ls(self):
        self._run("ls")

    def mirror(self):
        self._run("mirror")

    def stat(self):
        self._run("stat")


class datapath_server_dispatcher(_binding.Multiplexer):
    """Answers requests for any class of this module by the dispatcher given for it."""

    def __init__(self, Datapath=None, Data=None):
        self.Datapath = Datapath
        self.Data = Data
        super().__init__({"Datapath": Datapath, "Data": Data})
