"""Volume plugin: an SR is a directory, a volume two files in it, KEY.img with its bytes and KEY.json with its record.

A volume exists while its record does: the record is the last that is made of it and the first that goes. Records are
replaced whole, under the lock of the SR, so that a call that is killed leaves the old one or the new one.
"""
import fcntl
import json
import os
import re
import sys
from urllib.parse import quote

from xapi import XenAPIException
from xapi.storage import log
from xapi.storage.api.v5.plugin import Plugin_commandline, Plugin_skeleton
from xapi.storage.api.v5.volume import (
    SR_commandline,
    SR_does_not_exist,
    SR_skeleton,
    Sr_not_attached,
    Volume_commandline,
    Volume_does_not_exist,
    Volume_skeleton,
)
from xapi.storage.common import call

STATE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "state")
KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SIZE_UNIT = 4096
MAX_SIZE = 2**44
BLOCK = 65536


class ConfigurationError(Exception):
    pass


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write(path, record):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(record, file)
    os.rename(path + ".new", path)


class Lock:
    """The lock of an SR: one process at a time changes what is in it. Gone with the process that holds it."""

    def __init__(self, sr):
        self.path = os.path.join(sr, "lock")

    def __enter__(self):
        self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_):
        os.close(self.descriptor)


def attachment(sr):
    return os.path.join(STATE, quote(sr, safe=""))


def check_attached(sr):
    if not sr or not os.path.exists(attachment(sr)):
        raise Sr_not_attached(sr)


def directory_of(configuration):
    path = configuration.get("path", "")
    if not os.path.isabs(path):
        raise ConfigurationError("device_config needs path, the absolute path of a directory")
    return os.path.normpath(path)


def sr_stat(sr):
    identity = read(os.path.join(sr, "sr.json"))
    space = os.statvfs(sr)
    return {
        "sr": sr,
        "uuid": identity["uuid"],
        "name": identity["name"],
        "description": identity["description"],
        "free_space": space.f_bavail * space.f_frsize,
        "total_space": space.f_blocks * space.f_frsize,
        "datasources": [],
        "clustered": False,
        "health": ["Healthy", ""],
    }


def image(sr, key):
    return os.path.join(sr, key + ".img")


def record_file(sr, key):
    return os.path.join(sr, key + ".json")


def read_record(sr, key):
    if not KEY.fullmatch(key):
        raise Volume_does_not_exist(key)
    try:
        return read(record_file(sr, key))
    except FileNotFoundError:
        raise Volume_does_not_exist(key) from None


def volume(sr, key):
    record = read_record(sr, key)
    try:
        stat = os.stat(image(sr, key))
    except FileNotFoundError:
        raise Volume_does_not_exist(key) from None
    return {
        "key": key,
        "uuid": key,
        "name": record["name"],
        "description": record["description"],
        "read_write": record["read_write"],
        "sharable": record["sharable"],
        "virtual_size": stat.st_size,
        "physical_utilisation": stat.st_blocks * 512,
        "uri": ["good-python://" + quote(image(sr, key))],
        "keys": record["keys"],
    }


def keys_of(sr):
    return [name[:-5] for name in sorted(os.listdir(sr)) if name.endswith(".json") and KEY.fullmatch(name[:-5])]


def rounded(size):
    if size < 0 or size > MAX_SIZE:
        raise XenAPIException("SR_BACKEND_FAILURE_79", ["VDI Invalid size", "%d bytes are not possible" % size])
    return max(1, -(-size // SIZE_UNIT)) * SIZE_UNIT


def make(sr, record, fill):
    """A new volume; fill makes its image. The lock of the SR must be held."""
    with open("/proc/sys/kernel/random/uuid", encoding="ascii") as file:
        key = file.read().strip()
    try:
        fill(image(sr, key))
        os.chmod(image(sr, key), 0o600 if record["read_write"] else 0o400)
        write(record_file(sr, key), {"root": key, **record})
    except BaseException:
        if os.path.exists(image(sr, key)):
            os.unlink(image(sr, key))
        raise
    return volume(sr, key)


def copy_image(dbg, source, target):
    call(dbg, ["cp", "--sparse=always", "--reflink=auto", source, target])


def derive(dbg, sr, key, target_sr, read_write):
    """A new volume with the bytes of another. The locks of both SRs must be held."""
    origin = read_record(sr, key)
    record = {
        "root": origin["root"],
        "name": origin["name"],
        "description": origin["description"],
        "keys": {},
        "read_write": read_write,
        "sharable": False,
    }
    return make(target_sr, record, lambda target: copy_image(dbg, image(sr, key), target))


def update(sr, key, change):
    check_attached(sr)
    with Lock(sr):
        record = read_record(sr, key)
        change(record)
        write(record_file(sr, key), record)


class Plugin(Plugin_skeleton):
    def query(self, dbg):
        return {
            "plugin": "goodpython",
            "name": "Good volumes in Python",
            "description": "Raw files in a directory",
            "vendor": "smapiv3",
            "copyright": "MIT licence",
            "version": "1.0",
            "required_api_version": "5.0",
            "features": [
                "SR_PROBE",
                "SR_CREATE",
                "SR_ATTACH",
                "SR_DETACH",
                "SR_DELETE",
                "SR_SCAN",
                "SR_UPDATE",
                "VDI_CREATE",
                "VDI_DESTROY",
                "VDI_SNAPSHOT",
                "VDI_CLONE",
                "VDI_COPY",
                "VDI_RESIZE",
                "VDI_REVERT",
                "VDI_UPDATE",
                "VDI_ACTIVATE_READONLY",
            ],
            "configuration": {"path": "Absolute path of the directory"},
            "required_cluster_stack": [],
        }

    def diagnostics(self, dbg):
        return "%d SRs are attached" % len(self.ls(dbg))

    def ls(self, dbg):
        attached = []
        for name in sorted(os.listdir(STATE)) if os.path.isdir(STATE) else []:
            if not name.endswith(".new"):
                try:
                    attached.append(read(os.path.join(STATE, name)))
                except FileNotFoundError:
                    # Detached since the directory was read.
                    pass
        return attached


class SR(SR_skeleton):
    def probe(self, dbg, configuration):
        if "path" not in configuration:
            return []
        sr = directory_of(configuration)
        if os.path.exists(os.path.join(sr, "sr.json")):
            found = sr_stat(sr)
            complete = {"path": sr, "sr_uuid": found["uuid"]}
            return [{"configuration": complete, "complete": True, "sr": found, "extra_info": {}}]
        if os.path.isdir(os.path.dirname(sr)):
            return [{"configuration": {"path": sr}, "complete": True, "extra_info": {}}]
        return []

    def create(self, dbg, uuid, configuration, name, description):
        sr = directory_of(configuration)
        os.makedirs(sr, exist_ok=True)
        with Lock(sr):
            if os.path.exists(os.path.join(sr, "sr.json")):
                raise ConfigurationError("%s has an SR already" % sr)
            write(os.path.join(sr, "sr.json"), {"uuid": uuid, "name": name, "description": description})
        return {**configuration, "path": sr, "sr_uuid": uuid}

    def attach(self, dbg, configuration):
        sr = directory_of(configuration)
        if not os.path.exists(os.path.join(sr, "sr.json")):
            raise SR_does_not_exist(sr)
        with Lock(sr):
            for name in os.listdir(sr):
                key, suffix = os.path.splitext(name)
                if suffix == ".new" or (suffix == ".img" and not os.path.exists(record_file(sr, key))):
                    os.unlink(os.path.join(sr, name))
            os.makedirs(STATE, exist_ok=True)
            write(attachment(sr), sr)
        return sr

    def detach(self, dbg, sr):
        if sr and os.path.exists(attachment(sr)):
            os.unlink(attachment(sr))

    def destroy(self, dbg, sr):
        check_attached(sr)
        if os.path.isdir(sr):
            with Lock(sr):
                for key in keys_of(sr):
                    os.unlink(record_file(sr, key))
                for name in os.listdir(sr):
                    if name.endswith((".img", ".new")):
                        os.unlink(os.path.join(sr, name))
                for name in ("sr.json", "lock"):
                    if os.path.exists(os.path.join(sr, name)):
                        os.unlink(os.path.join(sr, name))
            os.rmdir(sr)
        self.detach(dbg, sr)

    def stat(self, dbg, sr):
        check_attached(sr)
        return sr_stat(sr)

    def set_name(self, dbg, sr, new_name):
        self._set(sr, name=new_name)

    def set_description(self, dbg, sr, new_description):
        self._set(sr, description=new_description)

    def _set(self, sr, **changes):
        check_attached(sr)
        with Lock(sr):
            path = os.path.join(sr, "sr.json")
            write(path, {**read(path), **changes})

    def ls(self, dbg, sr):
        check_attached(sr)
        volumes = []
        for key in keys_of(sr):
            try:
                volumes.append(volume(sr, key))
            except Volume_does_not_exist:
                # Destroyed since the directory was read.
                pass
        return volumes


class Volume(Volume_skeleton):
    def create(self, dbg, sr, name, description, size, sharable):
        check_attached(sr)
        length = rounded(size)

        def fill(path):
            with open(path, "xb") as file:
                file.truncate(length)

        record = {"name": name, "description": description, "keys": {}, "read_write": True, "sharable": sharable}
        with Lock(sr):
            return make(sr, record, fill)

    def stat(self, dbg, sr, key):
        check_attached(sr)
        return volume(sr, key)

    def destroy(self, dbg, sr, key):
        check_attached(sr)
        if not KEY.fullmatch(key):
            raise Volume_does_not_exist(key)
        with Lock(sr):
            for path in (record_file(sr, key), image(sr, key)):
                if os.path.exists(path):
                    os.unlink(path)

    def snapshot(self, dbg, sr, key):
        check_attached(sr)
        with Lock(sr):
            return derive(dbg, sr, key, sr, read_write=False)

    def clone(self, dbg, sr, key):
        check_attached(sr)
        with Lock(sr):
            return derive(dbg, sr, key, sr, read_write=True)

    def copy(self, dbg, sr, key, dest_sr):
        check_attached(sr)
        check_attached(dest_sr)
        first, second = sorted([sr, dest_sr])
        with Lock(first):
            if first == second:
                return derive(dbg, sr, key, dest_sr, read_write=True)
            with Lock(second):
                return derive(dbg, sr, key, dest_sr, read_write=True)

    def resize(self, dbg, sr, key, new_size):
        check_attached(sr)
        length = rounded(new_size)
        with Lock(sr):
            current = volume(sr, key)
            if not current["read_write"]:
                raise XenAPIException("SR_BACKEND_FAILURE", ["ReadOnly", "a snapshot cannot be resized"])
            if length < current["virtual_size"]:
                raise XenAPIException("SR_BACKEND_FAILURE_79", ["VDI Invalid size", "shrinking is not possible"])
            os.truncate(image(sr, key), length)

    def revert(self, dbg, sr, snapshot, key):
        check_attached(sr)
        with Lock(sr):
            read_record(sr, snapshot)
            read_record(sr, key)
            target = image(sr, key) + ".new"
            copy_image(dbg, image(sr, snapshot), target)
            os.chmod(target, 0o600)
            os.rename(target, image(sr, key))

    def set_name(self, dbg, sr, key, new_name):
        update(sr, key, lambda record: record.update(name=new_name))

    def set_description(self, dbg, sr, key, new_description):
        update(sr, key, lambda record: record.update(description=new_description))

    def set(self, dbg, sr, key, k, v):
        update(sr, key, lambda record: record["keys"].update({k: v}))

    def unset(self, dbg, sr, key, k):
        update(sr, key, lambda record: record["keys"].pop(k, None))

    def compare(self, dbg, sr, key, key2):
        check_attached(sr)
        read_record(sr, key)
        read_record(sr, key2)
        ranges = []
        with open(image(sr, key), "rb") as one, open(image(sr, key2), "rb") as other:
            block = 0
            while True:
                first, second = one.read(BLOCK), other.read(BLOCK)
                if not first and not second:
                    return {"blocksize": BLOCK, "ranges": ranges}
                if first != second:
                    ranges.append((block, 1))
                block += 1

    def similar_content(self, dbg, sr, key):
        check_attached(sr)
        root = read_record(sr, key)["root"]
        similar = []
        for other in keys_of(sr):
            try:
                if other != key and read_record(sr, other)["root"] == root:
                    similar.append(other)
            except Volume_does_not_exist:
                # Destroyed since the directory was read.
                pass
        return similar


def main():
    log.log_call_argv()
    class_name, method = os.path.basename(sys.argv[0]).split(".")
    commandlines = {"Plugin": (Plugin_commandline, Plugin), "SR": (SR_commandline, SR), "Volume": (Volume_commandline, Volume)}
    commandline, implementation = commandlines[class_name]
    getattr(commandline(implementation()), method)()
