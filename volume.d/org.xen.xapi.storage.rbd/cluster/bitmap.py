"""Sets of blocks, as the plugin is told of them."""
import base64

# Bytes for each bit.
BLOCK = 65536


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
