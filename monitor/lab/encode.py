"""A recipe -> MPEG-TS in pieces, with the recipe's defects inside. Knows media time only: no clock, no socket.

Key frames are forced at fixed media times, so that any stream can be cut into HLS segments there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitor.lab.coder import BLOCKS, ZERO_PTS_S, Coder, Sound, SoundPackets
from monitor.lab.packets import CLOCK, Counters, damage, key_cuts, shift
from monitor.lab.scenes import RATE, Scene, black_pictures
from monitor.lab.schedule import DAMAGE_SHARE, Recipe

SEGMENT_S = 2
"""Key frames of an HLS stream are this far apart, and so are its segments."""
GOP_S = 1
"""Key frames of all others."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole MPEG-TS packets. `key_s`: the media second of the key frame that it begins with, if it does."""

    data: bytes = field(repr=False)
    key_s: float | None


class Maker:
    """Makes one stream piece by piece. It begins at media second `from_s` (not above 0, before it nothing is wrong)."""

    def __init__(self, recipe: Recipe, from_s: float = 0.0) -> None:
        self.recipe = recipe
        self._sizes = [(recipe.width, recipe.height)]
        if any(recipe.of("format_change")):
            self._sizes.append((recipe.width * 2 // 3 // 2 * 2, recipe.height * 2 // 3 // 2 * 2))
        self._scenes = [Scene(recipe.programme, *size, recipe.fps, recipe.seed) for size in self._sizes]
        self._blacks = [black_pictures(*size) for size in self._sizes] if any(recipe.of("black")) else []
        self._coder: Coder | None = None
        self._counters = Counters()
        self._frame = math.ceil(from_s * recipe.fps)
        # As usual: AAC for players, AC-3 between broadcasters.
        self._sound: Sound = "aac" if recipe.transport in ("hls", "http") else "ac3"
        self._samples_a_block = BLOCKS[self._sound]
        self._block = math.ceil(from_s * RATE / self._samples_a_block)
        self._gop = recipe.fps * (SEGMENT_S if recipe.transport == "hls" else GOP_S)
        self._force_key = True
        self._was_small = False
        self._keys: list[float] = []
        self._rng = np.random.default_rng([recipe.seed, 2])
        self._jumps = tuple(
            (round((ZERO_PTS_S + plan.start_s) * CLOCK), round(plan.amount * CLOCK))
            for plan in recipe.of("timestamp_jump")
        )

    @property
    def due_s(self) -> float:
        """The media second of the next picture."""
        return self._frame / self.recipe.fps

    def advance(self, until_s: float) -> list[Piece]:
        """All pictures that begin before media second `until_s`, and the sound before them."""
        pieces: list[Piece] = []
        while self.due_s < until_s:
            pieces += self._step()
        return pieces

    def finish(self) -> list[Piece]:
        """What encoders and muxer still hold."""
        return self._pause()

    def _step(self) -> list[Piece]:
        """One picture and the sound that is due by then; nothing while the sender is paused."""
        t = self.due_s
        while (first := self._block * self._samples_a_block) / RATE <= t:
            if not self.recipe.paused(first / RATE):
                self._send(self._running().play(self._samples(first), first))
            self._block += 1
        if self.recipe.paused(t):
            pieces = self._pause()
        else:
            self._show(t)
            pieces = self._collect(self._running())
        self._frame += 1
        return pieces

    def _running(self) -> Coder:
        if self._coder is None:
            self._coder = Coder(self._sizes, self.recipe.fps, self._sound)
            self._counters.take_over()
            self._force_key = True
        return self._coder

    def _pause(self) -> list[Piece]:
        coder = self._coder
        if coder is None:
            return []
        self._send(coder.rest())
        coder.close()
        self._coder = None
        return self._collect(coder)

    def _show(self, t: float) -> None:
        recipe, small, coder = self.recipe, self.recipe.small(t), self._running()
        if recipe.now(t, "black"):
            blacks = self._blacks[small]
            picture = blacks[self._frame % len(blacks)]
        else:
            frozen = recipe.now(t, "freeze")
            picture = self._scenes[small].picture(math.ceil(frozen.start_s * recipe.fps) if frozen else self._frame)
        key = self._force_key or small != self._was_small or self._frame % self._gop == 0
        if key:
            self._keys.append(t)
        self._force_key, self._was_small = False, small
        coder.show(self._sizes[small], picture, self._frame, key)

    def _send(self, packets: SoundPackets) -> None:
        """Sound on its way, but for what is planned to be lost."""
        for packet in packets:
            at = float((packet.pts or 0) * packet.time_base) - ZERO_PTS_S
            if self._coder is not None and not self.recipe.now(at, "track_loss"):
                self._coder.send(packet)

    def _samples(self, first: int) -> NDArray[np.float32]:
        """One block of sound from sample `first` on, with the planned silence and loss in it, exact to the sample."""
        n = self._samples_a_block
        samples = self._scenes[0].sound(first, n)
        for plan in self.recipe.of("silence", "channel_loss"):
            start = max(math.ceil(plan.start_s * RATE) - first, 0)
            end = min(math.ceil(plan.end_s * RATE) - first, n)
            if start < end:
                samples[list(plan.channels or (0, 1)), start:end] = 0
        return samples

    def _collect(self, coder: Coder) -> list[Piece]:
        """What was written since the last time, cut at key frames, then damaged and shifted as planned."""
        data = self._counters.renumber(coder.take())
        cuts = key_cuts(data)
        hurt = self.recipe.now(self.due_s, "decode_error")
        pieces = []
        for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            if start == end:
                continue
            part = data[start:end]
            if hurt:
                part = damage(part, hurt.amount or DAMAGE_SHARE, self._rng)
            key_s = self._keys.pop(0) if start in cuts else None
            pieces.append(Piece(shift(part, self._jumps), key_s))
        return pieces


def render(recipe: Recipe, seconds: float) -> bytes:
    """The first `seconds` of a recipe as one MPEG-TS, as fast as the machine can: what a perfect network delivers."""
    maker = Maker(recipe)
    return b"".join(piece.data for piece in maker.advance(seconds) + maker.finish())
