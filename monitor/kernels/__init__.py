"""Arrays in, arrays out: reduces pictures and sound to integers and sums. Knows no record, setting or stream.

The contract of every picture kernel: **integers per tile.** Each tile of a picture becomes a few integers, the same on
every twin, bit for bit; whatever has a fraction in it is computed from them afterwards, once, in `monitor.columns`.
"""

from monitor.kernels import course, damage, flash, grid, moments, motion, picture, rows, sound, standing
from monitor.kernels.grid import Summary, places, summarise
from monitor.kernels.moments import TICKS, MomentState, SoundMoments, moment_state, sound_moments
from monitor.kernels.picture import (
    CHROMA_TILE,
    FAST,
    GRID_PHASES,
    SLOW,
    TILE,
    chroma_tiles,
    fast_tiles,
    plane_sums,
    slow_tiles,
)
from monitor.kernels.rows import SEAM_MARGIN, SEAMS, row_pixels, row_steps, seams
from monitor.kernels.sound import HOPS, SoundRows, SoundState, k_weighting, sound_rows, sound_state

__all__ = [
    "CHROMA_TILE",
    "FAST",
    "GRID_PHASES",
    "HOPS",
    "SEAMS",
    "SEAM_MARGIN",
    "SLOW",
    "TICKS",
    "TILE",
    "MomentState",
    "SoundMoments",
    "SoundRows",
    "SoundState",
    "Summary",
    "chroma_tiles",
    "fast_tiles",
    "k_weighting",
    "moment_state",
    "places",
    "plane_sums",
    "row_pixels",
    "row_steps",
    "seams",
    "slow_tiles",
    "sound_moments",
    "sound_rows",
    "sound_state",
    "summarise",
    "warm_up",
]


def warm_up() -> None:
    """Compile every kernel for every type it is used with, so that no compile runs on a live stream's time.

    Takes seconds on the first run of a machine and milliseconds afterwards (numba keeps a cache on disk). From then on
    this process compiles none: a type that nobody thought of is an error at once, not a pause.
    """
    picture.compile_all()
    grid.compile_all()
    sound.compile_all()
    moments.compile_all()
    damage.compile_all()
    flash.compile_all()
    motion.compile_all()
    standing.compile_all()
    rows.compile_all()
    course.compile_all()
