"""Images and their snapshots."""
import errno

import rbd

from content import has_parent
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


def flatten(image):
    """Gives an image the blocks that it has of its parent, and takes it off that; it is no error where it has none.

    Only where the snapshot that it is a child of is one of users: one that Ceph keeps out of sight for its children only,
    Ceph (16.2) removes some milliseconds before it takes the last child off, and one that is killed in between leaves an
    image that nobody can open. Otherwise both steps can be repeated."""
    with rbd.Image(Session.io, image) as it:
        if not has_parent(it):
            return
        parent = it.get_parent_image_spec()
        with rbd.Image(open_pool(parent["pool_name"], parent["pool_namespace"]), parent["image_name"], read_only=True) as above:
            if parent["snap_name"] not in user_snapshots(above):
                raise rbd.ImageBusy(f"{image} is a child of a snapshot that only its children keep", errno=errno.EBUSY)
        try:
            it.flatten()
        except rbd.InvalidArgument:
            # What a killed call began has ended meanwhile: whoever has the image open may be the one who does it.
            pass
    for snapshot in (None, *user_snapshots_of(image)):
        with rbd.Image(Session.io, image, snapshot=snapshot, read_only=True) as it:
            if has_parent(it):
                raise rbd.ImageBusy(f"{image} still has a parent", errno=errno.EBUSY)


def user_snapshots_of(image):
    with rbd.Image(Session.io, image, read_only=True) as it:
        return user_snapshots(it)


def user_snapshots(image):
    """Names of the snapshots that Ceph does not keep out of sight because only children need them."""
    user = rbd.RBD_SNAP_NAMESPACE_TYPE_USER
    return [each["name"] for each in image.list_snaps() if image.snap_get_namespace_type(each["id"]) == user]


def watchers(image):
    """Addresses of those who have the image open to write it."""
    with rbd.Image(Session.io, image, read_only=True) as it:
        return [watcher["addr"] for watcher in it.watchers_list()]


def remove(image):
    """It is no error where there is none."""
    try:
        with rbd.Image(Session.io, image) as it:
            for name in user_snapshots(it):
                it.remove_snap(name)
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
