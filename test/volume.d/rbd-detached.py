"""Kills processes in the middle of the last step of `rbd flatten`: the image is off the list of its parent's children, and
still has the parent.

Arguments: ceph.conf, keyring, pool, namespace, id of the parent's image. Prints whether the parent has children; where it
has, reads the number of a process group, and kills it when the parent has none."""
import os
import signal
import sys

import rados

conf, keyring, pool, namespace, parent = sys.argv[1:]
cluster = rados.Rados(rados_id="admin", conffile=conf, conf={"keyring": keyring})
cluster.connect()
io = cluster.open_ioctx(pool)
io.set_namespace(namespace)


def has_children():
    with rados.ReadOpCtx() as operation:
        entries, _ = io.get_omap_vals(operation, "", "snap_children_", 1)
        io.operate_read_op(operation, f"rbd_header.{parent}")
        return any(name.startswith("snap_children_") for name, _ in entries)


print(has_children(), flush=True)
group = sys.stdin.readline()
while group and has_children():
    pass
if group:
    try:
        os.killpg(int(group), signal.SIGKILL)
    except ProcessLookupError:
        pass
