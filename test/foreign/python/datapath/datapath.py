#!/usr/bin/python3
"""Both classes of a datapath plugin. Its methods are hard links to this file."""
import os
import sys

import interface


def image(uri):
    path = uri.partition("://")[2]
    if not os.path.exists(path):
        raise interface.Volume_does_not_exist(path)
    return path


class Implementation:
    def query(self, dbg):
        return {
            "plugin": "python",
            "name": "Images",
            "description": "",
            "vendor": "a stranger",
            "copyright": "",
            "version": "2.1",
            "required_api_version": "5.0",
            "features": [],
            "configuration": {},
            "required_cluster_stack": [],
        }

    def attach(self, dbg, uri, domain):
        path = image(uri)
        disk = ("XenDisk", {"params": path, "extra": {"cache": "none"}, "backend_type": "qdisk"})
        return {"implementations": [disk, ("File", {"path": path})]}

    def activate(self, dbg, uri, domain):
        open("%s.active-%s" % (image(uri), domain), "w").close()

    def deactivate(self, dbg, uri, domain):
        try:
            os.remove("%s.active-%s" % (image(uri), domain))
        except FileNotFoundError:
            pass

    def detach(self, dbg, uri, domain):
        self.deactivate(dbg, uri, domain)


if __name__ == "__main__":
    interface.main(Implementation(), os.path.basename(sys.argv[0]).split(".")[0])
