"""The tree of errors. Owns the names; says nothing about what is done with them.

    MonitorError
    ├── SettingsError    a person's: refused at the start with file, key, value, rule and remedy; never retried
    ├── SourceError      the stream's: becomes `no_input` or `stall`; the source is opened again
    ├── DecodeError      the stream's: counted, becomes `decode_error`; decoding goes on at the next key frame
    ├── KernelError      ours: the worker dies and is replaced
    ├── StoreError       the disk's or S3's: results are kept and written again later
    └── ClusterError     the machine's: a worker could not be started or did not answer

Each inherits the builtin that a caller would expect, so `except OSError` around a source does what it says.
"""


class MonitorError(Exception):
    """Base of every error that this project raises on purpose."""


class SettingsError(MonitorError, ValueError):
    """Something a person wrote (settings, catalog, command line) cannot be taken as it is."""


class SourceError(MonitorError, OSError):
    """A stream could not be opened, or stopped giving packets."""


class DecodeError(MonitorError, ValueError):
    """A packet could not be decoded."""


class KernelError(MonitorError, RuntimeError):
    """A kernel was given what it cannot measure, or answered nonsense: a bug of ours."""


class StoreError(MonitorError, OSError):
    """Results could not be written or read."""


class ClusterError(MonitorError, RuntimeError):
    """A worker could not be started, or does not answer."""
