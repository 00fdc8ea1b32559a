"""The books in miniature: sites of one server with some cores, entries with a time, and nothing else.

It says what the real books must answer; it is as short as can be, and knows no database, no solver and no generations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

FOREVER = 10**18
CORES = 8


@dataclass(frozen=True)
class Entry:
    """Cores of a site from `start` to `ends`. expires: of a hold. part: day or night, if not both. lost: of standby,
    the site for the loss of which it is."""

    kind: str
    name: str
    tenant: str
    site: str
    cores: int
    start: int
    ends: int
    expires: int = FOREVER
    part: str = ""
    lost: str = ""


@dataclass
class Model:
    now: int
    entries: list[Entry] = field(default_factory=list)
    offline: set[str] = field(default_factory=set)

    def passes(self, milliseconds: int) -> None:
        self.now += milliseconds
        self.tidy()

    def tidy(self) -> None:
        """What is over is gone, but for what runs in a site that is offline."""
        self.entries = [
            each for each in self.entries if each.expires > self.now and (each.ends > self.now or self._frozen(each))
        ]

    def reserve(self, entry: Entry) -> bool:
        return self._adds([entry])

    hold = reserve

    def commit(self, entry: Entry) -> bool:
        """The tenant's reservations are used first; without them, if that does not go."""
        if entry.site in self.offline:
            return False
        mine = [each for each in self.entries if self._serves(each, entry)]
        others = [each for each in self.entries if each not in mine]
        if mine and self._sound([*others, entry]) and self._sound([*others, *_used(mine, entry.cores), entry]):
            self.entries = [*others, *_used(mine, entry.cores), entry]
            return True
        return self._adds([entry])

    def confirm(self, name: str) -> bool:
        held = self.take(name, "hold")
        if held is None:
            return False
        entry = replace(held, kind="allocation", expires=FOREVER)
        mine = [each for each in self.entries if self._serves(each, entry)]
        others = [each for each in self.entries if each not in mine]
        self.entries = [*others, *_used(mine, entry.cores), entry]
        return True

    def release(self, name: str, cores: int) -> bool:
        for row, each in enumerate(self.entries):
            if (each.kind, each.name) == ("allocation", name) and each.cores >= cores and not self._frozen(each):
                rest = replace(each, cores=each.cores - cores)
                self.entries[row : row + 1] = [rest] if rest.cores else []
                return True
        return False

    def adopt(self, entries: list[Entry]) -> None:
        """What the books chose themselves: it has to be sound."""
        assert not any(each.site in self.offline for each in entries)
        assert self._sound([*self.entries, *entries])
        self.entries += entries

    def drop(self, name: str) -> bool:
        """An application goes as a whole, with its standby, unless some of it is frozen."""
        mine = [each for each in self.entries if each.name == name]
        if any(self._frozen(each) for each in mine):
            return False
        self.entries = [each for each in self.entries if each.name != name]
        return True

    def take(self, name: str, kind: str) -> Entry | None:
        for each in self.entries:
            if (each.kind, each.name) == (kind, name):
                self.entries.remove(each)
                return each
        return None

    def free(self, site: str) -> int:
        """For what begins now and never ends."""
        if site in self.offline:
            return 0
        return CORES - max(self._taken(self.entries, site, moment) for moment in self._moments(self.entries))

    def _adds(self, new: list[Entry]) -> bool:
        if any(each.site in self.offline for each in new) or not self._sound([*self.entries, *new]):
            return False
        self.entries += new
        return True

    def _sound(self, entries: list[Entry]) -> bool:
        sites = {each.site for each in entries}
        return all(self._taken(entries, site, moment) <= CORES for site in sites for moment in self._moments(entries))

    def _moments(self, entries: list[Entry]) -> set[int]:
        return {self.now} | {each.start for each in entries if each.start > self.now}

    def _taken(self, entries: Iterable[Entry], site: str, moment: int) -> int:
        here = [each for each in entries if each.site == site and each.start <= moment and each.ends > moment]
        parts, losses = Counter[str](), Counter[str]()
        for each in here:
            (losses if each.lost else parts)[each.lost or each.part] += each.cores
        return parts[""] + max(parts["day"], parts["night"]) + max(losses.values(), default=0)

    def _serves(self, promise: Entry, entry: Entry) -> bool:
        same = (promise.tenant, promise.site) == (entry.tenant, entry.site)
        return promise.kind == "reservation" and same and promise.start < entry.ends and promise.ends > entry.start

    def _frozen(self, entry: Entry) -> bool:
        return entry.kind == "allocation" and entry.site in self.offline


def _used(promises: list[Entry], cores: int) -> list[Entry]:
    """What is left of them: those that end first are used first."""
    left = []
    for each in sorted(promises, key=lambda each: (each.ends, each.name)):
        part = min(cores, each.cores)
        cores -= part
        if part < each.cores:
            left.append(replace(each, cores=each.cores - part))
    return left
