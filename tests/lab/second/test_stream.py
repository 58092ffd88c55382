from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from second_clips import CODECS, FPS, RATE, SIX, heard_after

from monitor.lab.second.pictures import Clip, Span
from monitor.lab.second.source import read
from monitor.lab.second.stream import FORMATS, Recipe, SoundRecipe, decoded, encoded, recipe, sound_recipe


def test_a_quarter_of_the_seeds_is_hevc_at_common_rates() -> None:
    recipes = [recipe(Path("a.ts"), np.random.default_rng([seed, 1]), 640 * 360 * 25) for seed in range(200)]
    assert 0.15 < np.mean([how.codec == "libx265" for how in recipes]) < 0.35
    assert all(800_000 <= how.rate <= 1_200_000 for how in recipes)


def test_groups_alone_decode_as_in_the_whole(clean: Clip) -> None:
    file = encoded(clean.frames[:150], clean, Recipe("mpegts", "libx264", 300_000, 2))
    whole, part = decoded(file, FPS), decoded(file, FPS, Span(50, 100))
    assert sorted(part) == list(range(50, 100))
    assert all(np.array_equal(whole[at], part[at]) for at in part)


@pytest.mark.parametrize("size", [(160, 90), (176, 100)])
def test_sizes_at_which_x264_was_unsteady(size: tuple[int, int], source: Path) -> None:
    clip = read(source, *size, FPS, 60, np.random.default_rng(0))
    ballast = [np.full(1_000_000 * (number + 1), number, dtype=np.uint8) for number in range(4)]
    files = {encoded(clip.frames, clip, Recipe("mpegts", "libx264", 300_000, 2)) for _ in ballast}
    assert len(files) == 1


@pytest.mark.parametrize("container", FORMATS.values())
@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.codec)
def test_sound_is_where_it_was_after_each_codec(codec: SoundRecipe, container: str) -> None:
    rng = np.random.default_rng(0)
    sound = np.zeros((2, 3 * RATE), dtype=np.float32)
    bursts = [0.5, 1.2345, 2.6]
    for at_s in bursts:
        at = round(at_s * RATE)
        sound[:, at : at + 2400] = 0.3 * rng.standard_normal((2, 2400))
    heard = heard_after(sound, codec, container)
    for at_s in bursts:
        at = round(at_s * RATE)
        lags = np.correlate(heard[0, at - 500 : at + 2900], sound[0, at : at + 2400], "valid")
        assert np.argmax(lags) - 500 == 0


@pytest.mark.parametrize("codec", SIX, ids=lambda codec: codec.codec)
def test_six_channels_stay_in_their_order(codec: SoundRecipe) -> None:
    at = np.arange(2 * RATE) / RATE
    tones = [60.0 if channel == 3 else 400.0 + 300.0 * channel for channel in range(6)]
    heard = heard_after(np.array([0.2 * np.sin(2 * np.pi * hz * at) for hz in tones], dtype=np.float32), codec)
    spectra = np.abs(np.fft.rfft(heard[:, RATE // 2 : RATE * 3 // 2]))
    assert np.argmax(spectra, axis=1).tolist() == pytest.approx(tones, abs=1)


def test_sound_goes_through_all_codecs_and_what_passes_full_scale_through_those_that_let_it() -> None:
    def codecs(channels: int, over: bool) -> set[str]:
        return {sound_recipe(channels, np.random.default_rng([seed, 3]), over).codec for seed in range(40)}

    assert codecs(2, False) == {"aac", "ac3", "libopus", "mp2"}
    assert codecs(2, True) == {"ac3", "libopus"}
    assert codecs(6, False) == {"aac", "ac3"}
