"""The connection to a cluster, and to a pool or a namespace in it."""
import rados
import rbd


class Session:
    cluster = None
    io = None


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
    return {"librados": str(rados.Rados().version()), "librbd": ".".join(map(str, rbd.RBD().version()))}


def open_pool(pool, namespace):
    io = Session.cluster.open_ioctx(pool)
    io.set_namespace(namespace)
    return io
