#!/usr/bin/python3
"""Serves one call of the plugin with a connection to a Ceph cluster.

Reads requests from stdin, one JSON array [operation, arguments] a line, and answers each by one line of JSON: {"result": …} or
{"error": {"errno", "name", "message"}}. Ends at the end of stdin, which is also the end of the plugin, however it ended.

It knows RADOS and RBD, and nothing of SRs and volumes. In Python because only the libraries have what the plugin's
transactions stand on (compare and write in one operation), and because a tool of Ceph's takes 30 ms to connect for each step.
"""
import base64
import errno
import json
import os
import struct
import sys

# Bytes for each bit of a bitmap of blocks.
BLOCK = 65536

# layering, exclusive-lock, object-map, fast-diff, deep-flatten
FEATURES = 1 | 4 | 8 | 16 | 32

# Values read by one operation.
BATCH = 1000

# Reads that are under way at once.
WINDOW = 1000

COMPARE_BYTES = 4 << 20


def connect(pool=None, namespace="", conf=None, user=None, keyring=None, monitors=None, patience=30):
    options = {
        "client_mount_timeout": patience,
        "rados_mon_op_timeout": patience,
        "rados_osd_op_timeout": patience,
        # Children keep no parent from being removed, and need no protection.
        "rbd_default_clone_format": 2,
        "rbd_cache": "false",
        "log_to_stderr": "false",
        "err_to_stderr": "false",
        "log_file": "",
        "admin_socket": "",
    }
    if keyring is not None:
        options["keyring"] = keyring
    if monitors is not None:
        options["mon_host"] = monitors
    # With monitors given there need be no ceph.conf.
    conffile = conf or (None if monitors is not None else "")
    cluster = rados.Rados(rados_id=user or "admin", conffile=conffile)
    for name, value in options.items():
        cluster.conf_set(name, str(value))
    cluster.connect(timeout=patience)
    Session.cluster = cluster
    if pool is not None:
        Session.io = open_pool(pool, namespace)
    return {"fsid": cluster.get_fsid(), "addresses": cluster.get_addrs()}


def versions():
    return {"librados": ".".join(map(str, rados.Rados().version())), "librbd": ".".join(map(str, rbd.RBD().version()))}


class Session:
    cluster = None
    io = None


def open_pool(pool, namespace):
    io = Session.cluster.open_ioctx(pool)
    io.set_namespace(namespace)
    return io


# Pools and namespaces


def pools():
    return Session.cluster.list_pools()


def pool_applications():
    return Session.io.application_list()


def pool_init():
    rbd.RBD().pool_init(Session.io, False)


def namespaces():
    return rbd.RBD().namespace_list(Session.io)


def namespace_create(name):
    rbd.RBD().namespace_create(Session.io, name)


def namespace_remove(name):
    rbd.RBD().namespace_remove(Session.io, name)


def space(pool):
    """Bytes free and in all for the data of a pool, and who says so; null where nobody knows."""
    answer = command(Session.cluster.mon_command, {"prefix": "df", "format": "json"})
    if answer is not None and answer["stats"]["total_bytes"] > 0:
        for each in answer["pools"]:
            if each["name"] == pool:
                stats = each["stats"]
                return {"free": stats["max_avail"], "total": stats["max_avail"] + stats["stored"]}
    # Monitors know nothing of space without a manager; the OSDs know their own.
    free = total = 0
    for osd in command(Session.cluster.mon_command, {"prefix": "osd ls", "format": "json"}) or []:
        ask = {"prefix": "perf dump", "logger": "osd", "format": "json"}
        counters = command(lambda *args: Session.cluster.osd_command(osd, *args), ask)
        if counters is None:
            return None
        free += counters["osd"]["stat_bytes_avail"]
        total += counters["osd"]["stat_bytes"]
    size = command(Session.cluster.mon_command, {"prefix": "osd pool get", "pool": pool, "var": "size", "format": "json"})
    copies = size["size"] if size else 1
    return {"free": free // copies, "total": total // copies} if total > 0 else None


def command(run, request):
    status, output, _ = run(json.dumps(request), b"")
    return json.loads(output) if status == 0 else None


# Records: values of one object, by key


def read(object, keys):
    """The values of some keys; those that are not there are left out."""
    with rados.ReadOpCtx() as op:
        values, _ = Session.io.get_omap_vals_by_keys(op, tuple(keys))
        Session.io.operate_read_op(op, object)
        return {key: text(value) for key, value in values}


def list_records(object, prefix):
    found = {}
    after = ""
    while True:
        with rados.ReadOpCtx() as op:
            values, _ = Session.io.get_omap_vals(op, after, prefix, BATCH)
            Session.io.operate_read_op(op, object)
            batch = list(values)
        for key, value in batch:
            found[key] = text(value)
        if len(batch) < BATCH:
            return found
        after = batch[-1][0]


def write(object, compare, values, remove, create=False):
    """Changes records in one step if those to compare are as given, "" for one that is not there; says whether it did."""
    with rados.WriteOpCtx() as op:
        if create:
            op.new(rados.LIBRADOS_CREATE_EXCLUSIVE)
        for key, value in compare.items():
            op.omap_cmp(key, value)
        if values:
            Session.io.set_omap(op, tuple(values), tuple(value.encode() for value in values.values()))
        if remove:
            Session.io.remove_omap_keys(op, tuple(remove))
        try:
            Session.io.operate_write_op(op, object)
        except rados.Error as error:
            if error.errno in (errno.ECANCELED, errno.EEXIST):
                return False
            raise
    return True


def remove_object(object):
    try:
        Session.io.remove_object(object)
    except rados.ObjectNotFound:
        pass


def text(value):
    return value.decode("utf-8", "replace")


# Images


def images():
    return rbd.RBD().list(Session.io)


def create(image, size):
    rbd.RBD().create(Session.io, image, size, old_format=False, features=FEATURES)
    return image_id(image)


def image_id(image):
    with rbd.Image(Session.io, image, read_only=True) as it:
        return it.id()


def grow(image, size):
    """Makes an image at least as large, and tells how large it is then."""
    with rbd.Image(Session.io, image) as it:
        if it.size() < size:
            it.resize(size, allow_shrink=False)
        return it.size()


def empty(image):
    """Frees the blocks that only the image itself has; its snapshots keep theirs."""
    with rbd.Image(Session.io, image) as it:
        if it.size() > 0:
            it.resize(0)


def snapshot(image, name):
    """Makes a snapshot, and tells its number and size."""
    with rbd.Image(Session.io, image) as it:
        it.create_snap(name)
        it.set_snap(name)
        return {"id": it.snap_get_id(name), "size": it.size()}


def snapshot_remove(image, name):
    """Children of the snapshot keep it alive, out of sight."""
    with rbd.Image(Session.io, image) as it:
        try:
            it.remove_snap(name)
        except rbd.ImageNotFound:
            pass


def clone(parent, snapshot, image):
    rbd.RBD().clone(Session.io, parent, snapshot, Session.io, image, features=FEATURES)
    return image_id(image)


def copy(image, snapshot, pool, namespace, copy):
    destination = open_pool(pool, namespace)
    with rbd.Image(Session.io, image, snapshot=snapshot, read_only=True) as it:
        it.copy(destination, copy, features=FEATURES)
        with rbd.Image(destination, copy, read_only=True) as made:
            return {"id": made.id(), "size": made.size()}


def watchers(image):
    """Addresses of those who have the image open to write it."""
    with rbd.Image(Session.io, image, read_only=True) as it:
        return [watcher["addr"] for watcher in it.watchers_list()]


def remove(image):
    try:
        with rbd.Image(Session.io, image) as it:
            for each in it.list_snaps():
                if it.snap_get_namespace_type(each["id"]) == rbd.RBD_SNAP_NAMESPACE_TYPE_USER:
                    it.remove_snap(each["name"])
        rbd.RBD().remove(Session.io, image)
    except rbd.ImageNotFound:
        pass


def sever(address):
    """Keeps a client that has died from being waited for; what it has open is closed."""
    Session.cluster.blocklist_add(address, 60)
    Session.cluster.wait_for_latest_osdmap()


# Space that images use


def usage(points):
    """Bytes of the objects that each of the points, [id of the image, number of the snapshot or null, size], does not share
    with the snapshot before it: what `rbd du` says. From the maps of objects, which is one small read for each."""
    found = [0] * len(points)
    waiting = []

    def read_map(index):
        id, snapshot, size = points[index]
        name = f"rbd_object_map.{id}" + ("" if snapshot is None else f".{snapshot:016x}")

        def done(_, data):
            found[index] = count_objects(data or b"")

        waiting.append(Session.io.aio_read(name, MAP_HEADER + size // OBJECT_BYTES // 4 + 1, 0, done))

    for index in range(len(points)):
        read_map(index)
        if len(waiting) >= WINDOW:
            waiting.pop(0).wait_for_complete_and_cb()
    for completion in waiting:
        completion.wait_for_complete_and_cb()
    return [count * OBJECT_BYTES for count in found]


OBJECT_BYTES = 4 << 20

# Bytes before the states of objects.
MAP_HEADER = 18

# Byte of four states, two bits each → how many of them are 1: exists, and changed since the snapshot before.
CHANGED = bytes(sum((byte >> shift) & 3 == 1 for shift in (0, 2, 4, 6)) for byte in range(256))


def count_objects(data):
    if len(data) < MAP_HEADER:
        return 0
    (header,) = struct.unpack_from("<I", data)
    (objects,) = struct.unpack_from("<Q", data, 10)
    start = 4 + header
    return sum(data[start : start + (objects + 3) // 4].translate(CHANGED))


# Content


def changed(image, older, newer):
    """Bitmap of the blocks that changed between two snapshots of an image, or one and the image itself (null).

    In an image with a parent whole objects count: one that was discarded says nothing of which of its bytes hid the
    parent's before."""
    with rbd.Image(Session.io, image, snapshot=newer, read_only=True) as it:
        return diff(it, older, has_parent(it))


def own(image, snapshot):
    """Bitmap of the blocks that an image has itself, and not from its parent."""
    with rbd.Image(Session.io, image, snapshot=snapshot, read_only=True) as it:
        return diff(it, None, True)


def has_parent(image):
    try:
        image.parent_info()
        return True
    except rbd.ImageNotFound:
        return False


def diff(image, older, whole):
    bitmap = Bitmap(image.size())
    image.diff_iterate(0, image.size(), older, lambda start, length, _: bitmap.add(start, length), False, whole)
    return bitmap.encoded()


def differing(image, snapshot, other, other_snapshot, blocks):
    """Of the blocks in a bitmap, those in which two images differ; null: of all."""
    with rbd.Image(Session.io, image, snapshot=snapshot, read_only=True) as one:
        with rbd.Image(Session.io, other, snapshot=other_snapshot, read_only=True) as two:
            size = max(one.size(), two.size())
            asked = None if blocks is None else base64.b64decode(blocks)
            found = Bitmap(size)
            for start in range(0, size, COMPARE_BYTES):
                end = min(start + COMPARE_BYTES, size)
                if asked is not None and not any(asked[start // BLOCK // 8 : -(-end // BLOCK // 8)]):
                    continue
                left, right = content(one, start, end), content(two, start, end)
                if left == right:
                    continue
                for block in range(start, end, BLOCK):
                    part = slice(block - start, block - start + BLOCK)
                    if left[part] != right[part]:
                        found.add(block, 1)
            return found.encoded()


def content(image, start, end):
    end = min(end, image.size())
    return image.read(start, end - start) if start < end else b""


class Bitmap:
    """A bit for each block, the most significant of a byte first."""

    def __init__(self, size):
        self.bits = bytearray(-(-size // BLOCK // 8) if size else 0)

    def add(self, start, length):
        if length <= 0:
            return
        first, last = start // BLOCK, (start + length - 1) // BLOCK
        if last // 8 >= len(self.bits):
            self.bits.extend(bytes(last // 8 + 1 - len(self.bits)))
        for block in range(first, min(last + 1, (first | 7) + 1)):
            self.bits[block // 8] |= 0x80 >> block % 8
        first = (first | 7) + 1
        if first > last:
            return
        whole = (last + 1) // 8
        self.bits[first // 8 : whole] = b"\xff" * (whole - first // 8)
        for block in range(max(whole * 8, first), last + 1):
            self.bits[block // 8] |= 0x80 >> block % 8

    def encoded(self):
        return base64.b64encode(self.bits).decode()


OPERATIONS = {
    function.__name__: function
    for function in (
        versions,
        connect,
        pools,
        pool_applications,
        pool_init,
        namespaces,
        namespace_create,
        namespace_remove,
        space,
        read,
        list_records,
        write,
        remove_object,
        images,
        create,
        grow,
        empty,
        snapshot,
        snapshot_remove,
        clone,
        copy,
        watchers,
        remove,
        sever,
        usage,
        changed,
        own,
        differing,
    )
}


def answer(line):
    operation, arguments = json.loads(line)
    try:
        return {"result": OPERATIONS[operation](**arguments)}
    except (rados.Error, rbd.Error) as error:
        number = getattr(error, "errno", None) or 0
        name = errno.errorcode.get(abs(number), type(error).__name__)
        return {"error": {"name": name, "message": f"{operation}: {error}"}}


def reply(value):
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    try:
        import rados
        import rbd
    except ImportError as missing:
        reply({"missing": missing.name})
        sys.exit(1)
    for line in sys.stdin:
        reply(answer(line))
    if Session.cluster is not None:
        Session.cluster.shutdown()
