"""What the tests of the second generator share: the size of their clips, and how a defect is tried on one."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import av
import numpy as np
from av.audio.resampler import AudioResampler

from monitor.errors import SettingsError
from monitor.lab.second import _MAKERS, _SOUND_MAKERS
from monitor.lab.second.pictures import Clip, Event, Made, Sound
from monitor.lab.second.programme import Programme, Spoiled
from monitor.lab.second.stream import Recipe, SoundRecipe, encoded
from monitor.lab.truth import Strength

WIDTH, HEIGHT, FPS, SECONDS = 192, 108, 25, 14.0
RATE = 48_000
AAC, AC3 = SoundRecipe("aac", 128_000), SoundRecipe("ac3", 256_000)
OPUS, MP2 = SoundRecipe("libopus", 128_000), SoundRecipe("mp2", 256_000)
SIX = SoundRecipe("aac", 320_000), SoundRecipe("ac3", 448_000)
CODECS = (AAC, AC3, OPUS, MP2)
FRAMES = round(SECONDS * FPS)


def made_of(clip: Clip, kind: str, strength: Strength, seed: int) -> Made | None:
    """The clip with this defect, or nothing where it does not suit."""
    try:
        return _MAKERS[kind](clip, strength, np.random.default_rng([seed, zlib.crc32(kind.encode())]))
    except SettingsError:
        return None


def first_made(clip: Clip, kind: str, strength: Strength) -> Made:
    return next(made for seed in range(12) if (made := made_of(clip, kind, strength, seed)))


def clip_of(luma: np.ndarray, frames: int = FRAMES) -> Clip:
    """A clip that shows one picture of this luma all the time."""
    picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, dtype=np.uint8)
    picture[:HEIGHT] = luma
    silence = np.zeros((2, round(frames / FPS * 48_000)), dtype=np.float32)
    return Clip((picture,) * frames, WIDTH, HEIGHT, FPS, silence, "still")


def spoiled(programme: Programme, kind: str, strength: Strength, seed: int) -> Spoiled | None:
    """The sound with this defect, or nothing where it does not suit."""
    try:
        return _SOUND_MAKERS[kind](programme, strength, np.random.default_rng([seed, zlib.crc32(kind.encode())]))
    except SettingsError:
        return None


def first_spoiled(
    programme: Programme, kind: str, strength: Strength, fits: Callable[[Spoiled], bool] = lambda _: True
) -> Spoiled:
    """The first of some seeds that suits, and is of the variant that is asked for."""
    tried = (spoiled(programme, kind, strength, seed) for seed in range(30))
    return next(each for each in tried if each and fits(each))


def heard_after(sound: Sound, codec: SoundRecipe = AAC, container: str = "mpegts") -> Sound:
    """The sound of the file beside tiny black pictures, decoded; from the time of the first picture on."""
    count = round(sound.shape[1] / RATE * 10)
    clip = Clip((np.full((96, 64), 16, dtype=np.uint8),) * count, 64, 64, 10, sound, "black")
    file = encoded(clip.frames, clip, Recipe(container, "libx264", 50_000, 2), codec)
    return decoded_sound(file)


def decoded_sound(file: bytes) -> Sound:
    """[channels, samples] of a file's sound, from the time of its first picture on."""
    with av.open(io.BytesIO(file)) as container:
        first_s = next(frame.time for frame in container.decode(video=0))
    with av.open(io.BytesIO(file)) as container:
        frames = list(container.decode(audio=0))
    start = round((frames[0].time - first_s) * RATE)
    resampler = AudioResampler(format="fltp", layout=frames[0].layout.name, rate=RATE)
    sound = np.concatenate([done.to_ndarray() for each in (*frames, None) for done in resampler.resample(each)], axis=1)
    return sound[:, -start:] if start < 0 else np.pad(sound, ((0, 0), (start, 0)))


def db(sound: Sound) -> float:
    """RMS in dBFS."""
    return 10 * float(np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-12))


def part(sound: Sound, event: Event, spare_s: float = 0.0) -> Sound:
    """What is heard in an event, without so much at both ends."""
    spare = round(spare_s * RATE)
    return sound[:, event.span.start + spare : event.span.end - spare]


def untouched(programme: Programme, made: Spoiled, spare_s: float = 0.0) -> bool:
    """Whether nothing but one gain is between the two outside the events, and so much around them."""
    spare = round(spare_s * RATE)
    outside = np.ones(made.sound.shape[1], dtype=bool)
    for event in made.events:
        outside[event.span.start - spare : event.span.end + spare] = False
    before, after = programme.sound[:, outside], made.sound[:, outside]
    gain = float(np.vdot(before, after) / np.vdot(before, before))
    return bool(np.allclose(after, gain * before, atol=1e-5))
