"""Every column is what its line in `monitor.columns` says: beside NumPy and FFmpeg, and where the answer is known."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.columns import COLUMNS, GRIDS, SEAM_COLUMNS, Form, levels_of
from monitor.kernels import seams
from monitor.measure import PictureMeter
from monitor.media.timeline import Timeline
from monitor.records import Frame, FrameBatch, Readings, Reason
from monitor.store.tables import columns_of

Levels = NDArray[np.float64]
DEPTHS = {"yuv420p": (8, 0), "yuv420p10le": (10, 0), "p010le": (10, 6), "yuv420p16le": (16, 0)}
"""Pixel format: its bits, and by how many these lie higher than in the low bits."""
SIZES = [(144, 256), (180, 320), (35, 53), (17, 16), (9, 9), (8, 8), (3, 200), (200, 3), (2, 2), (1, 1)]
GREY = (np.full((1, 1), 128.0), np.full((1, 1), 128.0))


def frame(planes: tuple[Any, ...], name: str = "yuv420p", pts: int = 0, **more: Any) -> Frame:
    """A frame of planes in 8-bit levels."""
    bits, up = DEPTHS[name]
    pixels = tuple(
        np.asarray(np.asarray(plane, float) * 2 ** (bits - 8 + up)).astype(np.uint8 if bits == 8 else np.uint16)
        for plane in planes
    )
    more = {"full_range": False, **more}
    return Frame(pts, 1, float("nan"), pixels, None, name, bits, msb_aligned=up > 0, **more)


def measured(now: Frame, before: Frame | None = None) -> Readings:
    meter = PictureMeter()
    meter.add(
        FrameBatch("s", "video", 0, Fraction(1), "full", before, (now,)), Timeline().begin(0, 0)
    )  # 1 s apart: the slow set is due.
    return meter.take()[0]


def columns(luma: Any, name: str = "yuv420p", **more: Any) -> dict[str, float]:
    """What is measured of one picture with grey chroma."""
    return {key: float(column[0]) for key, column in measured(frame((luma, *GREY), name, **more)).values.items()}


def mean(values: Levels) -> float:
    return float(values.mean()) if values.size else np.nan


def edge(full: list[bool]) -> float:
    """Share of a list that is true from its start on."""
    return (full.index(False) if False in full else len(full)) / len(full)


def places(values: Levels, tile: int = 16) -> list[list[Levels]]:
    """The 9 x 16 places of the map: what lies in each, in whole tiles; small pictures show a tile in many places."""
    rows, across = (-(-length // tile) for length in values.shape)
    cuts = [
        [slice(tile * (i * n // parts), tile * max((i + 1) * n // parts, i * n // parts + 1)) for i in range(parts)]
        for n, parts in ((rows, 9), (across, 16))
    ]
    return [[values[down, over] for over in cuts[1]] for down in cuts[0]]


def defined(planes: tuple[Levels, ...], before: tuple[Levels, ...], full_range: bool) -> dict[str, float]:
    """The truth: every column of a picture in 8-bit levels."""
    p = planes[0]
    low, high = (0, 255) if full_range else (16, 235)
    black = p <= low + 0.1 * (high - low)
    strips = [black[y : y + 16].all() for y in range(0, p.shape[0], 16)]
    stripes = [black[:, x : x + 16].all() for x in range(0, p.shape[1], 16)]
    changes = [np.abs(a - b) for a, b in zip(planes, before, strict=True)]
    change = mean(np.concatenate([part.ravel() for part in changes]))
    truth = {
        "luma": mean(p),
        "u": mean(planes[1]),
        "v": mean(planes[2]),
        "chroma_offset": max(abs(mean(plane) - 128) for plane in planes[1:]),
        "difference": change,
        "drift": change,
        "moving": max(mean(place) for row in places(changes[0]) for place in row),
        "dark": mean(black),
        "lit": float(np.mean([place.max() > low + 0.25 * (high - low) for row in places(p) for place in row])),
        "bar_top": edge(strips),
        "bar_bottom": edge(strips[::-1]),
        "bar_left": edge(stripes),
        "bar_right": edge(stripes[::-1]),
        "key": 0.0,
        "interlaced": 0.0,
        "coded": 0.0,
        "corrupt": 0.0,
        "tiles": float(len(strips) * len(stripes)),
        "width": float(p.shape[1]),
        "height": float(p.shape[0]),
        "contrast": float(np.std(p)),
        "luma_min": p.min(),
        "luma_max": p.max(),
        "sharpness": mean(np.abs(p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] - 4 * p[1:-1, 1:-1])),
        "noise": np.sqrt(np.pi / 2) / 6 * mean(np.abs(np.diff(np.diff(p, 2, axis=0), 2, axis=1))),
        "comb": mean(np.abs(p[1:-1] - np.clip(p[1:-1], np.minimum(p[:-2], p[2:]), np.maximum(p[:-2], p[2:])))),
        "field": mean(np.abs(p[2:] - p[:-2])),
        "combed": combed(p),
    }
    truth |= seam(p, before[0])
    nearest = np.maximum(np.abs(p[1:, 1:] - p[1:, :-1]), np.abs(p[1:, 1:] - p[:-1, 1:]))
    truth |= {"flat": mean(nearest < 1), "step": mean((nearest >= 1) & (nearest < 2))}
    for axis, turned in (("x", p), ("y", p.T)):
        steps = np.abs(np.diff(turned, axis=1))
        phase = np.arange(1, turned.shape[1]) % 8
        by_phase = np.array([mean(steps[:, phase == k]) for k in range(8)])
        strongest = np.nan if np.isnan(by_phase).any() else int(by_phase.argmax())
        truth[f"gradient_{axis}"] = mean(steps)
        truth[f"block_{axis}"] = mean(steps[:, phase == 0]) - mean(steps[:, phase != 0])
        truth[f"phase_{axis}"] = strongest
        truth[f"phase_{axis}_excess"] = by_phase.max() - (by_phase.sum() - by_phase.max()) / 7
    return truth


def combed(p: Levels) -> float:
    """Share of the tiles where lines of two moments are woven."""
    if len(p) < 3:
        return np.nan
    comb, field = np.zeros_like(p), np.zeros_like(p)
    comb[1:-1] = np.abs(p[1:-1] - np.clip(p[1:-1], np.minimum(p[:-2], p[2:]), np.maximum(p[:-2], p[2:])))
    field[2:] = np.abs(p[2:] - p[:-2])
    corners = [(y, x) for y in range(0, p.shape[0], 16) for x in range(0, p.shape[1], 16)]
    tiles = [(slice(y, y + 16), slice(x, x + 16)) for y, x in corners]
    return float(np.mean([4 * comb[tile].sum() >= 3 * field[tile].sum() + 2 * comb[tile].size for tile in tiles]))


def seam(p: Levels, q: Levels) -> dict[str, float]:
    """The truth of the seams: what the kernel gives (see tests/kernels/test_rows.py), as levels and heights."""
    height, width = p.shape
    if height < 11:
        return dict.fromkeys(SEAM_COLUMNS, np.nan)
    scaled = [np.rint(plane * 256).astype(np.uint16) for plane in (p, q)]
    truth = dict.fromkeys(SEAM_COLUMNS, 0.0)
    for n, (row, found) in enumerate(seams(*scaled, 256).tolist()):
        truth |= {SEAM_COLUMNS[2 * n]: found / 256 / (width // 32 * 32 or width), SEAM_COLUMNS[2 * n + 1]: row / height}
    return truth


def brightest(name: str) -> float:
    """The highest level of a format, in 8-bit levels."""
    return 256 - 2.0 ** (8 - DEPTHS[name][0])


def defined_shares(p: Levels, name: str, full_range: bool = False) -> dict[str, float]:
    """The truth of what is counted by level: on two lines of four, which are of both fields."""
    p = p[np.arange(len(p)) % 4 < 2]
    low, high = (0, brightest(name)) if full_range else (16, 235)
    truth = {"under": mean(p < low), "over": mean(p > high), "crushed": mean(p <= low), "blown": mean(p >= high)}
    for share in (1, 50, 99):
        truth[f"luma_p{share:02}"] = float(np.quantile(p, share / 100, method="inverted_cdf"))
    return truth


def scene(size: tuple[int, int], seed: int, fine: int = 1) -> tuple[Levels, ...]:
    """Bands on the left, noise on the right, dark above, odd levels of chroma. `fine`: steps per level."""
    draw = np.random.default_rng([seed, *size])
    y, x = np.indices(size)
    luma = np.where(x < size[1] / 2, 60 + x // 5 + y // 7, draw.normal(130, 50, size))
    luma[: size[0] // 4] = 20 + seed
    half = (-(-size[0] // 2), -(-size[1] // 2))
    planes = (luma, draw.normal(110, 20, half), draw.normal(160, 20, half))
    return tuple(np.round(np.clip(plane, 0, 255) * fine) / fine for plane in planes)


def same(found: dict[str, NDArray[np.float32]], truth: dict[str, float]) -> None:
    assert sorted(found) == sorted(COLUMNS) == sorted(truth)
    for name, value in truth.items():
        assert float(found[name][0]) == pytest.approx(value, rel=1e-5, abs=1e-5, nan_ok=True), name


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("name", DEPTHS)
@pytest.mark.parametrize("size", SIZES)
def test_every_column_at_every_depth_is_its_definition_in_8_bit_levels(
    size: tuple[int, int], name: str, full_range: bool
) -> None:
    now, before = scene(size, 1), scene(size, 2)
    found = measured(frame(now, name, pts=1, full_range=full_range), frame(before, name, full_range=full_range))
    same(dict(found.values), defined(now, before, full_range) | defined_shares(now[0], name, full_range))
    assert found.reason.tolist() == [Reason.TOO_SMALL if min(size) < 9 else Reason.MEASURED]
    assert tuple(found.grids) == GRIDS
    change = np.abs(now[0] - before[0])
    for name_, values, tile, made in (
        ("mean", now[0], 16, np.rint),
        ("difference", change, 16, lambda m: np.minimum(np.ceil(8 * m), 255)),
        ("u", now[1], 8, np.rint),
        ("v", now[2], 8, np.rint),
    ):
        truth = [[made(mean(place)) for place in row] for row in places(values, tile)]
        np.testing.assert_array_equal(found.grids[name_][0], truth, name_)


DEEP = pytest.mark.parametrize("name", ["yuv420p", "yuv420p10le", "p010le"])


@pytest.mark.parametrize("name", ["yuv420p10le", "p010le"])
def test_fractions_of_a_level_count(name: str) -> None:
    now, before = scene((100, 180), 1, fine=4), scene((100, 180), 2, fine=4)
    found = measured(frame(now, name, pts=1), frame(before, name))
    truth = defined(now, before, False) | defined_shares(now[0], name)
    same(dict(found.values), truth)
    assert truth["luma_p99"] % 1, "else no fraction was in it"


@pytest.mark.parametrize("name", ["yuv420p10le", "p010le"])
def test_the_legal_range_is_exact_at_10_bits(name: str) -> None:
    luma = np.full((16, 40), 128.0)
    luma[:, :4], luma[:, 4:16] = 235.5, 16.75
    found = columns(luma, name)
    assert (found["over"], found["crushed"]) == pytest.approx((0.1, 0))


@DEEP
def test_pixels_outside_the_legal_range_and_at_its_ends(name: str) -> None:
    luma = np.repeat([10, 16, 128, 235, 240], [10, 20, 50, 5, 15]) * np.ones((16, 1))
    ends = ("under", "crushed", "blown", "over")
    limited, full = columns(luma, name), columns(luma, name, full_range=True)
    assert [limited[end] for end in ends] == pytest.approx([0.1, 0.3, 0.2, 0.15])
    assert [full[end] for end in ends] == [0, 0, 0, 0]
    wide = columns(np.where(luma == 10, 0, np.where(luma == 240, brightest(name), luma)), name, full_range=True)
    assert [wide[end] for end in ends] == pytest.approx([0, 0.1, 0.15, 0])


@DEEP
def test_percentiles_of_a_hundred_levels(name: str) -> None:
    found = columns(np.arange(100, 200) * np.ones((20, 1)), name)
    wanted = {"luma_min": 100, "luma_p01": 100, "luma_p50": 149, "luma_p99": 198, "luma_max": 199, "luma": 149.5}
    assert {key: found[key] for key in wanted} == wanted
    assert found["contrast"] == pytest.approx(np.sqrt((100**2 - 1) / 12))


@DEEP
@pytest.mark.parametrize("sigma", [2, 5, 10])
def test_noise_is_its_standard_deviation(sigma: float, name: str) -> None:
    """... whatever straight edges and slopes are under it."""
    white = np.random.default_rng(7).normal(0, sigma, (180, 320))
    scenery = np.where(np.arange(320) < 100, 80, 150) + np.arange(180)[:, None] / 4
    for under in (128, scenery):
        assert columns(np.rint(under + white), name)["noise"] == pytest.approx(sigma, rel=0.1)
    assert columns(np.rint(scenery), name)["noise"] < 0.5


def bar(at: int) -> Levels:
    """A bar of 200 on grey, 32 of 320 pixels wide."""
    x = np.arange(320)
    return np.where((x >= at) & (x < at + 32), 200.0, 40.0) * np.ones((180, 1))


@DEEP
def test_comb_is_large_where_two_moments_are_woven_and_field_is_not(name: str) -> None:
    """8 + 8 of 320 columns alternate by 160 levels from line to line, and stand still within each field."""
    woven = bar(100)
    woven[1::2] = bar(108)[1::2]
    found, still = columns(woven, name), columns(bar(100), name)
    assert (found["comb"], still["comb"]) == (pytest.approx(8), 0)
    assert (found["combed"], still["combed"]) == (pytest.approx(24 / 240), 0), "two columns of 12 tiles of 20"
    assert (found["field"], still["field"]) == (0, 0)
    assert columns(woven, name, interlaced=True)["comb"] == found["comb"], "else fields were measured apart"
    slope = columns(bar(100) // 2 + np.arange(180)[:, None] // 2, name)
    assert (slope["comb"], slope["combed"], slope["field"]) == (0, 0, 1)


@DEEP
def test_bands_are_flat_with_a_step_between(name: str) -> None:
    bands = (40 + np.arange(256) // 8) * np.ones((64, 1))
    found = columns(bands, name)
    assert (found["flat"], found["step"]) == pytest.approx((224 / 255, 31 / 255))
    assert (found["gradient_x"], found["gradient_y"]) == pytest.approx((31 / 255, 0))
    wide = columns(40 + 2 * (bands - 40), name)
    assert (wide["flat"], wide["step"]) == pytest.approx((224 / 255, 0))
    dithered = columns(bands + np.random.default_rng(2).integers(0, 2, bands.shape), name)
    assert dithered["flat"] < 0.3


@DEEP
def test_blocks_stand_out_on_their_grid_wherever_it_lies(name: str) -> None:
    blocks = np.random.default_rng(5).integers(40, 220, (20, 34)).repeat(8, axis=0).repeat(8, axis=1)
    found = columns(blocks, name)
    assert min(found["block_x"], found["block_y"]) > 40
    assert (found["phase_x"], found["phase_y"]) == (0, 0)
    shifted = columns(blocks[6:, 5:], name)
    assert max(shifted["block_x"], shifted["block_y"]) < 0
    assert (shifted["phase_x"], shifted["phase_y"]) == (3, 2)
    assert min(shifted["phase_x_excess"], shifted["phase_y_excess"]) > 40
    y, x = np.indices((160, 272))
    smooth = columns(np.rint(128 + 60 * np.sin(x / 23) * np.cos(y / 17)), name)
    for column in ("block_x", "block_y", "phase_x_excess", "phase_y_excess"):
        assert abs(smooth[column]) < 0.1


@DEEP
def test_sharpness_is_the_laplacian_of_a_dot_and_falls_with_blur(name: str) -> None:
    dot = np.full((18, 34), 60.0)
    dot[9, 9] += 80
    assert columns(dot, name)["sharpness"] == pytest.approx(8 * 80 / (16 * 32))
    texture = np.random.default_rng(3).integers(40, 220, (96, 160))
    blurred = (texture[:, :-2] + 2 * texture[:, 1:-1] + texture[:, 2:]) // 4
    assert columns(blurred, name)["sharpness"] < 0.7 * columns(texture, name)["sharpness"]


def test_luma_is_what_ffmpegs_signalstats_says(media: Path) -> None:
    with av.open(str(media / "cast_talk_720p.ts")) as container:
        stream = container.streams.video[0]
        graph = av.filter.Graph()
        graph.link_nodes(graph.add_buffer(stream), graph.add("signalstats"), graph.add("buffersink")).configure()
        for _, decoded in zip(range(3), container.decode(stream), strict=False):
            graph.push(decoded)
            stats = graph.pull().metadata
            luma = np.frombuffer(decoded.planes[0], np.uint8).reshape(decoded.height, -1)[:, : decoded.width]
            found = columns(luma)
            ours = {"YMIN": found["luma_min"], "YMAX": found["luma_max"], "YAVG": found["luma"]}
            assert ours == pytest.approx({key: float(stats[f"lavfi.signalstats.{key}"]) for key in ours}, abs=1e-3)


def test_the_columns_can_be_stored() -> None:
    """Files have names of their own, which no measurement may take."""
    columns_of(measured(frame((np.full((16, 16), 90), *GREY))))


def test_a_key_frame_says_so() -> None:
    planes = (np.full((16, 16), 90), *GREY)
    assert [float(measured(frame(planes, key=key)).values["key"][0]) for key in (True, False)] == [1, 0]


def test_how_a_picture_is_coded_and_whether_it_is_damaged() -> None:
    planes = (np.full((40, 50), 90), *GREY)
    found = measured(frame(planes, coded=3, corrupt=True)).values
    assert [float(found[name][0]) for name in ("coded", "corrupt", "tiles")] == [3, 1, 12]


@pytest.mark.parametrize("name", DEPTHS)
def test_sides_stand_out_in_their_place_by_8_bit_levels(name: str) -> None:
    luma = np.full((144, 256), 90.0)
    luma[48:64, 80:96] = 96
    luma[52:68, 164:180] = 110
    found = measured(frame((luma, *GREY), name)).grids
    on, off = (np.argwhere(found[key][0]).tolist() for key in ("sides", "off_sides"))
    assert on == [[3, 5], [3, 6], [4, 5]]
    assert off == [[3, 10], [4, 10]]
    assert int(found["sides"].sum()) == 4


@pytest.mark.parametrize(("transfer", "dark", "lit"), [(1, 37.9, 70.75), (16, 39.652, 65.275), (18, 30.454, 52.354)])
def test_dark_and_lit_are_levels_of_one_luminance(transfer: int, dark: float, lit: float) -> None:
    """Of 10 bits: PQ and HLG put the same luminance at other levels than SDR."""
    levels = levels_of(Form("yuv420p10le", 10, False, False, transfer, ((90, 160),)))
    assert levels.dark / 4 == pytest.approx(dark, abs=0.3)
    assert levels.lit / 4 == pytest.approx(lit, abs=0.3)
