#!/usr/bin/python3
"""The class Plugin. Plugin.Query and Plugin.diagnostics are links to this file."""
import interface


class Implementation:
    def query(self, dbg):
        return {
            "plugin": "Python",
            "name": "Directory of images, in Python",
            "description": "Checks everything it is given",
            "vendor": "a stranger",
            "copyright": "",
            "version": "2.1",
            "required_api_version": "5.0",
            "features": ["SR_CREATE", "SR_ATTACH", "VDI_CREATE", "VDI_DESTROY"],
            "configuration": {"uri": "file: URI of the directory"},
            "required_cluster_stack": [],
            "supported_image_formats": ["raw"],
        }

    def diagnostics(self, dbg):
        return "all is well"


if __name__ == "__main__":
    interface.main(Implementation(), "Plugin")
