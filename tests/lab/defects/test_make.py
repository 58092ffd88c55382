from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from monitor.errors import SettingsError
from monitor.lab.defects import AMOUNTS, KINDS, make
from monitor.lab.defects.footage import Footage, Samples, Size, decoded, heard, read, write, write_sounding
from monitor.lab.scenes import RATE
from monitor.lab.truth import read_case

SMALL = Size(128, 96, 10, 20)


@pytest.mark.parametrize(("kind", "name"), [("black", "a.mp4"), ("letterbox", "a.ts"), ("block_corruption", "a.ts")])
def test_a_case_is_wrong_where_it_says_so(kind: str, name: str, tmp_path: Path) -> None:
    case = make(kind, "strong", None, tmp_path / name, 3, SMALL)
    assert read_case(tmp_path / name) == case
    shown = decoded(tmp_path / name)
    pictures = np.stack([shown[pts] for pts in sorted(shown)])[:, :96].astype(int)
    apart = np.abs(pictures - read(None, SMALL).luma[: len(pictures)]).mean(axis=(1, 2))
    wrong = np.zeros(len(pictures), np.bool_)
    for truth in case.truths:
        wrong[round(truth.start_s * 10) : round(truth.end_s * 10)] = True
    assert 10 < wrong.sum() < 120
    assert np.median(apart[wrong]) > 2 * np.median(apart[~wrong])
    assert not wrong[:40].any()


def test_the_same_seed_makes_the_same_clip(tmp_path: Path) -> None:
    for name in ("a.ts", "b.ts", "c.ts"):
        make("noise", "weak", None, tmp_path / name, 2 if name == "c.ts" else 1, SMALL)
    first, second, other = ((tmp_path / name).read_bytes() for name in ("a.ts", "b.ts", "c.ts"))
    assert first == second
    assert first != other


def test_every_kind_has_three_strengths_that_rise_or_fall() -> None:
    for unit, amounts in AMOUNTS.values():
        assert unit
        assert len(amounts) == 3
        assert sorted(amounts) in (list(amounts), list(amounts)[::-1])
    assert len(KINDS) == 30


def test_what_cannot_be_made(tmp_path: Path) -> None:
    still = Size(128, 96, 10, 8)
    with pytest.raises(SettingsError, match="choose from"):
        make("sepia", "weak", None, tmp_path / "a.ts", 1, SMALL)
    with pytest.raises(SettingsError, match="weak, middle, strong"):
        make("black", "huge", None, tmp_path / "a.ts", 1, SMALL)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"\.ts or \.mp4"):
        make("black", "weak", None, tmp_path / "a.avi", 1, SMALL)
    with pytest.raises(SettingsError, match="too short"):
        make("black", "weak", None, tmp_path / "a.ts", 1, still)


def test_a_ticker_is_no_motion_of_the_window_above_it(tmp_path: Path) -> None:
    stands = Footage(np.full((SMALL.frames, SMALL.height * 3 // 2, SMALL.width), 90, np.uint8), SMALL.fps)
    still = write(stands, tmp_path / "still.mp4", "h264", 200_000, None)
    with pytest.raises(SettingsError, match="enough motion"):
        make("freeze", "weak", still, tmp_path / "a.ts", 1, SMALL)


@pytest.mark.parametrize(
    "kind", ["silence", "click", "dropout", "clipping", "phase", "tone", "hum", "channel_loss", "true_peak"]
)
def test_sound_is_wrong_where_it_says_so_and_nowhere_else(kind: str, tmp_path: Path) -> None:
    case = make(kind, "strong", None, tmp_path / "a.ts", 1, SMALL)
    assert read_case(tmp_path / "a.ts") == case
    made, clean = heard(tmp_path / "a.ts", 19), heard(None, 19)
    lag = _lag(made, clean)
    apart = np.square(made[:, lag : lag + 18 * RATE] - clean[:, : 18 * RATE]).sum(axis=0)
    # By the millisecond: what coding leaves is everywhere, a click or a gap is not.
    ticks = apart.reshape(-1, RATE // 1000).mean(axis=1)
    wrong = np.zeros(18_000, np.bool_)
    for truth in case.truths:
        wrong[round(truth.start_s * 1000) : round(truth.end_s * 1000)] = True
    assert np.sort(ticks[wrong])[-8:].min() > 3 * np.quantile(ticks[~wrong], 0.999)


def test_hiss_is_where_it_says_at_high_frequencies(tmp_path: Path) -> None:
    """Where the music has pauses; below them, coding leaves as much of its own."""
    case = make("hiss", "strong", None, tmp_path / "a.ts", 1, SMALL)
    rows = heard(tmp_path / "a.ts", 19)[0].reshape(190, -1)
    high = np.square(np.abs(np.fft.rfft(rows * np.hanning(rows.shape[1]))[:, 1000:1500])).sum(axis=1)
    wrong = np.zeros(190, np.bool_)
    for truth in case.truths:
        wrong[round(truth.start_s * 10) + 1 : round(truth.end_s * 10) - 1] = True
        assert truth.unit == "dBFS"
    assert np.quantile(high[wrong], 0.1) > 100 * np.quantile(high[~wrong], 0.1)


def test_sound_begins_and_ends_with_sound(tmp_path: Path) -> None:
    """Of a sound that comes and goes; and where there is none, nothing is made of it."""
    n = np.arange(19 * RATE)
    tone = (0.2 * np.sin(2 * np.pi * 440 * n / RATE)).astype(np.float32)
    footage = read(None, SMALL)
    for name, there in (("some", (n // RATE) % 6 < 5), ("none", n < RATE)):
        write_sounding(footage, tmp_path / f"{name}.mp4", "h264", 200_000, np.stack([tone * there] * 2), "aac")
    for seed in range(3):
        case = make("phase", "weak", tmp_path / "some.mp4", tmp_path / "a.ts", seed, SMALL)
        for edge_s in (edge for truth in case.truths for edge in (truth.start_s, truth.end_s)):
            assert 0.1 < edge_s % 6 < 4.9
    with pytest.raises(SettingsError, match="no two stretches with sound at both ends"):
        make("dropout", "weak", tmp_path / "none.mp4", tmp_path / "a.ts", 1, SMALL)
    make("tone", "weak", tmp_path / "none.mp4", tmp_path / "a.ts", 1, SMALL)


def test_a_kind_that_shows_over_seconds_has_a_clip_as_long(tmp_path: Path) -> None:
    case = make("loudness", "strong", None, tmp_path / "a.ts", 1, SMALL)
    assert all(6 <= truth.end_s - truth.start_s <= 10 for truth in case.truths)
    assert len(decoded(tmp_path / "a.ts")) == 45 * SMALL.fps


def _lag(made: Samples, clean: Samples) -> int:
    """By how many samples a coder is late."""
    alike = np.fft.irfft(np.fft.rfft(made[0], 1 << 21) * np.fft.rfft(clean[0], 1 << 21).conj())
    return int(alike[:4000].argmax())


@pytest.mark.parametrize("kind", ["blur", "blockiness"])
def test_what_nobody_would_see_is_refused(kind: str, tmp_path: Path) -> None:
    grey = Footage(np.full((SMALL.frames, SMALL.height * 3 // 2, SMALL.width), 90, np.uint8), SMALL.fps)
    plain = write(grey, tmp_path / "plain.mp4", "h264", 200_000, None)
    with pytest.raises(SettingsError, match="nobody would see it"):
        make(kind, "weak", plain, tmp_path / "a.ts", 1, SMALL)
