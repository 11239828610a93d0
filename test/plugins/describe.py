#!/usr/bin/python3
"""Answers with what it was started with: a JSON object, as text."""
import json
import os
import stat
import sys


def descriptors():
    """Of each open descriptor what it is; the one that lists them is closed by then."""
    found = {}
    for fd in os.listdir("/proc/self/fd"):
        try:
            mode = os.fstat(int(fd)).st_mode
        except OSError:
            continue
        found[fd] = "pipe" if stat.S_ISFIFO(mode) else os.readlink("/proc/self/fd/" + fd)
    return found


print(
    json.dumps(
        json.dumps(
            {
                "line": sys.stdin.readline(),
                "rest": sys.stdin.read(),
                "argv": sys.argv,
                "cwd": os.getcwd(),
                "environment": dict(os.environ),
                "descriptors": descriptors(),
                "blocking": [os.get_blocking(fd) for fd in (0, 1, 2)],
                "leader": os.getpgrp() == os.getpid(),
            }
        )
    )
)
