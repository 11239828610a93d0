"""The forms that params and results must have. What does not have them is refused before it does harm.

They are those of the package of a Xen toolstack, as far as plugins see them: a result that passes here passes there.
"""
from xapi import TypeError, UnmarshalException  # pylint: disable=redefined-builtin


class Basic:
    """A string, bool, int64, float or unit, by the name that the interface has for it."""

    def __init__(self, name, kind, is_secret=False):
        self.name = name
        self.kind = kind
        self.is_secret = is_secret

    def check(self, value):
        """Raises TypeError where the value is no such thing; a secret is not shown."""
        if not isinstance(value, self.kind) or (isinstance(value, bool) and self.kind is not bool) or not self.fits(value):
            raise TypeError(self.name, "a %s, not shown" % type(value).__name__ if self.is_secret else repr(value))

    def fits(self, value):
        return self.kind is not int or -(2**63) <= value < 2**63

    def read(self, value):
        """The value as a plugin gets it, of one that was read from JSON."""
        return value


STRING = Basic("string", str)
SECRET = Basic("string", str, is_secret=True)
BOOL = Basic("bool", bool)
INT64 = Basic("int64", int)
FLOAT = Basic("float", float)
UNIT = Basic("unit", type(None))


class List:
    """Any number of values of one form."""

    def __init__(self, item):
        self.item = item
        self.name = "%s list" % item.name

    def check(self, value):
        if not isinstance(value, list):
            raise TypeError(self.name, repr(value))
        for item in value:
            self.item.check(item)

    def read(self, value):
        return [self.item.read(item) for item in value] if isinstance(value, list) else value


class Dict:
    """Names with a string each."""

    name = "(string * string) list"

    def __init__(self, is_secret=False):
        self.value = SECRET if is_secret else STRING

    def check(self, value):
        if not isinstance(value, dict):
            raise TypeError(self.name, repr(value))
        for key, item in value.items():
            STRING.check(key)
            self.value.check(item)

    def read(self, value):
        return value


class Pair:
    """Two values: a tuple, which is an array in JSON."""

    def __init__(self, first, second):
        self.items = (first, second)
        self.name = "(%s * %s)" % (first.name, second.name)

    def check(self, value):
        if not isinstance(value, tuple) or len(value) != 2:
            raise TypeError(self.name, repr(value))
        for item, part in zip(self.items, value):
            item.check(part)

    def read(self, value):
        return tuple(value) if isinstance(value, list) else value


class Record:
    """A dict with members of its own, some of which may be absent. None is not the same as absent."""

    def __init__(self, name, members, optional=()):
        self.name = name
        self.members = members
        self.optional = optional

    def check(self, value):
        if not isinstance(value, dict):
            raise TypeError(self.name, repr(value))
        for name, member in self.members.items():
            if name in value:
                member.check(value[name])
            elif name not in self.optional:
                raise UnmarshalException("member missing", name, "of %s" % self.name)

    def read(self, value):
        if not isinstance(value, dict):
            return value
        return {name: self.members[name].read(item) if name in self.members else item for name, item in value.items()}


class Variant:
    """A sequence that begins with one of some tags; what else is in it depends on the tag, None where it is nothing."""

    def __init__(self, name, tags):
        self.name = name
        self.tags = tags

    def check(self, value):
        if not isinstance(value, (list, tuple)) or not value or not isinstance(value[0], str) or value[0] not in self.tags:
            raise TypeError("%s (%s)" % (self.name, " | ".join(self.tags)), repr(value))
        payload = self.tags[value[0]]
        if payload is None:
            return
        if len(value) < 2:
            raise TypeError("%s (%s of %s)" % (self.name, value[0], payload.name), repr(value))
        payload.check(value[1])

    def read(self, value):
        return value
