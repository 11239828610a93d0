"""What a plugin in Python gets from its interface package: strict checks on both sides of every method.

Reads exactly one line, refuses params that are missing or of the wrong type, refuses results that are not what the
method returns (a variant without payload is ["Data", None] and nothing else), and prints errors as an object.
"""
import json
import os
import sys
import traceback


class UnmarshalException(Exception):
    def __init__(self, thing, ty, desc=""):
        super().__init__("UnmarshalException thing=%s ty=%s desc=%s" % (thing, ty, desc))


class TypeError(Exception):
    def __init__(self, expected, actual):
        super().__init__("TypeError expected=%s actual=%s" % (expected, actual))


class Unimplemented(Exception):
    pass


class Volume_does_not_exist(Exception):
    pass


class SR_does_not_exist(Exception):
    pass


def check(kind, value):
    if type(value) is not kind:
        raise TypeError(kind.__name__, repr(value))
    if kind is dict:
        for name, text in value.items():
            check(str, name)
            check(str, text)


NONE = type(None)

# Method: (params in order, check of the result)
VOLUME = {
    "key": str, "name": str, "description": str, "read_write": bool, "sharable": bool,
    "virtual_size": int, "physical_utilisation": int, "keys": dict,
}
SR_STAT = {
    "sr": str, "name": str, "description": str, "free_space": int, "total_space": int, "clustered": bool,
}


def record(members):
    def check_record(value):
        for name, kind in members.items():
            if name not in value:
                raise UnmarshalException("missing member", name)
            check(kind, value[name])
        if "uuid" in value:
            check(str, value["uuid"])
        if "volume_type" in value and not isinstance(value["volume_type"], (list, tuple)):
            raise TypeError("volume_type", repr(value["volume_type"]))
    return check_record


def listed(check_item):
    def check_list(value):
        check(list, value)
        for item in value:
            check_item(item)
    return check_list


def check_backend(value):
    for implementation in value["implementations"]:
        if not isinstance(implementation, (list, tuple)) or len(implementation) != 2:
            raise TypeError("implementation", repr(implementation))
        check(str, implementation[0])
        check(dict, {name: text for name, text in implementation[1].items() if name != "extra"})


def plain(kind):
    return lambda value: check(kind, value)


METHODS = {
    "Plugin.query": ([], lambda value: check(list, value["features"])),
    "Plugin.diagnostics": ([], plain(str)),
    "SR.probe": ([("configuration", dict)], plain(list)),
    "SR.create": (
        [("uuid", str), ("configuration", dict), ("name", str), ("description", str)],
        plain(dict),
    ),
    "SR.attach": ([("configuration", dict)], plain(str)),
    "SR.detach": ([("sr", str)], plain(NONE)),
    "SR.destroy": ([("sr", str)], plain(NONE)),
    "SR.stat": ([("sr", str)], record(SR_STAT)),
    "SR.ls": ([("sr", str)], listed(record(VOLUME))),
    "Volume.create": (
        [("sr", str), ("name", str), ("description", str), ("size", int), ("sharable", bool)],
        record(VOLUME),
    ),
    "Volume.stat": ([("sr", str), ("key", str)], record(VOLUME)),
    "Volume.set": ([("sr", str), ("key", str), ("k", str), ("v", str)], plain(NONE)),
    "Volume.unset": ([("sr", str), ("key", str), ("k", str)], plain(NONE)),
    "Volume.destroy": ([("sr", str), ("key", str)], plain(NONE)),
    "Datapath.attach": ([("uri", str), ("domain", str)], check_backend),
    "Datapath.activate": ([("uri", str), ("domain", str)], plain(NONE)),
    "Datapath.deactivate": ([("uri", str), ("domain", str)], plain(NONE)),
    "Datapath.detach": ([("uri", str), ("domain", str)], plain(NONE)),
}


def call(implementation, method, params):
    wanted, check_result = METHODS[method]
    for name, kind in [("dbg", str)] + wanted:
        if name not in params:
            raise UnmarshalException("argument missing", name)
        check(kind, params[name])
    function = getattr(implementation, method.split(".")[1], None)
    if function is None:
        raise Unimplemented(method)
    result = function(*[params[name] for name, _ in [("dbg", str)] + wanted])
    check_result(result)
    return result


def main(implementation, class_name):
    """Runs the method that the script is called by."""
    base = os.path.basename(sys.argv[0])
    method = class_name + "." + base.split(".")[1].lower()
    if "--json" not in sys.argv[1:]:
        sys.exit("only --json is understood here")
    params = json.loads(sys.stdin.readline())
    try:
        print(json.dumps(call(implementation, method, params)))
    except Exception as error:  # pylint: disable=broad-except
        frames = traceback.extract_tb(sys.exc_info()[2])
        print(
            json.dumps(
                {
                    "code": "SR_BACKEND_FAILURE",
                    "params": [type(error).__name__, str(error)],
                    "backtrace": {
                        "error": str(error),
                        "files": [frame.filename for frame in frames],
                        "lines": [frame.lineno for frame in frames],
                    },
                }
            )
        )
        sys.exit(1)
