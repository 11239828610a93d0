"""The content of images: what changed, and what differs."""
import base64

import rbd

from bitmap import BLOCK, Bitmap
from session import Session

# Read and compared at once.
COMPARE_BYTES = 4 << 20


def changed(image, older, newer, whole):
    """Bitmap of the blocks that changed between two snapshots of an image, or one and the image itself (null).

    In an image with a parent, and where it is asked for, whole objects count: one that was discarded says nothing of
    which of its bytes hid the parent's before."""
    with rbd.Image(Session.io, image, snapshot=newer, read_only=True) as it:
        return diff(it, older, whole or has_parent(it))


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
