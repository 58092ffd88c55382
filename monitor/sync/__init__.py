"""Sound and picture in step: how far two streams of one programme are apart, in picture and in sound.

- `prints`: what of the readings of a stream is kept for it: a curve of sound on a grid of 10 ms, maps of pictures
- `offset`: how far one is behind the other

Sees no pixels and no samples: prints ride in the readings (the idea of SMPTE ST 2064-1).
"""

from monitor.sync.offset import Offset, picture_offset, sound_offset
from monitor.sync.prints import PicturePrint, Prints, SoundPrint

__all__ = ["Offset", "PicturePrint", "Prints", "SoundPrint", "picture_offset", "sound_offset"]
