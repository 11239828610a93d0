#!/usr/bin/python3
"""Reads its params to the end of file and answers with their length in bytes."""
import json
import sys

print(json.dumps("%d bytes" % len(sys.stdin.buffer.read())))
