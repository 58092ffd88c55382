"""A tour shows photographs as a camera sees them, the same for the same seed, with nothing in it that is a fault."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from clips import make_clip as make_parts
from numpy.typing import NDArray

from monitor.errors import SettingsError
from monitor.lab import tour
from monitor.lab.tour import JOIN_S, make_tour, photographs, shots, sounds

FPS = 25


def photograph(path: Path, seed: int, width: int = 1280, height: int = 720, contrast: float = 40.0) -> Path:
    """A picture of soft spots."""
    rng = np.random.default_rng(seed)
    coarse = 120 + contrast * rng.standard_normal((height // 40, width // 40, 3))
    fine = np.kron(coarse, np.ones((40, 40, 1)))
    pixels = np.clip(fine + contrast / 8 * rng.standard_normal((height, width, 1)), 0, 255).astype(np.uint8)
    with av.open(str(path), "w", format="image2") as out:
        stream = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = width, height, "rgb24"
        out.mux(stream.encode(VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photographs")
    return [photograph(folder / f"{seed}.png", seed) for seed in range(3)]


def lumas(pictures: list[Path], seed: int, frames: int) -> NDArray[np.uint8]:
    return np.stack([frame.to_ndarray()[:90] for frame in islice(tour.tour(pictures, 160, 90, FPS, seed), frames)])


def test_the_same_seed_gives_the_same_tour_and_another_one_another(pictures: list[Path]) -> None:
    first = lumas(pictures, 1, 60)
    assert np.array_equal(first, lumas(pictures, 1, 60))
    assert not np.array_equal(first, lumas(pictures, 2, 60))


def test_shots_are_as_long_as_they_say_and_every_photograph_has_its_turn(pictures: list[Path]) -> None:
    some = list(islice(shots(pictures, FPS, 3), 30))
    for k in range(0, 30, 3):
        assert {shot.photograph for shot in some[k : k + 3]} == set(pictures)
    assert {shot.move for shot in some} >= {"pan", "zoom", "hand", "tripod"}
    assert {shot.join for shot in some} == {"cut", "dissolve", "black"}
    for shot in some:
        assert 2 * JOIN_S * FPS <= shot.frames <= 12 * FPS
        assert shot.shake.shape == (shot.frames, 2)


@pytest.mark.parametrize("join", ["cut", "dissolve", "black"])
def test_each_way_from_shot_to_shot_loses_no_picture(
    join: tour.Join, pictures: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cut is one step, a dissolve many small ones; through black, some pictures are."""
    monkeypatch.setattr(tour, "JOINS", {join: 1.0})
    monkeypatch.setattr(tour, "MOVES", {"tripod": 1.0})
    first, second = islice(shots(pictures, FPS, 5), 2)
    joined = round(JOIN_S * FPS)
    shown = lumas(pictures, 5, first.frames + second.frames)
    steps = np.abs(np.diff(shown.astype(int), axis=0)).mean(axis=(1, 2))
    if join == "cut":
        assert int(steps.argmax()) + 1 == first.frames
        assert steps.max() > 3 * np.sort(steps)[-2]
    elif join == "dissolve":
        apart = np.abs(shown[first.frames].astype(int) - shown[first.frames - joined - 2]).mean()
        assert apart > 5 * steps.max()
    dark = shown.max(axis=(1, 2)) <= tour.BLACK_LUMA + 1
    assert int(dark.sum()) == (round(tour.DARK_S * FPS) + 1 if join == "black" else 0)


def test_a_camera_moves_and_a_tripod_has_nothing_but_noise(
    pictures: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {}
    for move in ("pan", "zoom", "hand", "tripod", "still"):
        monkeypatch.setattr(tour, "MOVES", {move: 1.0})
        shown = lumas(pictures, 6, 30).astype(float)
        smooth = shown.reshape(30, 9, 10, 16, 10).mean(axis=(2, 4))
        changes[move] = np.abs(smooth[-1] - smooth[5]).mean()
        assert (np.abs(np.diff(shown, axis=0)).mean() > 0.3) == (move != "still"), move
    assert min(changes["pan"], changes["zoom"], changes["hand"]) > 4 * max(changes["tripod"], changes["still"])


def test_only_what_makes_a_programme_is_taken(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    good = photograph(tmp_path / "below" / "b.png", 1)
    photograph(tmp_path / "icon.png", 1, width=320, height=200)
    photograph(tmp_path / "one colour.png", 1, contrast=2.0)
    (tmp_path / "damaged.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture either")
    assert photographs(tmp_path) == [good]
    good.unlink()
    with pytest.raises(SettingsError, match=r"none of the 3 pictures in it .* shows enough"):
        photographs(tmp_path)


def test_a_tour_is_written_with_the_sound_that_was_given(pictures: list[Path], tmp_path: Path) -> None:
    heard = make_parts(tmp_path / "heard.mp4", [("moving", 0.5)])
    made = make_tour(tmp_path / "t.ts", pictures, [heard], 160, 90, 10, 2.0, 1)
    with av.open(str(made)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 20
    with av.open(str(made)) as container:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert np.abs(samples).max() > 0.01
    assert not list(tmp_path.glob("*.part"))


def test_material_that_cannot_be_used_is_named_and_nothing_is_left(pictures: list[Path], tmp_path: Path) -> None:
    silent = make_parts(tmp_path / "silent.mp4", [("moving", 0.4)], sound=False)
    with pytest.raises(SettingsError, match="none of 1 files has sound"):
        next(sounds([silent], 1))
    gone = tmp_path / "gone.png"
    with pytest.raises(SettingsError, match=r"gone\.png: cannot be read as a picture"):
        make_tour(tmp_path / "t.ts", [gone], [silent], 160, 90, 10, 1.0, 1)
    assert not list(tmp_path.glob("t.*"))
