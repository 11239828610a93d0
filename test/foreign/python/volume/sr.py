#!/usr/bin/python3
"""The class SR. Its methods are links to this file."""
import json
import os
import shutil
import urllib.parse

import images
import interface


def path(configuration):
    return urllib.parse.unquote(urllib.parse.urlparse(configuration["uri"]).path)


class Implementation:
    def probe(self, dbg, configuration):
        return []

    def create(self, dbg, uuid, configuration, name, description):
        os.mkdir(path(configuration))
        with open(os.path.join(path(configuration), "sr"), "w", encoding="utf-8") as file:
            json.dump({"uuid": uuid, "name": name, "description": description}, file)
        return configuration

    def attach(self, dbg, configuration):
        if not os.path.exists(os.path.join(path(configuration), "sr")):
            raise interface.SR_does_not_exist(configuration["uri"])
        return path(configuration)

    def detach(self, dbg, sr):
        return None

    def destroy(self, dbg, sr):
        shutil.rmtree(sr)

    def stat(self, dbg, sr):
        with open(os.path.join(sr, "sr"), encoding="utf-8") as file:
            described = json.load(file)
        space = os.statvfs(sr)
        return {
            "sr": sr,
            "free_space": space.f_bavail * space.f_frsize,
            "total_space": space.f_blocks * space.f_frsize,
            "datasources": [],
            "clustered": False,
            "health": ["Healthy", ""],
            **described,
        }

    def ls(self, dbg, sr):
        return [images.describe(sr, name[:-4]) for name in sorted(os.listdir(sr)) if name.endswith(".img")]


if __name__ == "__main__":
    interface.main(Implementation(), "SR")
