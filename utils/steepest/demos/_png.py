"""Dots as a PNG file, fast: Pillow tries five filters on every row, which takes longer than drawing a figure."""

from __future__ import annotations

import struct
import zlib

import numpy as np

__all__ = ["png"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGBA_OF_8_BITS = bytes([8, 6, 0, 0, 0])  # and the one way of packing, the one set of filters, not interlaced


def png(dots: np.ndarray) -> bytes:
    """Pack dots of shape (height, width, 4), from above, each colour and the opacity from 0 to 255."""
    height, width, _ = dots.shape
    rows = np.zeros((height, 1 + 4 * width), dtype=np.uint8)  # each begins with the number of its filter, 0 for none
    rows[:, 1:] = dots.reshape(height, 4 * width)
    return SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", struct.pack(">II", width, height) + RGBA_OF_8_BITS),
            (b"IDAT", zlib.compress(rows.tobytes(), 1)),
            (b"IEND", b""),
        )
    )
