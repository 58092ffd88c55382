"""Words and marks as pixels: FFmpeg in PyAV's wheel has no filter for text. Owns the font, the ticker and the logo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitor.lab.second.graph import filtered, flat, joined
from monitor.lab.second.pictures import Clip, Picture, Plane

# Five rows of three dots each, a row as an octal digit.
_LETTERS = {
    "A": "25755", "B": "65656", "C": "34443", "D": "65556", "E": "74647", "F": "74644", "G": "34553",
    "H": "55755", "I": "72227", "J": "11152", "K": "55655", "L": "44447", "M": "57755", "N": "65555",
    "O": "25552", "P": "65644", "Q": "25573", "R": "65655", "S": "34216", "T": "72222", "U": "55557",
    "V": "55552", "W": "55775", "X": "55255", "Y": "55222", "Z": "71247", " ": "00000",
    "0": "75557", "1": "26227", "2": "61247", "3": "61216", "4": "55711", "5": "74616", "6": "34656",
    "7": "71222", "8": "75757", "9": "75316",
}  # fmt: skip

NEWS = (
    "MINISTERS MEET AGAIN ON TUESDAY   RIVER LEVELS FALL IN THE NORTH   LAST TRAIN LEAVES AT 2340   "
    "HARBOUR REOPENS AFTER STORM   UNITED 2 ROVERS 1   SHARES CLOSE HIGHER   "
)
_SPEED_PER_S = 0.15


def written(text: str, dot: int) -> Plane:
    """The text as a mask of 0 and 1, each dot of its letters `dot` pixels wide and high."""
    letters = [[[int(row) >> 2 & 1, int(row) >> 1 & 1, int(row) & 1, 0] for row in _LETTERS[letter]] for letter in text]
    mask = np.concatenate(np.array(letters, dtype=np.uint8), axis=1)
    return np.kron(mask, np.ones((dot, dot), dtype=np.uint8))


def with_text(picture: Picture, lines: Sequence[str], luma: int) -> Picture:
    """The picture with lines of text in its middle, as large as they fit, in a grey of this luma."""
    height, width = picture.shape[0] * 2 // 3, picture.shape[1]
    dot = max(1, min(width * 8 // 10 // (4 * max(map(len, lines))), height // (9 * len(lines))))
    lettered = picture.copy()
    top = (height - 8 * dot * len(lines)) // 2
    for number, line in enumerate(lines):
        mask = written(line, dot)
        y, x = top + 8 * dot * number, (width - mask.shape[1]) // 2
        place = lettered[y : y + mask.shape[0], x : x + mask.shape[1]]
        place[mask == 1] = luma
    return lettered


def logo(clip: Clip) -> tuple[str, ...]:
    """Filters that put a small channel logo into the upper right corner: about 0.5 % of the picture."""
    side = max(8, clip.height // 12)
    x, y = clip.width - 3 * side, side
    return (
        f"drawbox=x={x}:y={y}:w={side}:h={side}:color=white@0.75:t=fill",
        f"drawbox=x={x + side // 4}:y={y + side // 4}:w={side // 2}:h={side // 2}:color=0xC02020@0.9:t=fill",
        f"drawbox=x={x + side + side // 4}:y={y + side // 4}:w={side // 2}:h={side * 3 // 4}:color=white@0.75:t=fill",
    )


def ticker_top(clip: Clip) -> int:
    """The row from which on a ticker covers the picture."""
    return clip.height - clip.height // 8 // 2 * 2


def with_ticker(clip: Clip, frames: Sequence[Picture]) -> list[Picture]:
    """The pictures with a line of news running along their foot."""
    top = ticker_top(clip)
    tall = clip.height - top
    text = written(NEWS, max(1, tall // 8))
    wide = max(text.shape[1], clip.width) // 2 * 2
    strip = flat(wide, tall, 1, 45, blue=150, red=118)[0]
    drop = (tall - text.shape[0]) // 2
    strip[drop : drop + text.shape[0], : text.shape[1]][text[:, :wide] == 1] = 225
    pace = _SPEED_PER_S * clip.width / wide / clip.fps
    running = filtered([strip] * len(frames), f"scroll=horizontal={pace:.6f}", f"crop={clip.width}:{tall}:0:0")
    return joined(frames, running, f"overlay=x=0:y={top}")
