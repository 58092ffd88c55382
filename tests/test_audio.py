"""Sound by hand, and what is measured of it: beside the numbers of the EBU and the ITU, and beside FFmpeg's meter."""

from __future__ import annotations

import contextlib
import csv
import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import av.filter
import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.audio import BANDS_HZ, FLOOR_HZ, LINES_HZ, SoundMeter, correlation_of, partners, peak_code
from monitor.loudness import integrated, momentary, power
from monitor.media.sound import channel_names, samples_of
from monitor.media.timeline import Timeline
from monitor.records import Readings, Reason, SoundBlock
from monitor.store.tables import columns_of

Sound = NDArray[np.float32]
ORIGIN = Timeline().begin(0, 0.0)
NAMES = ("FL", "FR")
SURROUND = ("FL", "FR", "FC", "LFE", "BL", "BR")


def block(
    samples: Sound, pts: int = 0, rate: int = 48000, names: Sequence[str] = NAMES, arrived_at: float = math.nan
) -> SoundBlock:
    names = tuple(names[: len(samples)])
    return SoundBlock("s", "audio:0", 0, pts, Fraction(1, rate), arrived_at, rate, "stereo", names, samples)


def join(parts: list[Readings]) -> Readings:
    """The same rows as one."""

    def stacked(name: str) -> dict[str, NDArray[np.generic]]:
        return {key: np.concatenate([getattr(part, name)[key] for part in parts]) for key in getattr(parts[0], name)}

    rows = ("pts", "t_s", "duration_s", "since_previous_s", "arrived_at", "at", "reason")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in rows}
    return replace(parts[0], **columns, values=stacked("values"), prints=stacked("prints"))


def measured(*blocks: SoundBlock) -> list[Readings]:
    meter = SoundMeter()
    parts = []
    for b in blocks:
        meter.add(b, ORIGIN)
        parts += meter.take()
    return [*parts, *meter.take(ended=True)]


def sine(n: int, level: float = 1.0, rate: int = 48000, hz: float = 1000, degrees: float = 0) -> Sound:
    return (level * np.sin(2 * np.pi * hz * np.arange(n) / rate + math.radians(degrees))).astype(np.float32)


def test_levels_of_a_sine_per_channel() -> None:
    rows = join(measured(block(np.stack([sine(9600), sine(9600, 0.1)]))))
    assert len(rows) == 2
    assert rows.values["peak_dbfs"][0].tolist() == pytest.approx([0, -20], abs=0.01)
    assert rows.values["rms_dbfs"][0].tolist() == pytest.approx([-3.01, -23.01], abs=0.01)
    assert rows.t_s.tolist() == pytest.approx([0, 0.1])
    assert rows.channels == NAMES


def test_out_of_phase_channels_are_not_mixed_down() -> None:
    rows = measured(block(np.stack([sine(4800), -sine(4800)])))[0]
    assert rows.values["rms_dbfs"][0].tolist() == pytest.approx([-3.01, -3.01], abs=0.01)


def test_digital_silence() -> None:
    rows = measured(block(np.zeros((1, 4800), np.float32)))[0]
    assert rows.values["peak_dbfs"][0, 0] == -np.inf
    assert (rows.prints["peak"] == 0).all()
    assert rows.reason[0] == Reason.MEASURED


@pytest.mark.parametrize("threshold", [-60.0, -60.5, -30.0, -0.5])
def test_a_hop_is_below_a_threshold_exactly_when_its_code_is(threshold: float) -> None:
    exact = 10 ** (threshold / 20)
    for level, below in ((exact * 0.999, True), (exact * 1.001, False)):
        rows = measured(block(np.full((1, 4800), level, np.float32)))[0]
        assert (rows.prints["peak"][0, 0, 0] < peak_code(threshold)) is np.bool_(below)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 192000])
@pytest.mark.parametrize("size", [64, 1024, 5000])
def test_any_cut_into_blocks_gives_the_same_rows(rate: int, size: int) -> None:
    sound = np.random.default_rng(rate).standard_normal((2, rate)).astype(np.float32) * 0.1
    whole = join(measured(block(sound, rate=rate)))
    cut = [block(sound[:, i : i + size], i, rate) for i in range(0, rate, size)]
    parts = join(measured(*cut))
    assert len(whole) == 10
    for name in ("pts", "t_s", "duration_s"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))
    for kept in ("values", "prints"):
        for name, column in getattr(whole, kept).items():
            assert np.array_equal(column, getattr(parts, kept)[name], equal_nan=True), name


def test_a_gap_starts_a_new_grid_and_jitter_does_not() -> None:
    first, second = sine(4800)[None], sine(4800)[None]
    jitter = join(measured(block(first), block(second, 4810)))
    assert jitter.t_s.tolist() == pytest.approx([0, 0.1])
    gap = join(measured(block(first[:, :3000]), block(second, 48000)))
    assert gap.t_s.tolist() == pytest.approx([0, 1.0])
    assert gap.duration_s.tolist() == pytest.approx([3000 / 48000, 0.1])
    assert gap.reason.tolist() == [Reason.TOO_SMALL, Reason.MEASURED]


def test_epochs_that_the_timeline_forgets_before_they_are_taken_keep_their_time() -> None:
    """A file whose timestamps jump all the time brings many epochs at once; a timeline keeps the last few."""
    timeline, meter = Timeline().begin(0, 0.0), SoundMeter()
    for epoch in range(20):
        timeline = timeline if not epoch else timeline.begin(0, float(epoch))
        meter.add(replace(block(np.stack([sine(4800), sine(4800)])), epoch=epoch), timeline)
    with pytest.raises(ValueError, match="epoch 1 is not on this timeline"):
        timeline.seconds(1, 0, Fraction(1, 48000))
    found = meter.take(ended=True)
    assert [rows.epoch for rows in found] == list(range(20))
    assert [rows.t_s.tolist() for rows in found] == [[float(epoch)] for epoch in range(20)]


def test_samples_that_are_no_numbers_are_not_measured() -> None:
    sound = sine(9600)[None].copy()
    sound[0, 5000] = np.nan
    rows = measured(block(sound))[0]
    assert rows.reason.tolist() == [Reason.MEASURED, Reason.CORRUPT]
    assert np.isnan(rows.values["rms_dbfs"][1, 0])


def test_rows_have_timestamps_in_the_time_base_of_their_blocks() -> None:
    first = replace(block(np.zeros((1, 8820), np.float32), 900_000, 44100), time_base=Fraction(1, 90_000))
    rows = join(measured(first, replace(first, pts=918_003)))
    assert rows.pts.tolist() == [900_000, 909_000, 918_000, 927_000]
    assert rows.t_s.tolist() == pytest.approx([10, 10.1, 10.2, 10.3])


@pytest.mark.parametrize("rate", [11025, 48000])
@pytest.mark.parametrize("seed", range(3))
def test_a_row_arrived_when_the_block_came_that_completes_it(seed: int, rate: int) -> None:
    """... whatever the cut into takes; what is left at the end arrived with the last block."""
    rng, meter, parts = np.random.default_rng(seed), SoundMeter(), []
    ends = np.unique(np.append(rng.integers(1, rate, 30), [rate // 5, rate // 2, rate]))[:-1]
    for i, (first, end) in enumerate(pairwise([0, *ends.tolist()])):
        meter.add(block(np.zeros((1, end - first), np.float32), first, rate, arrived_at=1000.0 + i), ORIGIN)
        parts += meter.take() if rng.random() < seed / 2 else []
    rows = join([*parts, *meter.take(ended=True)])
    completed = [1000.0 + int(np.argmax(ends >= min(row * rate // 10, ends[-1]))) for row in range(1, 11)]
    assert rows.arrived_at.tolist() == completed


def test_a_run_of_zeros_goes_on_across_rows_and_takes_but_not_across_a_gap() -> None:
    sound = sine(48000, degrees=1)[None].copy()
    sound[0, 2400:14400] = sound[0, -2400:] = 0
    cut = [block(sound[:, i : i + 1000], i) for i in range(0, 48000, 1000)]
    rows = join(measured(*cut, block(np.zeros((1, 4800), np.float32), 96000)))
    assert rows.values["zero_run_s"][:, 0].tolist() == pytest.approx([0.05, 0.15, 0.25, 0, 0, 0, 0, 0, 0, 0.05, 0.1])


def test_the_flat_tops_of_a_clipped_sine_are_a_clip_run() -> None:
    """Each half period of 240 samples is at full scale wherever the sine would be beyond -0.1 dBFS."""
    flat = int(np.count_nonzero(np.abs(sine(240, 2.0, hz=100)) >= 10 ** (-0.1 / 20)))
    clipped, clean = np.clip(sine(4800, 2.0, hz=100), -1, 1), sine(4800, 0.98, hz=100)
    assert flat > 150
    assert measured(block(np.stack([clipped, clean])))[0].values["clip_run"].tolist() == [[flat, 0]]
    assert measured(block(np.stack([clipped, clean]) * 0.98))[0].values["clip_run"].tolist() == [[0, 0]]


def test_partners_are_left_and_right_of_one_place() -> None:
    assert partners(SURROUND).tolist() == [1, 0, -1, -1, 5, 4]
    assert partners(("FL", "LFE", "SR", "FR", "SL", "TFL")).tolist() == [3, -1, 4, 0, 2, -1]
    assert partners(("FLC", "FC", "FRC")).tolist() == [2, -1, 0]
    assert partners(("ch0", "ch1", "ch2")).tolist() == [1, 0, -1]


def test_the_columns_can_be_stored() -> None:
    """Files have names of their own, which no measurement may take."""
    columns_of(measured(block(np.stack([sine(4800), sine(4800)])))[0])


def test_correlation_of_the_channels_of_a_pair() -> None:
    a, b = sine(4800, 0.5), sine(4800, 0.2, degrees=90)
    found = measured(block(np.stack([a, 0.3 * a, a, a, b, -b]), names=SURROUND))[0].values["correlation"][0]
    np.testing.assert_allclose(found, [1, 1, np.nan, np.nan, -1, -1], atol=1e-6)
    sound = np.stack([a, b, a, 0 * a, a, a + b * 2.5, a])
    found = measured(block(sound, names=[f"ch{i}" for i in range(7)]))[0].values["correlation"][0]
    np.testing.assert_allclose(found, [0, 0, 0, 0, math.sqrt(0.5), math.sqrt(0.5), np.nan], atol=1e-6)


@pytest.mark.parametrize("rate", [11025, 48000])
def test_correlation_by_octave_tells_what_is_turned_from_what_is_not(rate: int) -> None:
    """Of a left channel with lows the right way up and highs upside down; what is in one channel alone, or in none of a
    pair, is not measured."""
    n = rate // 10
    low, high, noise = sine(n, 0.2, rate, 100), sine(n, 0.05, rate, 1000), 0.1 * sine(n, 0.05, rate, 3000)
    sound = np.stack([low + high + noise, low - high, low, low, sine(n, 0.2, rate, 100, 60), low])
    found = correlation_of(measured(block(sound, rate=rate, names=SURROUND))[0].prints["together"][0])
    octaves = [BANDS_HZ.index(80), BANDS_HZ.index(640)]
    np.testing.assert_allclose(found[0, octaves], [1, -1], atol=0.01)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_allclose(found[4, octaves[0]], math.cos(math.radians(60)), atol=0.01)
    assert np.isnan(found[2:4]).all(), "no pair"
    if rate == 11025:
        assert np.isnan(found[0, BANDS_HZ.index(10_000) :]).all(), "above half the rate"


def test_two_noises_are_like_each_other_by_what_they_share() -> None:
    a, b = 0.1 * np.random.default_rng(5).standard_normal((2, 48000 * 10)).astype(np.float32)
    found = correlation_of(join(measured(block(np.stack([a, 0.6 * a + 0.8 * b])))).prints["together"][:, 0])
    np.testing.assert_allclose(found[:, 3:].mean(axis=0), 0.6, atol=0.05)
    silence = measured(block(np.stack([a[:4800], 0 * a[:4800]])))[0].prints["together"]
    assert not silence.any()


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 48000, 192000])
def test_a_sine_is_strongest_in_its_own_line(rate: int) -> None:
    for i, hz in enumerate(LINES_HZ):
        lines = measured(block(sine(rate // 5, 0.1, rate, hz, 20)[None], rate=rate))[0].prints["spectrum"][0, 0, :10]
        assert np.flatnonzero(lines == lines.max()).tolist() == [i], f"{hz} Hz: {lines}"
        assert peak_code(-20.5) <= lines[i] <= peak_code(-20) + 1, f"{hz} Hz: {lines}"
        assert lines[np.abs(np.subtract(LINES_HZ, hz)) > 10].max() < peak_code(-60), f"{hz} Hz: {lines}"


def test_a_sine_is_all_of_its_band() -> None:
    bands = measured(block(sine(4800)[None]))[0].prints["spectrum"][0, 0, 10:]
    assert peak_code(-0.5) <= bands[5] <= peak_code(0)
    assert np.delete(bands, 5).max() < peak_code(-60)


def test_white_noise_rises_by_3_db_with_each_octave() -> None:
    noise = 0.1 * np.random.default_rng(4).standard_normal((1, 48000 * 40)).astype(np.float32)
    codes = measured(block(noise))[0].prints["spectrum"][:, 0, 10:]
    level = 10 * np.log10((10 ** ((codes - 254.5) / 20)).mean(axis=0))
    np.testing.assert_allclose(level, 10 * np.log10(2 * 0.1**2 * np.diff(BANDS_HZ) / 24000), rtol=0, atol=0.3)
    np.testing.assert_allclose(np.diff(level), 3, rtol=0, atol=0.5)


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 48000])
def test_what_goes_on_at_a_line_stands_still(rate: int) -> None:
    """A quarter of a turn is lost, since phases are those of a cosine."""
    for i, hz in enumerate(LINES_HZ):
        rows = join(measured(block(sine(rate, 0.1, rate, hz, 120)[None], rate=rate)))
        turn = rows.prints["turn"][:10, 0, i].astype(np.int64)
        assert np.abs(turn - 256 * (120 - 90) / 360).max() <= 6, f"{hz} Hz: {turn}"


def test_what_is_beside_a_line_turns() -> None:
    turn = join(measured(block(sine(48000, 0.1, hz=52)[None]))).prints["turn"][:, 0, 0].astype(np.int64)
    assert (np.diff(turn) % 256).tolist() == pytest.approx([256 * 0.2] * 9, abs=2)


def noisy(seconds: int, rate: int = 48000) -> Sound:
    return 0.01 * np.random.default_rng(4).standard_normal(seconds * rate).astype(np.float32)


@pytest.mark.parametrize("rate", [32000, 48000])
def test_the_floor_is_the_noise_and_not_the_partials(rate: int) -> None:
    partials = np.sum([sine(20 * rate, 0.02, rate, hz) for hz in range(300, 15000, 300)], axis=0, dtype=np.float32)
    for sound in (noisy(20, rate), noisy(20, rate) + partials):
        codes = join(measured(block(sound[None], rate=rate))).prints["floor"][:, 0]
        level = ((codes - 254.5) / 2).mean(axis=0)
        expected = 10 * np.log10(2 * 0.01**2 * np.diff(FLOOR_HZ) / (rate / 2))
        np.testing.assert_allclose(level, expected, rtol=0, atol=1.2)


def test_the_floor_of_a_tone_is_far_below_it() -> None:
    codes = join(measured(block(sine(48000, 1.0, hz=7000)[None]))).prints["floor"][:, 0]
    assert codes.max() < peak_code(-90)


@pytest.mark.parametrize(("rate", "bands"), [(8000, 0), (16000, 1), (22050, 2), (32000, 3)])
def test_above_half_the_rate_and_in_short_rows_there_is_no_floor(rate: int, bands: int) -> None:
    rows = join(measured(block(noisy(1, rate)[None, : rate // 10 * 2 - 1], rate=rate)))
    assert (rows.prints["floor"][0, 0] > 0).tolist() == [True] * bands + [False] * (3 - bands)
    assert (rows.prints["floor"][1] == 0).all()
    assert (rows.prints["turn"][1] == 0).all()


@pytest.mark.parametrize(("rate", "bands"), [(8000, 8), (16000, 9), (22050, 10), (192000, 10)])
def test_above_half_the_rate_and_in_short_rows_there_is_no_spectrum(rate: int, bands: int) -> None:
    noise = np.random.default_rng(5).standard_normal((1, rate // 10 * 2 - 1)).astype(np.float32)
    rows = join(measured(block(noise, rate=rate)))
    assert (rows.prints["spectrum"][0, 0] > 0).tolist() == [True] * (10 + bands) + [False] * (10 - bands)
    assert (rows.prints["spectrum"][1] == 0).all()
    assert all(np.isfinite(rows.values[name][0, 0]) for name in rows.values if name != "correlation")


def allowed(found: float, references: Path, case: str, metric: str) -> bool:
    """Whether EBU Tech 3341 allows what was found for a case."""
    with (references / "loudness" / "ebu_tech3341_3342_expected.csv").open(newline="") as file:
        row = next(r for r in csv.DictReader(file) if (r["ebu_file"].split("-")[2], r["metric"]) == (case, metric))
    return float(row["tol_low"]) <= found - float(row["expected"]) <= float(row["tol_high"])


@pytest.mark.parametrize(
    ("case", "divisor", "degrees", "level"),
    [("15", 4, 0, 0.5), ("16", 4, 45, 0.5), ("17", 6, 60, 0.5), ("18", 8, 67.5, 0.5), ("19", 4, 45, 1.41)],
)
def test_true_peak_of_sines(references: Path, case: str, divisor: int, degrees: float, level: float) -> None:
    """EBU Tech 3341: sines of a fourth, a sixth and an eighth of the rate whose peaks lie between the samples."""
    fade = np.clip(np.minimum(np.arange(48000), np.arange(48000)[::-1]) / 480, 0, 1).astype(np.float32)
    sound = sine(48000, level, hz=48000 / divisor, degrees=degrees) * fade
    found = join(measured(block(sound[None]))).values["true_peak_dbtp"].max()
    assert allowed(found, references, case, "max_true_peak_dBTP")


def loudness(rows: Readings) -> tuple[NDArray[np.float64], float]:
    """Momentary loudness at each step of 100 ms, and integrated loudness, by `monitor.loudness`."""
    whole = power(rows.values["k_dbfs"][rows.duration_s > 0.0999], rows.channels)
    return momentary(whole), integrated(whole)


def loudness_by_ffmpeg(samples: Sound, rate: int, layout: str) -> tuple[NDArray[np.float64], float]:
    """The same two from FFmpeg's filter `ebur128`."""
    graph = av.filter.Graph()
    feed = graph.add_abuffer(format="fltp", sample_rate=rate, layout=layout, time_base=Fraction(1, rate))
    graph.link_nodes(feed, graph.add("ebur128", "metadata=1:framelog=quiet"), graph.add("abuffersink")).configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
    frame.rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    graph.push(frame)
    graph.push(None)
    found = []
    with contextlib.suppress(av.error.EOFError):
        while True:
            found.append(graph.pull().metadata)
    whole = [row for row in found if row]
    return np.array([float(row["lavfi.r128.M"]) for row in whole[3:]]), float(whole[-1]["lavfi.r128.I"])


def agree_with_ffmpeg(samples: Sound, rate: int, layout: str) -> tuple[NDArray[np.float64], float]:
    """Our momentary and integrated loudness, once FFmpeg's are the same (its histogram has steps of 0.01 LU)."""
    whole = block(samples, rate=rate, names=channel_names(av.AudioLayout(layout)))
    momentary, integrated = loudness(join(measured(whole)))
    theirs, their_integrated = loudness_by_ffmpeg(samples, rate, layout)
    assert integrated == pytest.approx(their_integrated, abs=0.05)
    np.testing.assert_allclose(np.maximum(momentary, -90), np.maximum(theirs, -90), rtol=0, atol=0.01)
    return momentary, integrated


@pytest.mark.parametrize("clip", ["cast_talk_720p.ts", "sintel_trailer_480p.mp4", "bbb_open_30s_720p.webm"])
def test_loudness_of_real_clips_is_what_ffmpeg_says(media: Path, clip: str) -> None:
    with av.open(str(media / clip)) as source:
        stream = source.streams.audio[0]
        samples = np.concatenate([samples_of(frame) for frame in source.decode(stream)], axis=1)
        agree_with_ffmpeg(samples, stream.rate, stream.layout.name)


Steps = list[tuple[float, float]]
TECH_3341: dict[str, Steps] = {
    "1": [(-23, 20)],
    "2": [(-33, 20)],
    "3": [(-36, 10), (-23, 60), (-36, 10)],
    "4": [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
    "5": [(-26, 20), (-20, 20.1), (-26, 20)],
}


@pytest.mark.parametrize(("case", "steps"), TECH_3341.items())
def test_loudness_of_tones_is_what_the_ebu_and_ffmpeg_say(references: Path, case: str, steps: Steps) -> None:
    """A stereo sine of 1 kHz, so many dBFS for so many seconds each."""
    levels = np.concatenate([np.full(round(seconds * 48000), 10 ** (db / 20), np.float32) for db, seconds in steps])
    momentary, integrated = agree_with_ffmpeg(np.tile(levels * sine(len(levels)), (2, 1)), 48000, "stereo")
    assert allowed(integrated, references, case, "integrated_LUFS")
    if len(steps) == 1:
        np.testing.assert_allclose(momentary[6:], steps[0][0], rtol=0, atol=0.1)


@pytest.mark.parametrize("layout", ["5.1", "5.1(side)"])
def test_loudness_of_surround_weighs_the_rear_and_leaves_the_bass_out(references: Path, layout: str) -> None:
    """EBU Tech 3341, case 6; with a bass channel that is louder than all."""
    levels = [10 ** (db / 20) for db in (-28, -28, -24, -6, -30, -30)]
    _, integrated = agree_with_ffmpeg(np.stack([sine(48000 * 20, level) for level in levels]), 48000, layout)
    assert allowed(integrated, references, "6", "integrated_LUFS")
