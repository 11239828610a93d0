"""Serves one call of the plugin with a connection to a Ceph cluster.

Reads requests from stdin, one JSON array [operation, arguments] a line, and answers each by one line of JSON: {"result": …} or
{"error": {"errno", "name", "message"}}. Ends at the end of stdin, which is also the end of the plugin, however it ended.

It knows RADOS and RBD, and nothing of SRs and volumes. In Python because only the libraries have what the plugin's
transactions stand on (compare and write in one operation), and because a tool of Ceph's takes 30 ms to connect for each step.

session.py has the connection, each other module the operations on what it is called after.
"""
import errno
import json
import os
import sys


def reply(value):
    print(json.dumps(value), flush=True)


try:
    import content
    import images
    import pools
    import rados
    import rbd
    import records
    import session
    import usage
except ImportError as missing:
    reply({"missing": missing.name})
    sys.exit(1)

OPERATIONS = {
    function.__name__: function
    for function in (
        session.versions,
        session.connect,
        pools.pools,
        pools.pool_applications,
        pools.pool_init,
        pools.namespaces,
        pools.namespace_create,
        pools.namespace_remove,
        pools.space,
        records.read,
        records.list_records,
        records.write,
        records.remove_object,
        images.images,
        images.create,
        images.grow,
        images.empty,
        images.snapshot,
        images.snapshot_remove,
        images.clone,
        images.copy,
        images.flatten,
        images.watchers,
        images.remove,
        images.sever,
        usage.usage,
        content.changed,
        content.own,
        content.differing,
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


try:
    for line in sys.stdin:
        reply(answer(line))
except BrokenPipeError:
    # The plugin was killed while it waited. Python would complain once more when it flushes the rest at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
finally:
    if session.Session.cluster is not None:
        session.Session.cluster.shutdown()
