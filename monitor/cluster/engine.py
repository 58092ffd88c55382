"""Start and end Ray: an embedded cluster on this machine, or the one that RAY_ADDRESS names."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import ray

from monitor.errors import ClusterError

IMPATIENT = 3
REACH_S = 5.0
"""How long a named cluster may take to accept a connection."""


@contextmanager
def engine(cpus: int | None = None) -> Iterator[None]:
    """A Ray cluster for the time of the block: the one of RAY_ADDRESS, else one of this process's own.

    A cluster that was there before is left as it was; an own one ends with the block.
    Raises ClusterError when a named cluster cannot be reached.
    """
    address = os.environ.get("RAY_ADDRESS") or "local"
    # A local `address` ignores stale address files of other clusters on this machine, which a bare init attaches to.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    _reach(address)
    try:
        ray.init(
            address=address,
            num_cpus=cpus if address == "local" else None,
            include_dashboard=False if address == "local" else None,
            log_to_driver=False,
            configure_logging=True,
            logging_level=logging.ERROR,
        )
    except ConnectionError as error:
        raise ClusterError(
            f"no Ray cluster answers at RAY_ADDRESS={address!r}: {error}; start it, or unset RAY_ADDRESS to run here"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Refuse a cluster that nobody listens for: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if not port.isdigit() or "/" in host:
        return
    try:
        socket.create_connection((host, int(port)), REACH_S).close()
    except OSError as error:
        raise ClusterError(
            f"no Ray cluster answers at RAY_ADDRESS={address!r}: {error}; start it, or unset RAY_ADDRESS to run here"
        ) from error


def cores() -> int:
    """Cores that the cluster has for this job."""
    return int(ray.cluster_resources().get("CPU", 1))


@contextmanager
def stop_on_signals(after_s: float | None) -> Iterator[threading.Event]:
    """An event that is set by Ctrl-C, by SIGTERM (how `ray job stop` ends a job), or after some seconds.

    Enter it after `engine`: starting Ray takes SIGTERM for itself. Ending takes seconds, in which all is written; only
    the third request ends at once.
    """
    stop = threading.Event()

    def asked(number: int, _: FrameType | None) -> None:
        stop.set()
        asked_before.append(number)
        if len(asked_before) >= IMPATIENT:
            raise KeyboardInterrupt

    asked_before: list[int] = []

    before = {int(number): signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    timer = None if after_s is None else threading.Timer(after_s, stop.set)
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if timer is not None:
            timer.cancel()
