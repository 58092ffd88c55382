"""How fast it is: CPU seconds beside bare decoding and beside FFmpeg's own filters, in one run.

    python jobs/bench.py                                              # quick: made H.264 clips, 480p to 1080p
    python jobs/bench.py --media talk.ts film.mp4 --profile           # these, and where the time goes
    python jobs/bench.py --media talk.ts --matrix --seconds 10 --cost-table costs.toml
    python jobs/bench.py --media talk.ts --streams 64 --json > bench.json

Exit status: 0 measured; 1 the cost table could not be written; 2 bad arguments, or a file that cannot be measured;
130 stopped by Ctrl-C, with nothing measured to its end.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from monitor.benchmark import Plan, as_json, cost_table, print_report, run
from monitor.errors import SettingsError, SourceError


def main(arguments: list[str] | None = None) -> int:
    """Exit status as in the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--media", nargs="+", type=Path, default=[], metavar="FILE", help="clips, measured as they are")
    parser.add_argument(
        "--matrix",
        action="store_true",
        help="make clips of H.264, HEVC, AV1 and MPEG-2 in 480p, 720p, 1080p and 2160p, of --media or of lab scenes",
    )
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="length of made clips (default: 10); so much of --media (all)"
    )
    parser.add_argument(
        "--rounds", type=int, default=5, metavar="N", help="rounds of decoding and monitor (default: 5)"
    )
    parser.add_argument(
        "--ffmpeg-rounds",
        type=int,
        default=1,
        metavar="N",
        help="in how many of them FFmpeg's slow filters too (default: 1; 0: none)",
    )
    parser.add_argument(
        "--streams", type=int, default=0, metavar="N", help="also N streams of each clip in one process"
    )
    parser.add_argument("--profile", action="store_true", help="also where the time beyond decoding goes")
    parser.add_argument("--cost-table", type=Path, metavar="PATH", help="write what each kind of stream costs as TOML")
    parser.add_argument("--json", action="store_true", help="one object on standard output, all else on standard error")
    options = parser.parse_args(arguments)
    try:
        plan = Plan(
            media=tuple(options.media),
            matrix=options.matrix,
            seconds=options.seconds,
            rounds=options.rounds,
            ffmpeg_rounds=options.ffmpeg_rounds,
            streams=options.streams,
            profile=options.profile,
        )
        table: Path | None = options.cost_table
        if table is not None and (table.is_dir() or not table.parent.is_dir()):
            raise SettingsError(f"--cost-table {table}: must be a file in a folder that exists; name another place")
        report = run(plan, _tell)
    except (SettingsError, SourceError) as error:
        print(f"bench.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench.py: stopped; nothing was measured to its end", file=sys.stderr)
        return 130
    # As wide as the tables are, wherever they go: a table that is cut is of no use in a log.
    print_report(report, Console(stderr=options.json, width=1000, soft_wrap=True))
    if options.json:
        print(json.dumps(as_json(report)))
    if table is not None:
        try:
            table.write_text(cost_table(report.machine, report.rows).toml(), encoding="utf-8")
        except OSError as error:
            print(f"bench.py: --cost-table {table}: cannot be written: {error}", file=sys.stderr)
            return 1
    return 0


def _tell(line: str) -> None:
    # Plain lines: a live display has a thread, whose time would be measured too.
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
