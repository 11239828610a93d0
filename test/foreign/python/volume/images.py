"""Volumes in a directory: an image with a JSON file beside it."""
import json
import os

import interface


def read(sr, key):
    try:
        with open(os.path.join(sr, key + ".json"), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        raise interface.Volume_does_not_exist(key) from None


def write(sr, key, metadata):
    temporary = os.path.join(sr, ".%s.%d" % (key, os.getpid()))
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(metadata, file)
    os.rename(temporary, os.path.join(sr, key + ".json"))


def describe(sr, key):
    metadata = read(sr, key)
    image = os.path.join(sr, key + ".img")
    stat = os.stat(image)
    return {
        "key": key,
        "uuid": key,
        "name": metadata["name"],
        "description": metadata["description"],
        "read_write": True,
        "sharable": metadata["sharable"],
        "virtual_size": stat.st_size,
        "physical_utilisation": stat.st_blocks * 512,
        "uri": ["python://" + image],
        "keys": metadata["keys"],
        "volume_type": ["Data", None],
        "cbt_enabled": False,
    }
