"""Makes clean programme to count false alarms on: a camera that moves over photographs, with recorded sound.

    python jobs/tour.py --pictures photographs/ --sound programmes/ --out clean/ --hours 3

Photographs: such as Debian's wallpaper packages have (gnome-backgrounds, ukui-wallpapers, mate-backgrounds,
plasma-workspace-wallpapers). Every file is another tour: `tour_SEED.ts`, H.264 and AAC. The same seeds give the same
tours; those below 10000 are for tuning, the others for reporting. Files that are there already are left as they are,
whatever was asked for then: empty the folder to make them otherwise.

Exit status: 0 made; 2 bad arguments, or no material; 130 stopped by Ctrl-C (what is not whole is removed).
"""

from __future__ import annotations

import argparse
import math
import sys
from concurrent.futures import as_completed
from pathlib import Path

from monitor.catalog import MEDIA_SUFFIXES
from monitor.errors import SettingsError
from monitor.lab.clips import sides
from monitor.lab.tour import PART, make_tour, photographs
from monitor.scoring import cores, processes

MINUTES = 10
"""Most of each file."""
SEEDS = 20_000


def main(arguments: list[str] | None = None) -> int:
    """Exit status as in the module's docstring."""
    options = _parser().parse_args(arguments)
    try:
        _make(options)
    except SettingsError as error:
        print(f"tour.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tour.py: stopped", file=sys.stderr)
        return 130
    return 0


def _make(options: argparse.Namespace) -> None:
    width, height = sides(options.size)
    _check("--hours", options.hours, 0.0001, 100)
    _check("--fps", options.fps, 1, 120)
    _check("--seed", options.seed, 0, SEEDS - 1)
    for side in (width, height):
        if side % 2 or not 16 <= side <= 4096:
            raise SettingsError(f"--size {options.size}: sides must be even, from 16 to 4096")
    out: Path = options.out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"--out {out}: cannot be made: {error}; name a folder") from None
    pictures = photographs(options.pictures)
    files = sorted(path for path in options.sound.rglob("*") if path.suffix.lower() in MEDIA_SUFFIXES)
    sound = [path for path in files if not path.resolve().is_relative_to(out.resolve())]
    wanted = math.ceil(options.hours * 60 / MINUTES)
    paths = {seed: out / f"tour_{seed:05}.ts" for seed in range(options.seed, options.seed + wanted)}
    left = [(seed, path) for seed, path in paths.items() if not path.exists()]
    form = width, height, options.fps, options.hours * 3600 / wanted
    print(f"{len(left)} tours of {form[-1]:g} s to make, of {len(pictures)} photographs", file=sys.stderr, flush=True)
    try:
        with processes(cores()) as submit:
            made = [submit(make_tour, path, pictures, sound, *form, seed) for seed, path in left]
            for n, done in enumerate(as_completed(made), start=1):
                print(f"{done.result()}: {n} of {len(made)}", file=sys.stderr, flush=True)
    finally:
        for _, path in left:
            path.with_suffix(PART).unlink(missing_ok=True)


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise SettingsError(f"{name} {value:g}: must be from {least:g} to {most:g}")


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


if __name__ == "__main__":
    sys.exit(main())
