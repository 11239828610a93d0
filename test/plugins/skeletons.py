#!/usr/bin/python3
"""A plugin on the package for Python with every method: links `Class.method` lead here.

Answers with ANSWER, or as BEHAVIOUR says; logs the params that it gets. It does what plugins written for a toolstack's
package do: derives from a skeleton, and dispatches on the name it is called by.
"""
import ast
import json
import os
import sys

import xapi
import xapi.storage.api.v5.datapath
import xapi.storage.api.v5.plugin
import xapi.storage.api.v5.task
import xapi.storage.api.v5.volume
from xapi.storage import log
from xapi.storage.common import call

MODULES = {
    "Plugin": xapi.storage.api.v5.plugin,
    "SR": xapi.storage.api.v5.volume,
    "Volume": xapi.storage.api.v5.volume,
    "Datapath": xapi.storage.api.v5.datapath,
    "Data": xapi.storage.api.v5.datapath,
    "Task": xapi.storage.api.v5.task,
}


def raising(error):
    raise error


def run_missing_program(dbg):
    return call(dbg, ["/nonexistent/program"])


BEHAVIOURS = {
    "volume does not exist": lambda: raising(xapi.storage.api.v5.volume.Volume_does_not_exist("vol-7")),
    "numbered": lambda: raising(xapi.XenAPIException("SR_BACKEND_FAILURE_79", ["VDI Invalid size", "no shrinking"])),
    "own exception": lambda: {}["x"],
    "internal": lambda: raising(xapi.InternalError("broken")),
    "dependency": lambda: raising(xapi.MissingDependency("lvcreate")),
    "failing program": lambda: call("test", ["sh", "-c", "echo oops >&2; exit 3"]),
    "missing program": lambda: run_missing_program("test"),
    "program": lambda: call("test", ["echo", "output"]).decode(),
    "program whole": lambda: str(call("test", ["sh", "-c", "echo o; echo e >&2; exit 3"], error=False, simple=False)),
    "exit": lambda: sys.exit(5),
    "not overridden": None,
    "bytes": lambda: b"",
}

base_class, name = os.path.basename(sys.argv[0]).split(".")
name = name.lower()
skeleton = getattr(MODULES[base_class], base_class + "_skeleton")


class Implementation(skeleton):
    pass


def method(self, *args):
    log.info("params %s", json.dumps(args))
    if "BEHAVIOUR" in os.environ:
        return BEHAVIOURS[os.environ["BEHAVIOUR"]]()
    return ast.literal_eval(os.environ["ANSWER"])


if os.environ.get("BEHAVIOUR") != "not overridden":
    setattr(Implementation, name, method)

if __name__ == "__main__":
    log.log_call_argv()
    getattr(getattr(MODULES[base_class], base_class + "_commandline")(Implementation()), name)()
