"""What plugins in Python share with the package of a Xen toolstack: the errors, and how a failure is printed.

Start-up is paid at every call of a plugin, so nothing is imported before it is needed.
"""
import sys as _sys

# Packages of the same name elsewhere on the path, such as a vendor's xapi.storage.libs, are part of this one.
__path__ = list(__path__) + [
    _place for _place in (_entry + "/xapi" for _entry in _sys.path if _entry) if _place not in __path__
]


def success(result):
    """The answer of a server dispatcher to a call that succeeded."""
    return {"Status": "Success", "Value": result}


def handle_exception(exn, code=None, params=None):
    """Prints the exception being handled as an error object on stdout and exits with status 1.

    An exception with the attributes code and params decides what is in the object, as XenAPIException does.
    """
    import json
    import traceback

    frames = traceback.extract_tb(_sys.exc_info()[2])
    if code is None:
        code = getattr(exn, "code", "SR_BACKEND_FAILURE")
    if params is None:
        params = getattr(exn, "params", [type(exn).__name__, str(exn)])
    backtrace = {
        "error": str(exn),
        "files": [frame[0] for frame in frames],
        "lines": [frame[1] for frame in frames],
    }
    print(json.dumps({"code": code, "params": params, "backtrace": backtrace}))
    _sys.exit(1)


def is_long(x):
    """Whether x, a string or number, is an integer."""
    try:
        int(x)
    except ValueError:
        return False
    return True


class XenAPIException(Exception):
    """An error with the code that XenAPI clients see, such as SR_BACKEND_FAILURE_44, and its parameters."""

    def __init__(self, code, params):
        super().__init__()
        if not isinstance(code, str):
            raise TypeError("string", repr(code))
        if not isinstance(params, list):
            raise TypeError("list", repr(params))
        self.code = code
        self.params = params

    def __str__(self):
        return ": ".join([self.code] + [str(param) for param in self.params])


class MissingDependency(Exception):
    """A program that the plugin runs is not installed."""

    def __init__(self, missing):
        super().__init__(missing)
        self.missing = missing

    def __str__(self):
        return "There is a missing dependency: %s not found" % self.missing


class Rpc_light_failure(Exception):
    """An error of the interface; its text is its argument."""

    def __init__(self, name, args):
        super().__init__(*args)
        self.name = name

    def failure(self):
        """The answer of a server dispatcher to a call that failed."""
        arguments = list(self.args)
        description = arguments[0] if len(arguments) == 1 else arguments
        return {"Status": "Failure", "ErrorDescription": [self.name, description]}


class Unimplemented(Rpc_light_failure):
    """The plugin does not have the method, named as Class.method."""

    def __init__(self, name):
        super().__init__("Unimplemented", [name])


class InternalError(Rpc_light_failure):
    """What has no error of its own in the interface."""

    def __init__(self, error):
        super().__init__("Internal_error", [error])


class UnmarshalException(InternalError):
    """Something is missing, or not built as the interface says."""

    def __init__(self, thing, ty, desc):
        super().__init__("UnmarshalException thing=%s ty=%s desc=%s" % (thing, ty, desc))


class TypeError(InternalError):  # pylint: disable=redefined-builtin
    """A value has another type than the interface says."""

    def __init__(self, expected, actual):
        super().__init__("TypeError expected=%s actual=%s" % (expected, actual))


class UnknownMethod(InternalError):
    """The interface has no such method."""

    def __init__(self, name):
        super().__init__("Unknown method %s" % name)


def __getattr__(name):
    if name != "ListAction":
        raise AttributeError("module 'xapi' has no attribute %r" % name)
    from xapi.storage.api.v5._arguments import ListAction

    return ListAction
