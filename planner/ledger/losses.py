"""Losses: how many reservations are degraded, since when there may be room for them, and when to look for it again."""

from __future__ import annotations

from dataclasses import dataclass

REST, LONGEST = 1.0, 60.0
"""Seconds from one look for room to the next, at least; and after which the next need not wait any longer."""
SHARE = 9
"""Times as long as a look took is rested after it, so that looking takes a tenth of one process."""


@dataclass(frozen=True, slots=True)
class Losses:
    """degraded: reservations. inventory, freed: generations at which sites or servers last changed, and at which room
    was last given back: there cannot be more room for them than at the later one."""

    degraded: int = 0
    inventory: int = 0
    freed: int = 0


class Looks:
    """When to look for room: at once after a change of the inventory, after a rest when something was freed or a race
    was lost, and not while there is nothing that could help. Times are seconds, by any clock."""

    def __init__(self) -> None:
        self._upto, self._rested, self._again = -1, 0.0, False

    def due(self, losses: Losses, now: float) -> bool:
        if not losses.degraded:
            return False
        return losses.inventory > self._upto or (now >= self._rested and (self._again or losses.freed > self._upto))

    def done(self, upto: int, took: float, now: float, *, raced: bool = False, failed: bool = False) -> None:
        """upto: the generation that was looked at. failed: it is not known whether there is room."""
        self._upto, self._again = max(upto, self._upto), raced or failed
        self._rested = now + (LONGEST if failed else min(max(REST, SHARE * took), LONGEST))
