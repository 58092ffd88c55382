"""Footage of a lab scene, small and quick, for tests of what defects do to it."""

from __future__ import annotations

from monitor.lab.defects.footage import Footage, Size, read


def moving(seconds: float = 2.0) -> Footage:
    """A camera that pans over a field, 128 x 96, ten pictures a second."""
    return read(None, Size(128, 96, 10, seconds))
