"""Datapath plugin: the file that a URI names, as a loop device. The domains of a disk share its loop device.

What is attached is recorded before it is, and forgotten after it no longer is: one file for each domain, in a directory
for each disk. The writes of a disk that was opened as non-persistent go to a copy in that directory.
"""
import fcntl
import hashlib
import os
import sys
from urllib.parse import unquote, urlsplit

from xapi.storage import log
from xapi.storage.api.v5.datapath import Datapath_commandline, Datapath_skeleton, Volume_does_not_exist
from xapi.storage.api.v5.plugin import Plugin_commandline, Plugin_skeleton
from xapi.storage.common import call

STATE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "state")


class NotAttached(Exception):
    pass


def digest(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Lock:
    def __enter__(self):
        os.makedirs(STATE, exist_ok=True)
        self.descriptor = os.open(os.path.join(STATE, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_):
        os.close(self.descriptor)


class Disk:
    """A disk that a URI names. The lock must be held."""

    def __init__(self, uri):
        self.path = unquote(urlsplit(uri).path)
        self.directory = os.path.join(STATE, digest(self.path))
        self.scratch = os.path.join(self.directory, "scratch.img")

    def image(self):
        return self.scratch if os.path.exists(self.scratch) else self.path

    def record(self, domain):
        return os.path.join(self.directory, digest(domain))

    def domains(self):
        names = os.listdir(self.directory) if os.path.isdir(self.directory) else []
        return [name for name in names if name != "scratch.img"]

    def loop_devices(self):
        """The loop devices of its image and of its scratch copy."""
        files = {end for path in (self.path, self.scratch) for end in (path, path + " (deleted)")}
        devices = []
        for name in sorted(os.listdir("/sys/block")):
            try:
                with open("/sys/block/%s/loop/autoclear" % name, encoding="ascii") as file:
                    if file.read().strip() == "1":
                        # Let go already; the kernel frees it when whoever else has it open closes it.
                        continue
                with open("/sys/block/%s/loop/backing_file" % name, encoding="utf-8", errors="surrogateescape") as file:
                    if file.read().rstrip("\n") in files:
                        devices.append("/dev/" + name)
            except OSError:
                # No loop device, or one that has just been let go.
                pass
        return devices

    def forget(self):
        """Removes the directory where nothing is in it."""
        if os.path.isdir(self.directory) and not os.listdir(self.directory):
            os.rmdir(self.directory)


class Plugin(Plugin_skeleton):
    def query(self, dbg):
        return {
            "plugin": "good-python",
            "name": "Good disks in Python",
            "description": "Files as loop devices",
            "vendor": "smapiv3",
            "copyright": "MIT licence",
            "version": "1.0",
            "required_api_version": "5.0",
            "features": ["NONPERSISTENT"],
            "configuration": {},
            "required_cluster_stack": [],
        }

    def diagnostics(self, dbg):
        return "%d disks are attached" % len([name for name in os.listdir(STATE) if name != "lock"])


class Datapath(Datapath_skeleton):
    def open(self, dbg, uri, persistent):
        disk = Disk(uri)
        with Lock():
            if disk.domains():
                return
            if os.path.exists(disk.scratch):
                os.unlink(disk.scratch)
            if persistent:
                disk.forget()
                return
            os.makedirs(disk.directory, exist_ok=True)
            call(dbg, ["cp", "--sparse=always", "--reflink=auto", disk.path, disk.scratch])

    def attach(self, dbg, uri, domain):
        disk = Disk(uri)
        with Lock():
            if not os.path.isfile(disk.path):
                raise Volume_does_not_exist(disk.path)
            os.makedirs(disk.directory, exist_ok=True)
            with open(disk.record(domain), "w", encoding="ascii"):
                pass
            devices = disk.loop_devices()
            if devices:
                device = devices[0]
                call(dbg, ["losetup", "--set-capacity", device])
            else:
                mode = [] if os.stat(disk.image()).st_mode & 0o222 else ["--read-only"]
                device = call(dbg, ["losetup", "--find", "--show", *mode, disk.image()]).decode().strip()
        return {
            "implementations": [
                ["XenDisk", {"params": device, "extra": {}, "backend_type": "vbd"}],
                ["BlockDevice", {"path": device}],
            ]
        }

    def activate(self, dbg, uri, domain):
        if not os.path.exists(Disk(uri).record(domain)):
            raise NotAttached(domain)

    def activate_readonly(self, dbg, uri, domain):
        self.activate(dbg, uri, domain)

    def deactivate(self, dbg, uri, domain):
        with Lock():
            for device in Disk(uri).loop_devices():
                call(dbg, ["blockdev", "--flushbufs", device])

    def detach(self, dbg, uri, domain):
        disk = Disk(uri)
        with Lock():
            if os.path.exists(disk.record(domain)):
                os.unlink(disk.record(domain))
            if not disk.domains():
                for device in disk.loop_devices():
                    call(dbg, ["losetup", "--detach", device])
                disk.forget()

    def close(self, dbg, uri):
        disk = Disk(uri)
        with Lock():
            if os.path.exists(disk.scratch):
                os.unlink(disk.scratch)
            disk.forget()


def main():
    log.log_call_argv()
    class_name, method = os.path.basename(sys.argv[0]).split(".")
    commandlines = {"Plugin": Plugin_commandline(Plugin()), "Datapath": Datapath_commandline(Datapath())}
    getattr(commandlines[class_name], method)()
