"""Makes clean programme to count false alarms on: a camera that moves over photographs, with recorded sound.

    python jobs/tour.py --pictures photographs/ --sound programmes/ --out clean/ --hours 3

Photographs: such as Debian's wallpaper packages have (gnome-backgrounds, ukui-wallpapers, mate-backgrounds,
plasma-workspace-wallpapers). Every file is another tour: `tour_SEED.ts`, H.264 and AAC. The same seeds give the same
tours. Files that are there already are left as they are.

Exit status: 0 made; 2 bad arguments, or no material; 130 stopped by Ctrl-C (the last file is not whole, and removed).
"""

from __future__ import annotations

import argparse
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from monitor.catalog import MEDIA_SUFFIXES
from monitor.errors import SettingsError
from monitor.lab.tour import make_tour, photographs
from monitor.scoring import cores

MINUTES = 10
"""Length of each file."""


def main(arguments: list[str] | None = None) -> int:
    """Exit status as in the module's docstring."""
    options = _parser().parse_args(arguments)
    try:
        if not 0 < options.hours <= 100:
            raise SettingsError(f"--hours {options.hours:g}: must be above 0, at most 100")
        width, height = _sides(options.size)
        pictures = photographs(options.pictures)
        sound = sorted(path for path in options.sound.rglob("*") if path.suffix.lower() in MEDIA_SUFFIXES)
        options.out.mkdir(parents=True, exist_ok=True)
        wanted = math.ceil(options.hours * 60 / MINUTES)
        seconds = options.hours * 3600 / wanted
        with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as executor:
            made = [
                executor.submit(make_tour, path, pictures, sound, width, height, options.fps, seconds, seed)
                for seed in range(options.seed, options.seed + wanted)
                if not (path := options.out / f"tour_{seed:05}.ts").exists()
            ]
            for n, done in enumerate(made, start=1):
                print(f"{done.result()}: {n} of {len(made)}", file=sys.stderr, flush=True)
    except SettingsError as error:
        print(f"tour.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tour.py: stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--pictures", type=Path, required=True, metavar="DIR", help="folder of photographs")
    add("--sound", type=Path, required=True, metavar="DIR", help="folder of recorded programmes with sound")
    add("--out", type=Path, required=True, metavar="DIR", help="where the tours go")
    add("--hours", type=float, default=3.0, metavar="H", help="of all tours together (default: 3)")
    add("--seed", type=int, default=10_000, metavar="N", help="of the first tour (default: 10000)")
    add("--size", default="640x360", metavar="WxH", help="default: 640x360")
    add("--fps", type=int, default=25, metavar="N", help="pictures a second (default: 25)")
    return parser


def _sides(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise SettingsError(f"--size {text}: must be two whole numbers, as in 640x360")
    return int(width), int(height)


if __name__ == "__main__":
    sys.exit(main())
