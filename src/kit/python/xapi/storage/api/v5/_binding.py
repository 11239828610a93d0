"""How a method is run: the params from stdin or from the command line, checked; its result, checked, to stdout."""
import sys

from xapi import (
    InternalError,
    Rpc_light_failure,
    UnknownMethod,
    UnmarshalException,
    handle_exception,
    success,
)
from xapi.storage.api.v5 import _shapes


class Method:
    """What the interface says of a method.

    :param params: name, shape and description of each, in order
    """

    def __init__(self, description, params, result):
        self.description = description
        self.params = params
        self.result = result


class Dispatcher:
    """Calls the methods of one class of an implementation with checked params, and checks what they return."""

    _class = ""
    _methods = {}

    def __init__(self, impl):
        self._impl = impl

    def _call(self, name, args):
        if not isinstance(args, dict):
            raise UnmarshalException("arguments", "dict", repr(args))
        method = self._methods[name]
        values = []
        for param, shape, _ in method.params:
            if param not in args:
                raise UnmarshalException("argument missing", param, "")
            value = shape.read(args[param])
            shape.check(value)
            values.append(value)
        result = getattr(self._impl, name)(*values)
        # As in the package of a toolstack, what a method without a result returns is passed on, for its caller to refuse.
        if method.result is not _shapes.UNIT:
            method.result.check(result)
        return result

    def _dispatch(self, method, params):
        """The answer to a request for Class.method, whose params are the first of a list."""
        class_name, _, name = method.partition(".")
        if class_name != self._class or name not in self._methods:
            raise UnknownMethod(method)
        return success(self._call(name, params[0]))


class Commandline:
    """Runs the methods of one class of an implementation as programs."""

    _dispatcher = Dispatcher

    def __init__(self, impl):
        self.impl = impl
        self.dispatcher = self._dispatcher(impl)

    def _run(self, name):
        import json

        method = self.dispatcher._methods[name]
        if "--json" not in sys.argv and "-j" not in sys.argv:
            from xapi.storage.api.v5._arguments import read_arguments

            args = read_arguments(sys.argv[1:], method.description, method.params)
            print(json.dumps(self.dispatcher._call(name, args)))
            return
        args = json.loads(sys.stdin.readline())
        try:
            # Printed whole or not at all: a result that JSON has no form for is a failure like another.
            text = json.dumps(self.dispatcher._call(name, args))
        except Exception as exn:  # pylint: disable=broad-except
            handle_exception(exn)
        print(text)


class Multiplexer:
    """Answers requests for any class of a module."""

    def __init__(self, dispatchers):
        self._dispatchers = {name: dispatcher for name, dispatcher in dispatchers.items() if dispatcher is not None}

    def _dispatch(self, method, params):
        """The answer to a request for Class.method, also where it fails."""
        try:
            dispatcher = self._dispatchers.get(method.partition(".")[0])
            if dispatcher is None:
                raise UnknownMethod(method)
            return dispatcher._dispatch(method, params)
        except Rpc_light_failure as failure:
            return failure.failure()
        except Exception as exn:  # pylint: disable=broad-except
            return InternalError(str(exn)).failure()
