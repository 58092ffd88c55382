"""How well it finds: makes defects in clean clips, watches them, and prints what was found, beside FFmpeg's filters.

    python jobs/score.py --media clips/                                    # for a report: clips and seeds kept for it
    python jobs/score.py --media clips/ --use tuning --kinds black,freeze --events 20 --verbose
    python jobs/score.py --media clips/ --generators lab,second --clean archive/ --json > score.json

Which clips thresholds may be fitted on and which only report is said by split.toml in the folder or --split FILE
(tuning, reporting, ignore, only_clean: lists of names), else by a clip's name. Seeds: tuning 0 to 9999, reporting 10000
and up. Clips kept by --keep are used again: empty the folder when a generator has changed.

Exit status: 0 scored; 1 a process that made and watched clips died; 2 bad arguments, or no material; 130 stopped by
Ctrl-C, with nothing scored.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from monitor.errors import ClusterError, SettingsError
from monitor.lab.clips import sides
from monitor.lab.defects.footage import Size
from monitor.lab.truth import STRENGTHS
from monitor.scoring import Plan, as_json, cores, print_report, run
from monitor.scoring.material import USES
from monitor.settings import load_profile


def main(arguments: list[str] | None = None) -> int:
    """Exit status as in the module's docstring."""
    options = _parser().parse_args(arguments)
    try:
        width, height = sides(options.size)
        plan = Plan(
            media=options.media,
            profile=load_profile(options.settings),
            use=options.use,
            kinds=_names(options.kinds),
            strengths=_names(options.strengths),
            generators=_names(options.generators),
            events=options.events,
            size=Size(width, height, options.fps, options.seconds),
            split=options.split,
            clean=tuple(options.clean),
            keep=options.keep,
            workers=cores() if options.workers is None else options.workers,
        )
        report = run(plan, _tell)
    except SettingsError as error:
        print(f"score.py: {error}", file=sys.stderr)
        return 2
    except ClusterError as error:
        print(f"score.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("score.py: stopped; nothing was scored", file=sys.stderr)
        return 130
    # As wide as the table is, wherever it goes: a table that is cut is of no use in a log.
    print_report(report, Console(stderr=options.json, width=1000, soft_wrap=True), options.verbose)
    if options.json:
        print(json.dumps(as_json(report), allow_nan=False))
    if not report.rows:
        print("score.py: nothing was scored: no clip suited; see the cases refused", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--media", type=Path, required=True, metavar="DIR", help="folder of clean clips to make defects in")
    add("--use", choices=USES, default="reporting", help="clips and seeds for tuning or for reporting (the default)")
    add("--split", type=Path, metavar="FILE", help="which clips are for what (default: split.toml in the folder)")
    add("--clean", type=Path, nargs="+", default=[], metavar="DIR", help="clean material for false alarms (--media)")
    add("--kinds", default="", metavar="KIND,...", help="default: all that are detected and can be made")
    add("--strengths", default=",".join(STRENGTHS), metavar="STRENGTH,...", help="default: weak,middle,strong")
    add("--generators", default="lab", metavar="NAME,...", help="lab, second (default: lab)")
    add("--events", type=int, default=60, metavar="N", help="least events per kind and generator (default: 60)")
    add("--settings", default="fast", help="profile: default, fast or a TOML file (default: fast)")
    add("--size", default="640x360", metavar="WxH", help="of made clips (default: 640x360)")
    add("--fps", type=int, default=25, metavar="N", help="pictures a second of made clips (default: 25)")
    add("--seconds", type=float, default=20.0, metavar="S", help="length of made clips (default: 20)")
    add("--keep", type=Path, metavar="DIR", help="keep made clips here, and use those that are there already")
    add("--workers", type=int, metavar="N", help="processes (default: one per core)")
    add("--verbose", action="store_true", help="also list what was missed, and what was told wrongly")
    add("--json", action="store_true", help="one object on standard output, all else on standard error")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
