# Generated from schemas/ by `npm run generate`. Do not edit.
"""What every plugin tells about itself."""

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

_QUERY_RESULT = _shapes.Record(
    "query_result",
    {
        "plugin": _shapes.STRING,
        "name": _shapes.STRING,
        "description": _shapes.STRING,
        "vendor": _shapes.STRING,
        "copyright": _shapes.STRING,
        "version": _shapes.STRING,
        "required_api_version": _shapes.STRING,
        "features": _shapes.List(_shapes.STRING),
        "configuration": _shapes.Dict(),
        "required_cluster_stack": _shapes.List(_shapes.STRING),
    },
)


class Plugin_skeleton:
    """What the plugin is and what it can do. A plugin derives from this and overrides the methods that it
    has.
    """

    def __init__(self):
        pass

    def diagnostics(self, dbg: "str") -> "str":
        """Describes the state of the plugin for whoever looks into a problem. The text may be logged, so it
        holds no personal data and no secrets.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :return: Text for people, of any number of lines.
        """
        raise Unimplemented("Plugin.diagnostics")

    def ls(self, dbg: "str") -> "List[str]":
        """Lists the SRs that are attached through this plugin on this host. The toolstack does not call it.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :return: Handles of the attached SRs.
        """
        raise Unimplemented("Plugin.ls")

    def query(self, dbg: "str") -> "_types.QueryResult":
        """Tells what the plugin is and what it can do. Must work without any SR, and is asked again from time
        to time.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :return: What a plugin is and what it can do.
        """
        raise Unimplemented("Plugin.query")


class Plugin_server_dispatcher(_binding.Dispatcher):
    """Calls an implementation of Plugin with checked params, and checks its results."""

    _class = "Plugin"
    _methods = {
        "diagnostics": _binding.Method(
            "Describes the state of the plugin for whoever looks into a problem. The text may be logged, so it holds no personal data and no secrets.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
            ),
            _shapes.STRING,
        ),
        "ls": _binding.Method(
            "Lists the SRs that are attached through this plugin on this host. The toolstack does not call it.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
            ),
            _shapes.List(_shapes.STRING),
        ),
        "query": _binding.Method(
            "Tells what the plugin is and what it can do. Must work without any SR, and is asked again from time to time.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
            ),
            _QUERY_RESULT,
        ),
    }

    def diagnostics(self, args):
        return self._call("diagnostics", args)

    def ls(self, args):
        return self._call("ls", args)

    def query(self, args):
        return self._call("query", args)


class Plugin_commandline(_binding.Commandline):
    """Runs the methods of an implementation of Plugin as programs."""

    _dispatcher = Plugin_server_dispatcher

    def diagnostics(self):
        self._run("diagnostics")

    def ls(self):
        self._run("ls")

    def query(self):
        self._run("query")


class plugin_server_dispatcher(_binding.Multiplexer):
    """Answers requests for any class of this module by the dispatcher given for it."""

    def __init__(self, Plugin=None):
        self.Plugin = Plugin
        super().__init__({"Plugin": Plugin})
