"""Recorded files through the same detectors, on all cores, as fast as the machine can.

    python jobs/scan.py archive/*.mp4 --results results/archive
    python jobs/scan.py s3://bucket/masters/ --results s3://bucket/qc --fail-on black,freeze
    python jobs/scan.py encoded/*.mp4 --reference master.mov --fail-on av_sync,mismatch

Exit status: 0 all read; 1 some could not be read (each is named), or a kind of --fail-on was found; 2 bad arguments.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from monitor.cluster.engine import cores, engine
from monitor.cluster.scanning import scan_all
from monitor.detect import KINDS
from monitor.errors import MonitorError, SettingsError, SourceError
from monitor.media.redact import redact
from monitor.media.source import open_input
from monitor.recorded import find_media
from monitor.records import Stream
from monitor.settings import Profile, load_profile
from monitor.store import ResultsWriter
from monitor.terminal import ScanScreen


def main(arguments: list[str] | None = None) -> int:
    """Exit status as in the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="files, folders, globs, URLs, s3:// prefixes")
    parser.add_argument("--results", default="results", help="folder or s3:// URI (default: results)")
    parser.add_argument("--settings", default="default", help="profile: default, fast or a TOML file")
    parser.add_argument("--workers", type=int, help="worker processes (default: one per core)")
    parser.add_argument("--fail-on", default="", metavar="KIND,...", help="exit with 1 if one of these kinds is found")
    parser.add_argument("--reference", metavar="SOURCE", help="compare each with this one: sync, programme")
    options = parser.parse_args(arguments)
    console = Console(soft_wrap=True)
    try:
        fail_on = {kind for kind in options.fail_on.split(",") if kind}
        if unknown := fail_on - set(KINDS):
            raise SettingsError(f"--fail-on {', '.join(sorted(unknown))}: no such kind; choose from {', '.join(KINDS)}")
        if options.workers is not None and options.workers < 1:
            raise SettingsError(f"--workers {options.workers}: must be at least 1; leave it out to use all cores")
        profile = load_profile(options.settings)
        streams = find_media(options.sources)
        reference = _one(options.reference, profile)
        ResultsWriter(options.results, "scan").close()
    except (SettingsError, MonitorError) as error:
        print(f"scan.py: {error}", file=sys.stderr)
        return 2
    try:
        with engine(), ScanScreen(console, len(streams)) as screen:
            workers = options.workers or cores()
            scan_all(streams, profile, options.results, workers, screen.show, screen.found, reference)
    except KeyboardInterrupt:
        print("scan.py: stopped; the sources that were done are written", file=sys.stderr)
        return 130
    except MonitorError as error:
        print(f"scan.py: {error}", file=sys.stderr)
        return 1
    screen.summary(redact(options.results))
    hits = fail_on & screen.kinds
    if hits:
        print(f"scan.py: found {', '.join(sorted(hits))} (--fail-on)", file=sys.stderr)
    return 1 if screen.problems or hits else 0


def _one(place: str | None, profile: Profile) -> Stream | None:
    """The stream of one source. Raises SettingsError for more than one, and for one that cannot be opened."""
    if place is None:
        return None
    found = find_media([place])
    if len(found) > 1:
        raise SettingsError(f"--reference {redact(place)}: names {len(found)} sources; name one")
    if "://" not in place and not Path(found[0].url).is_file():
        raise SettingsError(f"--reference {place}: no such file; correct the path")
    if not place.startswith("s3://"):
        try:
            open_input(found[0], profile.source).close()
        except SourceError as error:
            raise SettingsError(f"--reference {error}; name a recording") from None
    return found[0]


if __name__ == "__main__":
    sys.exit(main())
