"""Space that images use."""
import struct

from session import Session

# Reads that are under way at once.
WINDOW = 1000

OBJECT_BYTES = 4 << 20

# Bytes before the states of objects.
MAP_HEADER = 18

# Byte of four states, two bits each → how many of them are 1: exists, and changed since the snapshot before.
CHANGED = bytes(sum((byte >> shift) & 3 == 1 for shift in (0, 2, 4, 6)) for byte in range(256))


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


def count_objects(data):
    if len(data) < MAP_HEADER:
        return 0
    (header,) = struct.unpack_from("<I", data)
    (objects,) = struct.unpack_from("<Q", data, 10)
    start = 4 + header
    return sum(data[start : start + (objects + 3) // 4].translate(CHANGED))
