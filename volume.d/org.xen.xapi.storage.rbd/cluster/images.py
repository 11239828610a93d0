"""Images and their snapshots."""
import rbd

from session import Session, open_pool

# layering, exclusive-lock, object-map, fast-diff, deep-flatten
FEATURES = 1 | 4 | 8 | 16 | 32


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
    """It is no error where there is none."""
    try:
        with rbd.Image(Session.io, image) as it:
            for each in it.list_snaps():
                if it.snap_get_namespace_type(each["id"]) == rbd.RBD_SNAP_NAMESPACE_TYPE_USER:
                    it.remove_snap(each["name"])
    except rbd.ImageNotFound:
        # Ceph removes the header before the name: killed between them, what is listed cannot be opened, but removed.
        pass
    try:
        rbd.RBD().remove(Session.io, image)
    except rbd.ImageNotFound:
        pass


def sever(address):
    """Keeps a client that has died from being waited for; what it has open is closed."""
    Session.cluster.blocklist_add(address, 60)
    Session.cluster.wait_for_latest_osdmap()
