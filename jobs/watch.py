"""Watch a catalog of live streams until stopped; with no catalog, a demonstration on streams made for it.

python jobs/watch.py                                            the demonstration, about a minute
python jobs/watch.py streams.toml --results s3://bucket/watch   the real thing, until Ctrl-C

Exit status: 0 ended as asked; 1 failed while running; 2 refused at the start; 130 stopped before it had begun.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console

from monitor.catalog import CatalogWatcher
from monitor.cluster.engine import engine, stop_on_signals
from monitor.demonstration import Demonstration
from monitor.errors import MonitorError, SettingsError, StoreError
from monitor.settings import load_profile
from monitor.store import ResultsWriter
from monitor.watching import watch


def main(arguments: list[str] | None = None) -> int:
    """Exit status: see the top of this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalog", nargs="?", help="TOML, CSV or Parquet; a path, s3:// or http(s)://")
    parser.add_argument("--results", help="folder or s3:// URI (default: results/ or, without catalog, results/demo-*)")
    parser.add_argument("--settings", help="profile for streams that name none: default, fast or a TOML file")
    parser.add_argument("--workers", type=int, help="processes of up to two cores each (default: one per two cores)")
    parser.add_argument("--duration", type=float, help="end after so many seconds (demonstration: 60)")
    options = parser.parse_args(arguments)
    console = Console(stderr=False, soft_wrap=True)
    try:
        if options.duration is not None and not options.duration > 0:
            raise SettingsError(f"--duration {options.duration}: must be above 0; leave it out to watch until stopped")
        if options.workers is not None and options.workers < 1:
            raise SettingsError(f"--workers {options.workers}: must be at least 1; leave it out to use all cores")
        if options.catalog is None:
            return _demonstrate(options, console)
        profile = load_profile(options.settings or "default")
        watcher = CatalogWatcher(options.catalog)
        results = options.results or "results"
        try:
            ResultsWriter(results, "watch").close()
        except StoreError as error:
            raise SettingsError(str(error)) from None
        with engine(), stop_on_signals(options.duration) as stop:
            watch(watcher, profile, results, stop, console, options.workers)
    except KeyboardInterrupt:
        print("watch.py: stopped before it had begun, or asked three times; what was written is whole", file=sys.stderr)
        return 130
    except SettingsError as error:
        print(f"watch.py: {error}", file=sys.stderr)
        return 2
    except MonitorError as error:
        print(f"watch.py: {error}", file=sys.stderr)
        return 1
    return 0


def _demonstrate(options: argparse.Namespace, console: Console) -> int:
    results = options.results or str(Path("results") / time.strftime("demo-%Y%m%d-%H%M%S"))
    duration = options.duration or 60.0
    profile = load_profile(options.settings or "fast")
    with engine(), Demonstration(duration) as demo, stop_on_signals(None) as stop:
        demo.begin(stop)
        found = watch(demo, profile, results, stop, console, options.workers)
        demo.tell(found, results, console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
