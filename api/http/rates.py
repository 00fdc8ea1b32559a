"""Rates: each caller has a bucket of tokens that fills steadily; a request takes one. Per process, in memory."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MANY = 10_000
"""Callers that are remembered; past it, those whose buckets are full are forgotten."""


@dataclass(slots=True)
class Rates:
    """rate: requests a second that a caller may send for long. burst: at once, after a while of silence."""

    rate: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, caller: str) -> int:
        """0, or the whole seconds to wait."""
        now = self.clock()
        level = self._level(caller, now)
        if level < 1:
            self._buckets[caller] = level, now
            return max(1, math.ceil((1 - level) / self.rate))
        if len(self._buckets) > MANY:
            self._forget(now)
        self._buckets[caller] = level - 1, now
        return 0

    def _level(self, caller: str, now: float) -> float:
        level, at = self._buckets.get(caller, (self.burst, now))
        return min(self.burst, level + (now - at) * self.rate)

    def _forget(self, now: float) -> None:
        self._buckets = {name: row for name, row in self._buckets.items() if self._level(name, now) < self.burst}
