#!/usr/bin/python3
"""The class Volume. Its methods are links to this file."""
import os
import uuid

import images
import interface


class Implementation:
    def create(self, dbg, sr, name, description, size, sharable):
        key = str(uuid.uuid4())
        with open(os.path.join(sr, key + ".img"), "wb") as file:
            file.truncate(size)
        images.write(sr, key, {"name": name, "description": description, "sharable": sharable, "keys": {}})
        return images.describe(sr, key)

    def stat(self, dbg, sr, key):
        return images.describe(sr, key)

    def set(self, dbg, sr, key, k, v):
        metadata = images.read(sr, key)
        metadata["keys"][k] = v
        images.write(sr, key, metadata)

    def unset(self, dbg, sr, key, k):
        metadata = images.read(sr, key)
        metadata["keys"].pop(k, None)
        images.write(sr, key, metadata)

    def destroy(self, dbg, sr, key):
        images.read(sr, key)
        os.remove(os.path.join(sr, key + ".img"))
        os.remove(os.path.join(sr, key + ".json"))


if __name__ == "__main__":
    interface.main(Implementation(), "Volume")
