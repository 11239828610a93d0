"""The errors of the interface. Each has one string: what it is about."""
from xapi import Rpc_light_failure
from xapi.storage.api.v5._shapes import STRING


class InterfaceError(Rpc_light_failure):
    """An error that a caller knows by its name."""

    def __init__(self, arg_0):
        super().__init__(type(self).__name__, [arg_0])
        STRING.check(arg_0)
        self.arg_0 = arg_0


class Sr_not_attached(InterfaceError):
    """The SR, named by its handle, is not attached on this host."""


class SR_does_not_exist(InterfaceError):
    """There is no SR where the configuration or the handle says."""


class Volume_does_not_exist(InterfaceError):
    """The SR has no volume of that key."""


class Cancelled(InterfaceError):
    """The operation was cancelled."""


class Activated_on_another_host(InterfaceError):
    """The host of that uuid has the volume activated; a toolstack repeats a snapshot there."""
