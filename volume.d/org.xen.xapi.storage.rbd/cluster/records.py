"""Records: values of one object, by key."""
import errno

import rados

from session import Session

# Values read by one operation.
BATCH = 1000


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
