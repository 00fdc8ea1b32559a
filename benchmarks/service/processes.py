"""What the processes of a service take: memory, with their part of what they share, and processor time."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process and all that came from it."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            found += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
    return found


def memory(pid: int) -> float:
    """MiB of the tree; a page that two share counts half for each. Looked at again when one comes or goes meanwhile:
    what it shared would count twice."""
    for _ in range(10):
        there, sizes = _alive(pid), [_share(each) for each in tree(pid)]
        if _alive(pid) == there:
            break
    return sum(sizes) / 1024


def own(pid: int) -> float:
    """MiB of one process."""
    return _share(pid) / 1024


def processor(pid: int) -> float:
    """Seconds that the tree has worked, with those of its processes that have ended."""
    return sum(map(_worked, tree(pid)))


def _alive(pid: int) -> list[int]:
    return [each for each in tree(pid) if _fields(each)[:1] != ["Z"]]


def _share(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _worked(pid: int) -> float:
    return sum(map(int, _fields(pid)[11:15])) / _TICK


def _fields(pid: int) -> list[str]:
    """Of its state, from the third on (proc(5)); none when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
