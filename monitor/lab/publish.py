"""Recipes in real time on loopback, from one process of their own: encoding must not share the watcher's GIL.

`LiveLab` starts that process (this file, as a module), hands it the recipes on standard input and gets the addresses
back on standard output. The process ends with `stop`, and by itself once its parent is gone.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from monitor.errors import ClusterError, SettingsError
from monitor.lab.encode import SEGMENT_S, Maker
from monitor.lab.outlets import Outlet, TcpOutlet, UdpOutlet, free_udp_ports
from monitor.lab.schedule import Recipe, recipe_of
from monitor.lab.web import WINDOW, HlsOutlet, HttpOutlet, WebServer
from monitor.records import Stream

TICK_S = 0.01
START_S = 60.0
"""How long the process may take to make its first pictures."""
STOP_S = 5.0
PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class LiveLab:
    """Publishes recipes from a process of its own until `stop`; a context manager. Ready to be watched once made.

    `duration_s`: media seconds after which the streams end by themselves (HLS playlists say so, connections are
    closed); None: they go on. `folder`: an existing folder that also gets what each stream sends, as `ID.ts`; None:
    nothing is kept.
    Raises SettingsError for two recipes of one id, ClusterError if the process does not come up.
    """

    streams: tuple[Stream, ...]
    """Id and loopback URL of each recipe, in their order."""

    def __init__(self, recipes: Sequence[Recipe], duration_s: float | None, folder: Path | None = None) -> None:
        ids = [recipe.id for recipe in recipes]
        if twice := {name for name in ids if ids.count(name) > 1}:
            raise SettingsError(f"recipes: id {sorted(twice)[0]!r} is there twice; give each its own")
        job = {
            "parent": os.getpid(),
            "recipes": [asdict(recipe) for recipe in recipes],
            "duration_s": duration_s,
            "folder": None if folder is None else str(folder.resolve()),
        }
        search = os.pathsep.join(filter(None, (str(PACKAGE_ROOT), os.environ.get("PYTHONPATH"))))
        # Its own session: Ctrl-C is for the watcher, who stops this process when it has finished.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "monitor.lab.publish"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(log := tempfile.TemporaryFile()),  # noqa: SIM115 - lives as long as the process
            env=os.environ | {"PYTHONPATH": search},
            start_new_session=True,
        )
        self._log = log
        try:
            ready = self._hand_over(job)
        except BaseException:
            self._end()
            raise
        self._zero_at = float(ready["zero_at"])
        self.streams = tuple(
            Stream(recipe.id, url, labels={"programme": recipe.programme, "transport": recipe.transport})
            for recipe, url in zip(recipes, ready["urls"], strict=True)
        )

    @property
    def running(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process, for measuring what it costs."""
        return self._process.pid

    def started_at(self, id: str) -> float:
        """The UTC second of media second 0 of this stream, from which its recipe counts. KeyError if it is unknown."""
        if id not in {stream.id for stream in self.streams}:
            raise KeyError(id)
        return self._zero_at

    def stop(self) -> None:
        """End the process; returns when it is gone. Harmless the second time.

        Raises ClusterError if it had died before, for then the streams were not what their recipes say.
        """
        died = self._process.poll()
        said = self._last_words() if died else ""
        self._end()
        if said:
            raise ClusterError(f"the lab's process had died (exit status {died}): {said}")

    def __enter__(self) -> LiveLab:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe is not None:
                pipe.close()

    def _last_words(self) -> str:
        """The last line that the process has logged; empty once its end was seen to."""
        if self._log.closed:
            return ""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it left no message"

    def _hand_over(self, job: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ClusterError("the lab's process has no pipes")
        try:
            stdin.write(json.dumps(job).encode())
            stdin.close()
        except BrokenPipeError:
            pass  # it died; its log says why
        readable, _, _ = select.select([stdout], [], [], START_S)
        line = stdout.readline() if readable else b""
        if not line:
            self._process.kill()
            self._process.wait()
            raise ClusterError(f"the lab's process did not come up within {START_S:g} s: {self._last_words()}")
        ready: dict[str, Any] = json.loads(line)
        return ready


@dataclass(slots=True)
class _Channel:
    """One stream on the air."""

    recipe: Recipe
    maker: Maker
    outlet: Outlet
    kept: IO[bytes] | None

    def advance(self, until_s: float) -> None:
        for piece in self.maker.advance(until_s):
            self.outlet.send(piece)
            if self.kept is not None:
                self.kept.write(piece.data)
        if self.recipe.paused(self.maker.due_s):
            self.outlet.pause(self.maker.due_s)


def _channels(recipes: Sequence[Recipe], web: WebServer, folder: Path | None, open_files: ExitStack) -> list[_Channel]:
    """Every recipe with its outlet; HLS ones filled with what a playlist already holds when the first reader comes."""
    ports = iter(free_udp_ports(sum(recipe.transport == "udp" for recipe in recipes)))
    channels = []
    for recipe in recipes:
        outlet: Outlet
        if recipe.transport == "udp":
            outlet = UdpOutlet(next(ports))
        elif recipe.transport == "tcp":
            outlet = TcpOutlet()
        else:
            served = (HlsOutlet if recipe.transport == "hls" else HttpOutlet)(web.address, recipe.id)
            outlet = web.outlets[recipe.id] = served
        before = WINDOW * SEGMENT_S if recipe.transport == "hls" else 0
        kept = None if folder is None else open_files.enter_context((folder / f"{recipe.id}.ts").open("wb"))
        channel = _Channel(recipe, Maker(recipe, -before), outlet, kept)
        channel.advance(0)
        channels.append(channel)
    return channels


def _go_on(channels: Sequence[_Channel], zero: float, duration_s: float | None, done: Callable[[], bool]) -> None:
    """Send everything when it is due, until `done`. A late wake-up is made up for at once."""
    finished = False
    while not done():
        now = time.monotonic() - zero
        until = now if duration_s is None else min(now, duration_s)
        for channel in channels:
            channel.advance(until)
            channel.outlet.tend(channel.recipe.away(now))
        if duration_s is not None and now >= duration_s and not finished:
            for channel in channels:
                channel.outlet.finish()
            finished = True
        time.sleep(TICK_S)


def main() -> None:
    """Publish what standard input says; print one line of JSON when all is reachable; go on until told to stop."""
    job = json.load(sys.stdin)
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    folder = None if job["folder"] is None else Path(job["folder"])
    web = WebServer()
    with ExitStack() as open_files:
        channels = _channels([recipe_of(written) for written in job["recipes"]], web, folder, open_files)
        zero, zero_at = time.monotonic(), time.time()
        print(json.dumps({"zero_at": zero_at, "urls": [channel.outlet.url for channel in channels]}), flush=True)
        _go_on(channels, zero, job["duration_s"], lambda: bool(stopped) or os.getppid() != job["parent"])
        web.stop()


if __name__ == "__main__":
    main()
