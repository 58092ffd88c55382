"""What a measurement was made on, and what memory one more pipeline takes there."""

from __future__ import annotations

import math
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import monitor
from monitor.benchmark.watching import watched
from monitor.errors import SourceError
from monitor.kernels import warm_up
from monitor.lab.yardsticks import Clip, probe, versions

CPU_INFO = Path("/proc/cpuinfo")
STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK = "5"
CHILD = "import sys; from monitor.benchmark.machine import growth_mib; print(growth_mib(sys.argv[1], sys.argv[2]))"


def machine() -> dict[str, str | int]:
    """Cores that this process may use, the processor's name, the system, and versions of what does the work."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "cores": cores,
        "cpu": _cpu(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "monitor": monitor.__version__,
        **{name: version(name) for name in ("numpy", "numba")},
        **versions(),
    }


def memory_mib(clip: Clip, limit_s: float = math.inf) -> float | None:
    """MiB that one more stream takes: by how much the resident memory of a fresh process, in which a pipeline is in
    the middle of a clip already, grows at most while another one watches the same clip. Code, and what pipelines need
    once for all of them, is not in it. None where the system does not tell (Linux does).

    Raises SourceError if the clip cannot be read, or the process ends for another reason.
    """
    command = [sys.executable, "-c", CHILD, str(clip.path), str(limit_s)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SourceError(f"{clip.path}: measuring its memory ended with status {done.returncode}: {said}")
    return None if done.stdout.strip() == "None" else float(done.stdout)


def growth_mib(path: str, limit_s: str) -> float | None:
    """What `memory_mib` says, of this process, which should be a fresh one."""
    clip, most_s = probe(Path(path)), float(limit_s)
    warm_up()
    other = watched(clip, most_s)
    next(other)
    try:
        CLEAR_REFS.write_text(RESET_PEAK)
    except OSError:
        return None
    before = _status_kib("VmRSS")
    for _ in watched(clip, most_s):
        pass
    peak = _status_kib("VmHWM")
    return None if before is None or peak is None else (peak - before) / 1024


def _status_kib(key: str) -> int | None:
    for line in STATUS.read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])
    return None


def _cpu() -> str:
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"
