"""Where and when a figure was measured: a number carries its evidence."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def facts() -> dict[str, object]:
    """Processor, cores, load when asked, Python, commit and time."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "commit": _commit(),
        "time": datetime.now(UTC).isoformat(timespec="minutes"),
    }


def headline(command: str) -> str:
    told = ", ".join(f"{name} {value}" for name, value in facts().items() if value not in ("", None))
    return f"`{command}`\n{told}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    """Of the code that is measured, with a + when it was changed since."""
    git = ("git", "-C", str(_HERE), "describe", "--always", "--dirty=+", "--exclude=*")
    try:
        return subprocess.run(git, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
