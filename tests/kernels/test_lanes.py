"""What each operation of the vector type does to its lanes is what NumPy does to an array, wrap-around included."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba as nb
import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.kernels import lanes

N = 16
WIDTHS = [np.uint8, np.uint16]
Plane = NDArray[Any]

load, lane = lanes.load, lanes.lane


@nb.njit
def put(value, out):  # type: ignore[no-untyped-def]
    for k in range(out.shape[0]):
        out[k] = lane(value, k)


def compiled(operation: Callable[..., Any]) -> Callable[[Plane, Plane, Plane], None]:
    """`operation` on the first lanes of two planes, and the lanes that come of it in a third place."""
    inner = nb.njit(operation)

    @nb.njit
    def run(a, b, out):  # type: ignore[no-untyped-def]
        put(inner(load(a, 0, 0, N), load(b, 0, 0, N)), out)

    return run


@nb.njit
def added_in_place(a, b):  # type: ignore[no-untyped-def]
    a += b
    return a


def operands(dtype: type) -> list[tuple[Plane, Plane]]:
    """Pairs of a row each: noise, and every pairing of the numbers at which something turns over."""
    top = int(np.iinfo(dtype).max)
    turning = np.array([0, 1, 2, top // 2 - 1, top // 2, top // 2 + 1, top - 1, top], dtype)
    rng = np.random.default_rng(top)
    rows = [tuple(rng.integers(0, top + 1, (2, N)).astype(dtype)) for _ in range(20)]
    both = np.array([[x, y] for x in turning for y in turning], dtype)
    return [*rows, *((part[:, 0], part[:, 1]) for part in both.reshape(-1, N, 2))]


def signed(a: Plane) -> Plane:
    return a.view(np.dtype(f"i{a.itemsize}"))


PAIRWISE: dict[str, tuple[Callable[..., Any], Callable[[Plane, Plane], Plane]]] = {
    "+": (lambda a, b: a + b, np.add),
    "+=": (added_in_place.py_func, np.add),
    "-": (lambda a, b: a - b, np.subtract),
    "*": (lambda a, b: a * b, np.multiply),
    "apart": (lambda a, b: lanes.apart(a, b), lambda a, b: np.maximum(a, b) - np.minimum(a, b)),
    "larger": (lambda a, b: lanes.larger(a, b), np.maximum),
    "smaller": (lambda a, b: lanes.smaller(a, b), np.minimum),
    "widen": (lambda a, b: lanes.widen(a) * lanes.widen(b), lambda a, b: a.astype(np.uint32) * b.astype(np.uint32)),
    "nothing": (lambda a, b: lanes.nothing(a), lambda a, b: np.zeros_like(a)),
    "magnitude": (lambda a, b: lanes.magnitude(a), lambda a, b: np.abs(signed(a)).view(a.dtype)),
    "inverted": (lambda a, b: lanes.inverted(a), lambda a, b: ~a),
    "shifted_right": (lambda a, b: lanes.shifted_right(a), lambda a, b: np.append(a[0], a[:-1])),
    "&": (lambda a, b: a & b, np.bitwise_and),
    "shifted_left": (lambda a, b: lanes.shifted_left(a), lambda a, b: np.append(a[1:], a[-1])),
}
"""Each operation on two rows of lanes (some leave the second out), and what it is."""


@pytest.mark.parametrize("name", PAIRWISE)
@pytest.mark.parametrize("dtype", WIDTHS)
def test_an_operation_equals_numpy(name: str, dtype: type) -> None:
    operation, truth = PAIRWISE[name]
    run = compiled(operation)
    for a, b in operands(dtype):
        out = np.full(N, -1, np.int64)
        run(a[None].copy(), b[None].copy(), out)
        np.testing.assert_array_equal(out, truth(a, b))


@pytest.mark.parametrize("dtype", WIDTHS)
def test_at_most_equals_numpy_for_every_level(dtype: type) -> None:
    @nb.njit
    def run(a, level, out):  # type: ignore[no-untyped-def]
        put(lanes.at_most(load(a, 0, 0, N), level), out)

    top = int(np.iinfo(dtype).max)
    for a, _ in operands(dtype):
        for level in (0, 1, top // 2, top // 2 + 1, top - 1, top):
            out = np.zeros(N, np.int64)
            run(a[None].copy(), level, out)
            np.testing.assert_array_equal(out, a <= level)


@pytest.mark.parametrize("dtype", WIDTHS)
def test_between_keeps_lanes_from_first_to_last(dtype: type) -> None:
    """... both inclusive, beyond the lanes too (-1 as the last one: none), and the other lanes are 0."""

    @nb.njit
    def run(a, first, last, out):  # type: ignore[no-untyped-def]
        put(lanes.between(load(a, 0, 0, N), first, last), out)

    a = np.arange(1, N + 1).astype(dtype)
    out = np.zeros(N, np.int64)
    for first in (-128, -1, 0, 1, 7, 14, 15, 16, 127):
        for last in (-128, -1, 0, 1, 7, 14, 15, 16, 127):
            run(a[None], first, last, out)
            expected = [int(a[k]) if first <= k <= last else 0 for k in range(N)]
            assert out.tolist() == expected, f"{first}..{last}"


@pytest.mark.parametrize("dtype", WIDTHS)
def test_each_eighth_counts_from_any_number_on(dtype: type) -> None:
    @nb.njit
    def run(a, first, out):  # type: ignore[no-untyped-def]
        put(lanes.each_eighth(load(a, 0, 0, N), first), out)

    out = np.zeros(N, np.int64)
    for first in (0, 1, 7, 8, 1000, 1001, 70_003):
        run(np.zeros((1, N), dtype), first, out)
        assert out.tolist() == [int(np.iinfo(dtype).max) if (first + k) % 8 == 0 else 0 for k in range(N)], first


def test_pairs_and_the_largest_of_sixteens_equal_numpy() -> None:
    @nb.njit
    def run(a, sums, peaks):  # type: ignore[no-untyped-def]
        lanes.put(sums, 1, lanes.pairs(lanes.widen(lanes.widen(lanes.widen(load(a, 0, 0, N))))))
        lanes.put(peaks, 2, lanes.largest_of_sixteens(load(a, 0, 0, 32)))

    for a, b in operands(np.uint8):
        sums, peaks = np.full(N // 2 + 2, -1, np.int32), np.full(5, -1, np.int32)
        both = np.append(a, b)
        run(both[None], sums, peaks)
        assert sums.tolist() == [-1, *a.astype(int).reshape(-1, 2).sum(axis=1).tolist(), -1]
        assert peaks.tolist() == [-1, -1, int(a.max()), int(b.max()), -1]


@pytest.mark.parametrize("count", lanes.EIGHTS or [pytest.param(0, marks=pytest.mark.skip("no instruction (AVX2)"))])
def test_eights_equals_numpy(count: int) -> None:
    @nb.njit
    def run(a, b, out):  # type: ignore[no-untyped-def]
        put(lanes.eights(load(a, 0, 0, count), load(b, 0, 0, count)), out)

    pairs = [(np.resize([*a, *b], count), np.resize([*b, *a[::-1]], count)) for a, b in operands(np.uint8)]
    pairs.append((np.zeros(count, np.uint8), np.full(count, 255, np.uint8)))
    for a, b in pairs:
        out = np.zeros(count // 8, np.int64)
        run(a[None].astype(np.uint8), b[None].astype(np.uint8), out)
        np.testing.assert_array_equal(out, np.abs(a.astype(int) - b).reshape(-1, 8).sum(axis=1))


@pytest.mark.parametrize(
    ("set_to", "host", "counts"),
    [
        (None, "+sse2,+avx,+avx2", (32,)),
        (None, "+sse2,+avx,+avx2,+avx512f,+avx512bw", (64, 32)),
        (None, "+sse2,+avx,+avx2,+avx512f,-avx512bw", (32,)),
        (None, "+sse2,-avx,-avx2,+vaes", ()),
        (None, "", ()),
        ("", "+avx,+avx2", ()),
        ("+avx2", "+avx512bw", (32,)),
        ("+avx2,-avx2", "+avx2", ()),
        ("+avx2,-avx", "+avx2", ()),
        ("+avx2,+avx512bw,-avx512f", "", (32,)),
    ],
)
def test_eights_are_taken_only_where_numba_compiles_for_them(
    set_to: str | None, host: str, counts: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else LLVM would end the process. Settings of numba come before what the machine has."""
    monkeypatch.setattr(lanes.config, "CPU_FEATURES", set_to)
    monkeypatch.setattr(lanes, "get_host_cpu_features", lambda: host)
    assert lanes._eights_of() == counts


def test_a_machine_that_has_instructions_for_eights_takes_them() -> None:
    """Else the tests of it would be skipped there, and nobody would see."""
    told = Path("/proc/cpuinfo")
    if not told.exists() or any(name.startswith(("NUMBA_CPU", "NUMBA_ENABLE_AVX")) for name in os.environ):
        pytest.skip("the system does not say what its processor has, or numba is told to take another")
    flags = told.read_text().split()
    assert (64 in lanes.EIGHTS) == ("avx512bw" in flags and "avx2" in flags)
    assert (32 in lanes.EIGHTS) == ("avx2" in flags)


@pytest.mark.parametrize("dtype", WIDTHS)
def test_cut_takes_a_part_by_its_number(dtype: type) -> None:
    @nb.njit
    def run(a, k, two, four, all_of_it):  # type: ignore[no-untyped-def]
        put(lanes.cut(load(a, 0, 0, N), k, 8), two)
        put(lanes.cut(load(a, 0, 0, N), k, 4), four)
        put(lanes.cut(load(a, 0, 0, N), 0, 16), all_of_it)

    a = np.random.default_rng(5).integers(0, np.iinfo(dtype).max + 1, N).astype(dtype)
    for k in range(4):
        two, four, whole = np.zeros(8, np.int64), np.zeros(4, np.int64), np.zeros(N, np.int64)
        run(a[None], k, two, four, whole)
        np.testing.assert_array_equal(four, a[4 * k : 4 * k + 4])
        np.testing.assert_array_equal(whole, a)
        if k < 2:
            np.testing.assert_array_equal(two, a[8 * k : 8 * k + 8])


@pytest.mark.parametrize("dtype", WIDTHS)
def test_one_number_of_all_lanes(dtype: type) -> None:
    """Sums of every lane, every second, every eighth do not wrap at the width of a lane; the largest is unsigned."""

    @nb.njit
    def run(a):  # type: ignore[no-untyped-def]
        value = load(a, 0, 0, N)
        wide = lanes.widen(value)
        sums = (lanes.total(value, 1), lanes.total(value, 2), lanes.total(value, 8), lanes.total(wide, 1))
        return sums, (lanes.largest(value), lanes.largest(wide)), (lane(value, 0), lane(value, N - 1))

    for a, _ in [*operands(dtype), (np.full(N, np.iinfo(dtype).max), None)]:
        whole = a.astype(np.int64)
        sums, largest, ends = run(a.astype(dtype)[None].copy())
        assert sums == (whole.sum(), whole[::2].sum(), whole[::8].sum(), whole.sum())
        assert largest == (whole.max(), whole.max())
        assert ends == (whole[0], whole[-1])


def test_a_total_of_64_bits_does_not_wrap_at_32() -> None:
    @nb.njit
    def run(a):  # type: ignore[no-untyped-def]
        wide = lanes.widen(lanes.widen(load(a, 0, 0, N)))
        return lanes.total(wide * wide, 1), lane(wide * wide, 1)

    a = np.full((1, N), 65535, np.uint16)
    assert run(a) == (N * 65535**2, 65535**2)


@pytest.mark.parametrize("dtype", WIDTHS)
@pytest.mark.parametrize("layout", ["whole", "padded", "upside down", "inner", "read-only"])
def test_load_reads_a_row_from_any_column_whatever_the_pitch(dtype: type, layout: str) -> None:
    @nb.njit
    def run(plane, y, x, out):  # type: ignore[no-untyped-def]
        put(load(plane, y, x, N), out)

    memory = np.random.default_rng(6).integers(0, np.iinfo(dtype).max + 1, (9, 41)).astype(dtype)
    memory.flags.writeable = layout != "read-only"
    plane = {"padded": memory[:, :30], "upside down": memory[::-1], "inner": memory[2:7, 3:33]}.get(layout, memory)
    out = np.zeros(N, np.int64)
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1] - N + 1):
            run(plane, y, x, out)
            np.testing.assert_array_equal(out, plane[y, x : x + N])


def test_a_vector_has_as_many_lanes_as_one_asks_for() -> None:
    @nb.njit
    def run(a, out, few):  # type: ignore[no-untyped-def]
        put(lanes.shifted_left(load(a, 0, 1, 32)), out)
        put(load(a, 0, 5, 2), few)

    a = np.arange(33, dtype=np.uint8)[None]
    out, few = np.zeros(32, np.int64), np.zeros(2, np.int64)
    run(a, out, few)
    assert out.tolist() == [*range(2, 33), 32]
    assert few.tolist() == [5, 6]


@pytest.mark.parametrize("dtype", WIDTHS)
def test_to_fetch_ahead_reads_and_changes_nothing_even_far_outside(dtype: type) -> None:
    @nb.njit
    def run(plane, y, x):  # type: ignore[no-untyped-def]
        lanes.fetch_ahead(plane, y, x)
        return lanes.total(load(plane, 1, 1, N), 1)

    plane = np.ones((3, 40), dtype)[:, :30]
    for y, x in ((0, 0), (2, 29), (3, 0), (-1, -1), (10**6, 0), (-(10**6), 0), (10**12, 10**12)):
        assert run(plane, y, x) == N
    assert (plane == 1).all()


PROBE = """
    import numba as nb
    import numpy as np
    from monitor.kernels import lanes

    @nb.njit
    def probe(plane, y, x):
        return lanes.total(lanes.load(plane, y, x, 16), 1)

    for dtype in (np.uint8, np.uint16):
        plane = np.ones((4, 40), dtype)[:, :30]
        assert probe(plane, 0, 0) == probe(plane, 3, 14) == 16
        for y, x in ((4, 0), (-1, 0), (0, 15), (3, 29), (0, 30), (0, -1), (0, -16), (10**9, 0), (0, 2**62)):
            try:
                probe(plane, y, x)
            except IndexError:
                continue
            raise SystemExit(f"{dtype.__name__}: a load at {y}, {x} went through")
    print("every load outside was refused")
"""


def test_with_bounds_checking_a_load_outside_the_plane_is_an_index_error(tmp_path: Path) -> None:
    """Also where only some lanes lie outside, and where a row is longer in memory than the plane is wide."""
    env = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", textwrap.dedent(PROBE)]
    done = subprocess.run(command, env=env, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "every load outside was refused", done.stdout + done.stderr
