"""Pairs of clips, and markers: what is made is there, and is what the truth says."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from monitor.errors import SettingsError
from monitor.lab.defects import apart, make
from monitor.lab.defects.apart import ERRORS_MS, INNOCENT_MS, _heard_later
from monitor.lab.defects.footage import Size, read, write
from monitor.lab.scenes import RATE
from monitor.lab.truth import REFERENCE, STRENGTHS, read_case
from monitor.recorded import prints_of
from monitor.records import Stream
from monitor.settings import FAST
from monitor.sync import Pair

SIZE = Size(128, 72, 25, 10)


def errors_of(clip: Path) -> list[tuple[float, float | None, bool | None]]:
    """Of each comparison with the reference: when, sound later than picture in ms, whether alike."""
    reference, watched = (
        prints_of(Stream("s", str(path)), FAST) for path in (clip.with_name(clip.name + REFERENCE), clip)
    )
    return [(each.until_s, each.sync_s("audio:0") * 1000, each.alike) for each in Pair(reference, watched).compare()]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other sizes and rates would only take longer for."""
    monkeypatch.setattr(apart, "SIZES", ((192, 108),))
    monkeypatch.setattr(apart, "RATES", (30,))


@pytest.fixture(scope="module")
def talk(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute of a talk, small: it is read again and again."""
    out = tmp_path_factory.mktemp("talk") / "talk.ts"
    size = Size(320, 180, 25, 28)
    return write(read(media / "cast_talk_720p.ts", size), out, "h264", 900_000, media / "cast_talk_720p.ts")


def test_a_pair_is_out_of_step_by_what_the_truth_says(talk: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.ts"
    case = make("av_sync", "middle", talk, out, 1, SIZE)
    (truth,) = case.truths
    assert read_case(out) == case
    assert ERRORS_MS[1][0] <= abs(truth.amount) <= ERRORS_MS[1][1]
    errors = errors_of(out)
    before = [error for until_s, error, _ in errors if until_s < truth.start_s]
    after = [error for until_s, error, _ in errors if until_s - 20 > truth.start_s]
    assert before
    assert max(abs(error) for error in before) <= INNOCENT_MS + 15
    assert after == pytest.approx([truth.amount] * len(after), abs=15)


def test_the_same_seed_makes_the_same(talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "SECONDS", 10.0)
    for name in ("a.ts", "b.ts"):
        make("av_sync", "strong", talk, tmp_path / name, 3, SIZE)
    assert (tmp_path / "a.ts").read_bytes() == (tmp_path / "b.ts").read_bytes()


def test_flashes_and_beeps_need_no_reference(talk: Path, tmp_path: Path) -> None:
    seed = next(n for n in range(30) if np.random.default_rng([n, 1000, 2]).uniform(size=3) is not None and _marks(n))
    case = make("av_sync", "strong", talk, tmp_path / "a.ts", seed, SIZE)
    assert not (tmp_path / f"a.ts{REFERENCE}").exists()
    assert case.truths[0].unit == "ms"
    with av.open(str(tmp_path / "a.ts")) as container:
        assert {stream.type for stream in container.streams} == {"video", "audio"}


def _marks(seed: int) -> bool:
    """Whether a case of strength strong is one of markers: by the draws that the maker makes."""
    rng = np.random.default_rng([seed, 1000, STRENGTHS.index("strong")])
    for low, high in ((-INNOCENT_MS, INNOCENT_MS), ERRORS_MS[2]):
        rng.uniform(low, high)
    rng.choice([-1, 1])
    rng.uniform(0.45, 0.55)
    return bool(rng.integers(3) == 0)


def test_another_programme_is_there_for_as_long_as_the_truth_says(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "MISMATCH_S", 62.0)
    out = tmp_path / "a.ts"
    (truth,) = make("mismatch", "weak", talk, out, 5, SIZE).truths
    assert truth.end_s - truth.start_s == pytest.approx(25)
    errors = errors_of(out)
    assert all(alike for until_s, _, alike in errors if until_s <= truth.start_s)
    within = [alike for until_s, _, alike in errors if truth.start_s + 20 <= until_s <= truth.end_s]
    assert within
    assert True not in within


def test_a_crop_keeps_its_planes_together() -> None:
    luma, u, v = (
        np.add.outer(np.arange(h) * 10, np.arange(w)).astype(np.uint8) for h, w in ((24, 32), (12, 16), (12, 16))
    )
    whole = np.concatenate([plane.reshape(-1) for plane in (luma, u, v)]).reshape(36, 32)
    small = apart._cropped(whole, 2, 4)
    assert small.shape == (30, 24)
    np.testing.assert_array_equal(small[:20], luma[2:22, 4:28])
    np.testing.assert_array_equal(small[20:].reshape(2, 10, 12), np.stack((u[1:11, 2:14], v[1:11, 2:14])))


def test_sound_is_later_from_the_turn_on() -> None:
    samples = np.arange(10 * RATE, dtype=np.float32)[None].repeat(2, axis=0)
    moved = _heard_later(samples, 1.0, 4.0, (0.0, 100.0))
    assert moved.shape == (2, 9 * RATE)
    assert moved[0, 2 * RATE] == 3 * RATE
    assert moved[0, 5 * RATE] == pytest.approx(6 * RATE - 0.1 * RATE)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("flower_silent_track.mp4", "too quiet|less than"),
        ("screen_pdf_scroll.264", "cannot be read|less than"),
        ("frog_handheld.mp4", "too quiet|less than|hardly"),
    ],
)
def test_clips_that_cannot_be_compared_are_refused(name: str, why: str, media: Path, tmp_path: Path) -> None:
    seed = next(n for n in range(30) if not _marks(n))
    with pytest.raises(SettingsError, match=why):
        make("av_sync", "strong", media / name, tmp_path / "a.ts", seed, SIZE)
