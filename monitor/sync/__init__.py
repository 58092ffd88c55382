"""Sound and picture in step, without a pixel or a sample: all of it from readings.

- `prints`: what of the readings of a stream is kept: a curve of sound on a grid of 10 ms, maps of pictures (the idea of
  SMPTE ST 2064-1)
- `offset`: how far one stream is behind another, in picture and in sound
- `compare`: a stream against its reference over time
- `marker`: flashes and beeps
- `stamps`: what the timestamps of one stream say
"""

from monitor.sync.compare import Compared, Pair, Pairing, compare, due_until
from monitor.sync.marker import HearingState, Marked, SightState, hear, marked, see
from monitor.sync.offset import Offset, picture_offset, sound_offset
from monitor.sync.prints import PicturePrint, Prints, SoundPrint
from monitor.sync.stamps import Stamped, StampState, stamp

__all__ = [
    "Compared",
    "HearingState",
    "Marked",
    "Offset",
    "Pair",
    "Pairing",
    "PicturePrint",
    "Prints",
    "SightState",
    "SoundPrint",
    "StampState",
    "Stamped",
    "compare",
    "due_until",
    "hear",
    "marked",
    "picture_offset",
    "see",
    "sound_offset",
    "stamp",
]
