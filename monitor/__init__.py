"""Watches thousands of live audio/video streams and says what is wrong with each of them.

Start with `monitor.records` (what data there is), then `monitor.pipeline` (how one stream flows through it).
"""

__version__ = "0.1.0"
