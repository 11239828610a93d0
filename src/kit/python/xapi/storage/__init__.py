"""Storage plugins: their interface is in xapi.storage.api, what they share in xapi.storage.log and xapi.storage.common."""
import sys as _sys

__path__ = list(__path__) + [
    _place for _place in (_entry + "/xapi/storage" for _entry in _sys.path if _entry) if _place not in __path__
]
