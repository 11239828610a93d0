"""The command line for people: params as arguments in the order of the interface, a dict as an option that may be repeated."""
import argparse
import json

from xapi.storage.api.v5 import _shapes


class ListAction(argparse.Action):
    """Collects `--name KEY VALUE` into a dict."""

    def __call__(self, parser, namespace, values, option_string=None):
        collected = dict(getattr(namespace, self.dest, None) or {})
        collected[values[0]] = values[1]
        setattr(namespace, self.dest, collected)


def read_arguments(words, description, params):
    """The params that the words stand for; exits with status 2 where they stand for none, with 0 where they ask for help.

    :param params: name, shape and description of each
    """
    parser = argparse.ArgumentParser(description=_help(description))
    parser.add_argument(
        "-j", "--json", action="store_true", help="Read the params as one line of JSON, and print failures as JSON too"
    )
    for name, shape, about in params:
        if isinstance(shape, _shapes.Dict):
            parser.add_argument(
                "--" + name, nargs=2, action=ListAction, default={}, metavar=("KEY", "VALUE"), help=_help(about)
            )
        else:
            parser.add_argument(name, type=_reader(shape), help=_help(about))
    return vars(parser.parse_args(words))


def _reader(shape):
    if shape is _shapes.INT64:
        return int
    if shape is _shapes.FLOAT:
        return float
    if shape is _shapes.BOOL:
        return _bool
    return str if isinstance(shape, _shapes.Basic) else json.loads


def _bool(word):
    return {"true": True, "false": False}[word.lower()]


def _help(text):
    return text.replace("%", "%%")
