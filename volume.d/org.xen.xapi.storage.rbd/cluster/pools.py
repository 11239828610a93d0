"""Pools, the namespaces in them, and their space."""
import json

import rbd

from session import Session


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
