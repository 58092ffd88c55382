"""The only door to Ray. Worker actors hold many streams each; a driver places streams and owns recovery.

`session` (one live stream and its reader thread) and `workplace` (many sessions and a few decode threads) are plain
Python and know nothing of Ray; `worker` wraps a workplace in an actor; `planner` is a pure function.
"""
