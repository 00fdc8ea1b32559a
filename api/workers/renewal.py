"""Renewal: a worker that has seen much change makes room for a new one, which shares all of it with the others.

What the books became since workers were forked each of them holds for itself. A new one is forked from the zygote once
that has caught up, and the old one ends when it is idle: nobody who asks notices.
"""

from __future__ import annotations

from api.workers.desk import Seen
from api.workers.process import Process

AFTER = 2_500
"""Changes of the books, each a line that came or went: some 5 MiB of a worker's own."""


class Renewal:
    """One after the other. leaving: those that a new one replaces, until they are idle."""

    def __init__(self, after: int = AFTER) -> None:
        self.after = after
        self.leaving: set[Process] = set()

    def begins(self, process: Process, seen: Seen) -> bool:
        """Whether it is this one's turn; then it is among those that leave. seen: by it."""
        if self.leaving or seen.changes < process.born + self.after:
            return False
        self.leaving.add(process)
        return True
