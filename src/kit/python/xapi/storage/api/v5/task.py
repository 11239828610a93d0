# Generated from schemas/ by `npm run generate`. Do not edit.
"""Tasks of a plugin that take long. No toolstack calls them."""

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
_TASK_RESULT = _shapes.Variant("task_result", {"UnitResult": None, "Volume": _VOLUME})
_COMPLETION = _shapes.Record(
    "completion",
    {
        "duration": _shapes.FLOAT,
        "result": _TASK_RESULT,
    },
    optional=("result",),
)
_TASK_STATE = _shapes.Variant("task_state", {"Pending": _shapes.FLOAT, "Completed": _COMPLETION, "Failed": _shapes.STRING})
_TASK = _shapes.Record(
    "task",
    {
        "id": _shapes.STRING,
        "debug_info": _shapes.STRING,
        "ctime": _shapes.FLOAT,
        "state": _TASK_STATE,
    },
)


class Task_skeleton:
    """A task that runs on after the method that started it. A plugin derives from this and overrides the
    methods that it has.
    """

    def __init__(self):
        pass

    def cancel(self, dbg: "str", id: "str") -> "None":
        """Asks a task to stop. The toolstack does not call it.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param id: Opaque name of the task.
        """
        raise Unimplemented("Task.cancel")

    def destroy(self, dbg: "str", id: "str") -> "None":
        """Forgets a task that ended; must fail while it is in progress. The toolstack does not call it.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param id: Opaque name of the task.
        """
        raise Unimplemented("Task.destroy")

    def ls(self, dbg: "str") -> "List[str]":
        """Lists the tasks that the plugin knows. The toolstack does not call it.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :return: Names of the tasks.
        """
        raise Unimplemented("Task.ls")

    def stat(self, dbg: "str", id: "str") -> "_types.Task":
        """Tells where an asynchronous task stands. The toolstack does not call it.

        :param dbg: Opaque debug string of the caller, always the first parameter. It may contain a newline
            and a trace context; it is passed on unchanged.
        :param id: Opaque name of the task.
        :return: An asynchronous task of a plugin.
        """
        raise Unimplemented("Task.stat")


class Task_server_dispatcher(_binding.Dispatcher):
    """Calls an implementation of Task with checked params, and checks its results."""

    _class = "Task"
    _methods = {
        "cancel": _binding.Method(
            "Asks a task to stop. The toolstack does not call it.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("id", _shapes.STRING, "Opaque name of the task."),
            ),
            _shapes.UNIT,
        ),
        "destroy": _binding.Method(
            "Forgets a task that ended; must fail while it is in progress. The toolstack does not call it.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("id", _shapes.STRING, "Opaque name of the task."),
            ),
            _shapes.UNIT,
        ),
        "ls": _binding.Method(
            "Lists the tasks that the plugin knows. The toolstack does not call it.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
            ),
            _shapes.List(_shapes.STRING),
        ),
        "stat": _binding.Method(
            "Tells where an asynchronous task stands. The toolstack does not call it.",
            (
                ("dbg", _shapes.STRING, "Opaque debug string of the caller, always the first parameter. It may contain a newline and a trace context; it is passed on unchanged."),
                ("id", _shapes.STRING, "Opaque name of the task."),
            ),
            _TASK,
        ),
    }

    def cancel(self, args):
        return self._call("cancel", args)

    def destroy(self, args):
        return self._call("destroy", args)

    def ls(self, args):
        return self._call("ls", args)

    def stat(self, args):
        return self._call("stat", args)


class Task_commandline(_binding.Commandline):
    """Runs the methods of an implementation of Task as programs."""

    _dispatcher = Task_server_dispatcher

    def cancel(self):
        self._run("cancel")

    def destroy(self):
        self._run("destroy")

    def ls(self):
        self._run("ls")

    def stat(self):
        self._run("stat")


class task_server_dispatcher(_binding.Multiplexer):
    """Answers requests for any class of this module by the dispatcher given for it."""

    def __init__(self, Task=None):
        self.Task = Task
        super().__init__({"Task": Task})
