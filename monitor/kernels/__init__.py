"""Arrays in, arrays out: reduces pictures and sound to integers and sums. Knows no record, setting or stream.

The contract of every picture kernel: **integers per tile.** Each tile of a picture becomes a few integers, the same on
every twin, bit for bit; whatever has a fraction in it is computed from them afterwards, once, in `monitor.measure`.
"""

from monitor.kernels.picture import PICTURE_COLUMNS, TILE, picture_tiles, plane_sums
from monitor.kernels.sound import sound_hops

__all__ = ["PICTURE_COLUMNS", "TILE", "picture_tiles", "plane_sums", "sound_hops", "warm_up"]


def warm_up() -> None:
    """Compile every kernel for every type it is used with, so that no compile runs on a live stream's time.

    Takes seconds on the first run of a machine and milliseconds afterwards (numba keeps a cache on disk).
    """
    import numpy as np

    for dtype in (np.uint8, np.uint16):
        plane = np.zeros((17, 17), dtype)
        picture_tiles(plane, plane, 0)
        plane_sums(plane, plane)
    sound_hops(np.zeros((1, 2), np.float32), np.array([0, 2], np.int64))
