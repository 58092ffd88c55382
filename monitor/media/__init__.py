"""The only door to PyAV: open a source, read its packets, decode them without a copy, and tell its time.

Owns sources (`source`, `ladder`, `bridge`), waits between attempts (`backoff`), printable URLs (`redact`), decoding
and timelines. Does not own what is measured on the frames, nor when a lost source is opened again.
"""

from monitor.media.backoff import Backoff
from monitor.media.redact import redact
from monitor.media.source import SCHEMES, Input, TimedPacket, Track, check_url, open_input

__all__ = ["SCHEMES", "Backoff", "Input", "TimedPacket", "Track", "check_url", "open_input", "redact"]
