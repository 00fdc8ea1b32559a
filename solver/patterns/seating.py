"""Seating: slots become instances, the workloads with the tightest rules first; what finds no seat is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from solver.constraints import Apart, Spread
from solver.patterns.floor import Floor, Layout
from solver.problem import Ids, Ints, Placement
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Ledger:
    """What one rule allows: at most `most` per domain (a spread), or domains of its own `part` only (a separation).

    held [domains]: instances of the spread, or 1 + the part that owns the domain; shared by all its workloads.
    """

    domain: Ids
    held: Ints
    most: int | None
    part: int = 0

    def room(self, nodes: Ids) -> Ints:
        held = self.held[self.domain[nodes]]
        if self.most is not None:
            return np.maximum(self.most - held, 0)
        return np.where((held == 0) | (held == 1 + self.part), np.iinfo(np.int64).max, 0)

    def book(self, node: int, instances: int) -> None:
        if self.most is not None:
            self.held[self.domain[node]] += instances
        else:
            self.held[self.domain[node]] = 1 + self.part


def seat(floor: Floor, layout: Layout, tries: int = 8) -> Placement:
    """Blocks that the layout places, whole or not at all, then single instances.

    What found no seat goes first at the next try; the try that leaves out the least worth counts.
    """
    best, least, first = Placement.empty(), floor.all_worth + 1, frozenset[int]()
    for _ in range(tries):
        placement, missed = _seat(floor, layout, first)
        out = sum(floor.crowd.blocks[row].worth for row in missed)
        if out < least:
            best, least = placement, out
        if not missed or missed <= first:
            break
        first |= missed
    return best


def _seat(floor: Floor, layout: Layout, first: frozenset[int]) -> tuple[Placement, frozenset[int]]:
    """One try: the placement, and the blocks that found no seats."""
    hall, crowd = _Hall(floor, layout), floor.crowd
    home = {w: layout.home[row] for row, team in enumerate(crowd.teams) if row in layout.home for w in team.workloads}
    members = {
        row: [
            *(w for team in crowd.blocks[row].teams for w in crowd.teams[team].workloads),
            *crowd.blocks[row].workloads,
        ]
        for row in layout.placed
    }
    order = sorted(members, key=lambda row: (row not in first, hall.ease(members[row], home)))
    missed = frozenset(row for row in order if not hall.whole(members[row], home))
    left = layout.singles.copy()
    for workload in sorted(crowd.free_workloads, key=lambda w: hall.ease([w], home)):
        item = floor.items.item_of[workload]
        left[item] -= hall.take(workload, min(int(left[item]), int(floor.problem.count[workload])), None)
    return Placement.of(hall.rows), missed


class _Hall:
    """seats [nodes, variants] shrink while rows (mode, node, instances) grow."""

    def __init__(self, floor: Floor, layout: Layout) -> None:
        self.floor, self.problem = floor, floor.problem
        self.seats = floor.seats(layout)
        self.rows: list[tuple[int, int, int]] = []
        self.offers = [
            np.flatnonzero(self.seats[:, floor.items.owner == i].any(axis=1)) for i in range(len(floor.items))
        ]
        self.place: Ids = self.problem.topology.domain[floor.level]
        self.ledgers: dict[int, list[Ledger]] = {}
        standing = Standing(self.problem, Placement.empty())
        for rule in self.problem.rules:
            if isinstance(rule, Spread) and rule.most is not None:
                self._spread(rule, standing)
            elif isinstance(rule, Apart):
                self._apart(rule, standing)

    def _spread(self, rule: Spread, standing: Standing) -> None:
        held = np.zeros(self.problem.topology.sizes[rule.level], np.int64)
        domains, _, count = standing.per_domain(rule.workloads, rule.level)
        held[domains] = count
        for workload in rule.workloads:
            ledger = Ledger(self.problem.topology.domain[rule.level], held, rule.most)
            self.ledgers.setdefault(workload, []).append(ledger)

    def _apart(self, rule: Apart, standing: Standing) -> None:
        owner = np.zeros(self.problem.topology.sizes[rule.level], np.int64)
        for part, workloads in enumerate(rule.parts):
            owner[standing.per_domain(workloads, rule.level)[0]] = 1 + part
            for workload in workloads:
                ledger = Ledger(self.problem.topology.domain[rule.level], owner, None, part)
                self.ledgers.setdefault(workload, []).append(ledger)

    def ease(self, block: Sequence[int], home: dict[int, int]) -> tuple[bool, float, int]:
        """Sorts what is hardest to seat first: at home in one domain, few domains to choose from, many instances."""
        tight = max((self._tightness(w, ledger) for w in block for ledger in self.ledgers.get(w, ())), default=0.0)
        many = int(self.problem.count[list(block)].sum())
        return not any(w in home for w in block), -tight, -many

    def _tightness(self, workload: int, ledger: Ledger) -> float:
        """The part of all domains with a seat that it needs; of one at least, as parts of a separation do."""
        item = int(self.floor.items.item_of[workload])
        seats = len(np.unique(ledger.domain[self.offers[item]]))
        return -(-int(self.problem.count[workload]) // (ledger.most or 1 << 40)) / max(seats, 1)

    def whole(self, block: Sequence[int], home: dict[int, int]) -> bool:
        """Seat every instance of these workloads, or undo it all and say False."""
        rows, seats = len(self.rows), self.seats.copy()
        held = [(ledger, ledger.held.copy()) for w in block for ledger in self.ledgers.get(w, ())]
        for workload in sorted(block, key=lambda w: -int(self.problem.count[w])):
            wanted = int(self.problem.count[workload])
            if self.take(workload, wanted, home.get(workload)) < wanted:
                del self.rows[rows:]
                self.seats = seats
                for ledger, before in held:
                    ledger.held[:] = before
                return False
        return True

    def take(self, workload: int, wanted: int, home: int | None) -> int:
        """Seat up to `wanted` instances; the roomiest domains first, so that few are used. Returns how many."""
        variants = np.flatnonzero(self.floor.items.owner == self.floor.items.item_of[workload])
        free = self.seats[:, variants].sum(axis=1)
        nodes = np.flatnonzero(free if home is None else free * (self.place == home)).astype(np.int32)
        room = np.bincount(self.place[nodes], free[nodes], int(self.place.max(initial=0)) + 1)
        taken = 0
        for node in nodes[np.lexsort((-free[nodes], self.place[nodes], -room[self.place[nodes]]))].tolist():
            if taken == wanted:
                break
            many = min(wanted - taken, self._allowed(workload, node, int(free[node])))
            taken += many
            self._sit(workload, node, many, variants.tolist())
        return taken

    def _allowed(self, workload: int, node: int, most: int) -> int:
        here = np.array([node], np.int32)
        return min([most, *(int(ledger.room(here)[0]) for ledger in self.ledgers.get(workload, ()))])

    def _sit(self, workload: int, node: int, many: int, variants: Sequence[int]) -> None:
        for ledger in self.ledgers.get(workload, ()) if many else ():
            ledger.book(node, many)
        for mode, variant in enumerate(variants):
            sits = min(many, int(self.seats[node, variant]))
            if sits:
                self.seats[node, variant] -= sits
                self.rows.append((int(self.problem.modes[workload]) + mode, node, sits))
                many -= sits
