"""Everything is compiled before anything is watched, and nothing afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from monitor.kernels import picture, warm_up


def test_warming_up_again_does_nothing() -> None:
    """Every workplace and every scanner of a process does it."""
    warm_up()
    warm_up()


MISSES = """
from monitor.kernels import course, damage, flash, grid, motion, picture, rows, sound, standing, warm_up
warm_up()
followers = [damage._follow, flash._follow, motion._follow, standing._follow, course._course]
kernels = [grid._summarise, grid._places, sound._rows, *followers, *picture.all_kernels(), *rows.all_kernels()]
print([kernel.py_func.__qualname__ for kernel in kernels if kernel.stats.cache_misses])
"""


def test_another_process_of_this_machine_compiles_nothing() -> None:
    """Else every worker would start seconds later, and the cache would grow with each."""
    warm_up()
    found = subprocess.run([sys.executable, "-c", MISSES], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


AS_IN_A_NOTEBOOK = """
from fractions import Fraction
import numpy as np
from monitor.kernels import picture, rows, warm_up
from monitor.measure import PictureMeter
from monitor.media.timeline import Timeline
from monitor.records import Frame, FrameBatch
planes = tuple(np.zeros(shape, np.uint8) for shape in ((96, 160), (48, 80), (48, 80)))
frame = Frame(0, 1, 0.0, planes, None, "yuv420p", 8, False)
PictureMeter().add(FrameBatch("s", "video", 0, Fraction(1, 25), "full", None, (frame, frame)), Timeline().begin(0, 0.0))
def signatures():
    return [kernel.nopython_signatures for kernel in (*picture.all_kernels(), *rows.all_kernels())]
before = signatures()
warm_up()
print(before == signatures())
"""


def test_who_warms_nothing_up_does_not_get_kernels_for_what_came_first() -> None:
    """Those would be for unpadded planes only; with the others beside them, numba may not know which to take."""
    warm_up()
    found = subprocess.run([sys.executable, "-c", AS_IN_A_NOTEBOOK], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "True"


def test_a_type_that_nobody_thought_of_is_an_error_at_once() -> None:
    warm_up()
    with pytest.raises(TypeError, match="No matching definition"):
        picture._SUMS_KERNELS[np.dtype(np.uint8)](np.zeros((4, 4), np.float32), np.zeros((4, 4), np.float32), 0)


ON_ANOTHER_MACHINE = """
import numpy as np
from monitor.kernels import fast_tiles, picture, row_steps, rows
picture.compile_all()
rows.compile_all()
plane = np.arange(40 * 96, dtype=np.uint8).reshape(40, 96)
print(picture.EIGHTS, int(fast_tiles(plane, plane, 3, 1)[0].sum()) == int(plane.sum()), row_steps(plane, plane).shape)
"""


def test_a_machine_without_avx_watches_too(tmp_path: Path) -> None:
    """There are no kernels for instructions that it has not, and nobody asks for them."""
    others = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", ON_ANOTHER_MACHINE]
    found = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | others)
    assert found.stdout.strip() == "() True (4, 40)", found.stderr
