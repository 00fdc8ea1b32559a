"""Change: what runs of applications becomes what their manifests say now; what may stay where it is stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from planner.formulate.children import SITE
from planner.inventory.calendar import in_slices
from planner.ledger.answer import Booked
from planner.ledger.book import Replaced, allocation, attempts, book, eligible_sites
from planner.ledger.books import Books, By
from planner.ledger.decide import Decision, decide
from planner.ledger.entries import Line, written
from planner.ledger.picture import Picture
from planner.ledger.refusal import refusal
from planner.ledger.refused import Refused
from planner.ledger.tally import having_run
from planner.manifests.application import Application
from planner.plans.check import check
from planner.plans.plan import PlacementRow, SolveOptions
from planner.plans.solve import Show
from planner.store.unit import Unit
from solver.constraints import Children

SHAPE = ("runtime", "resources", "numa_cells", "gpu_share", "gpu_models", "window", "end", "expires_after")
"""Fields of a specification that an instance has for life: when one changes, all instances are new ones."""


def change(
    books: Books,
    applications: Sequence[Application],
    options: SolveOptions,
    by: By,
    *,
    retries: int = 3,
    show: Show | None = None,
) -> Booked:
    """In one transaction: surplus instances, and those where they may not be any more, end; what is lacking is placed.
    Masters come before their children. When rules cannot be kept with all that may stay, everything is placed anew.
    Applications that run nowhere yet are placed; when nothing is to be done, nothing is written.

    Raises InvalidInput, Refused when not all fits (then everything stays as it was), Stale for `retries` lost races."""

    def do(picture: Picture, work: Unit | None) -> Booked:
        tries = [staying(picture, applications)]
        if any(tries[0].values()):
            tries.append({line: count for line, count in tries[0].items() if picture.frozen(line.server)})
        for stays in tries:
            replaced = _replaced(picture, applications, stays, books.clock())
            rest = having_run(picture, replaced.freed, replaced.again)
            decision = decide(rest, applications, options, books.clock(), by.actor, show=show)
            if decision.complete and _clean(picture, rest, decision):
                return _written(books, picture, decision, replaced, by, work)
        raise refusal(rest, decision)

    return attempts(books, by, lambda picture: _sites(picture, applications), retries, do)


def staying(picture: Picture, applications: Sequence[Application]) -> dict[Line, int]:
    """How many instances of each line may stay, by what each application says for itself: where they may be, what one
    takes, and how many there are; of too many the last placed go first. Masters come before their children."""
    found: dict[Line, int] = {}
    kept: dict[str, Counter[int]] = {}
    for application in applications:
        lines = sorted(
            picture.allocations.get(application.id, {}).values(),
            key=lambda line: (not picture.frozen(line.server), line.id),
        )
        room = _Room(picture, application, kept)
        here: Counter[int] = Counter()
        for line in lines if _same_shape(picture, application) else ():
            if count := room.take(line):
                found[line] = count
                here[room.site(line)] += count
        kept[application.id] = here
    return found


class _Room:
    """How many more instances may stay, by demand entry or by site."""

    def __init__(self, picture: Picture, application: Application, kept: Mapping[str, Counter[int]]) -> None:
        self.picture, self.spec = picture, application.spec
        snapshot = picture.snapshot
        anywhere = replace(snapshot, usable=np.ones_like(snapshot.usable))
        cells = self.spec.numa_cells or 1
        self.allowed = [
            set(anywhere.eligible(entry.where, self.spec.requires, self.spec.forbids, cells, entry.within).tolist())
            for entry in self.spec.demand
        ] or [set(anywhere.eligible({}, self.spec.requires, self.spec.forbids, cells, None).tolist())]
        self.entries = Counter({row: entry.instances for row, entry in enumerate(self.spec.demand) if entry.instances})
        self.sites: Counter[tuple[int, int]] = Counter()
        self.needed = self._needed(application, kept)

    def site(self, line: Line) -> int:
        topology = self.picture.snapshot.topology
        return int(topology.domain[SITE, self.picture.server_row[line.server]])

    def take(self, line: Line) -> int:
        row, site = self.picture.server_row[line.server], self.site(line)
        if line.demand >= len(self.allowed) or row not in self.allowed[line.demand]:
            return 0
        if self.needed is not None:
            count = min(line.instances, self.needed[site])
            self.needed[site] -= count
        elif (each := self.spec.demand[line.demand].instances_per_site) is not None:
            count = min(line.instances, each - self.sites[line.demand, site])
            self.sites[line.demand, site] += count
        else:
            count = min(line.instances, self.entries[line.demand])
            self.entries[line.demand] -= count
        return count

    def _needed(self, application: Application, kept: Mapping[str, Counter[int]]) -> Counter[int] | None:
        """Of a child: instances by site, for the masters that stay; a master that is not changed stays as it is."""
        master = self.spec.master
        if master is None:
            return None
        name = application.refers_to(master.application)
        there = kept.get(name)
        if there is None:
            there = Counter()
            for line in self.picture.allocations.get(name, {}).values():
                there[self.site(line)] += line.instances
        masters = np.zeros(self.picture.snapshot.topology.sizes[SITE], np.int64)
        for site, count in there.items():
            masters[site] = count
        needed = Children((), 0, SITE, master.ratio, master.per_site).needed(masters)
        return Counter({int(site): int(needed[site]) for site in np.flatnonzero(needed)})


def _same_shape(picture: Picture, application: Application) -> bool:
    before = picture.snapshot.applications.get(application.id)
    if before is None or application.id in picture.standby:
        return False
    now, text = in_slices(application), written(application.spec.resources)
    lines = picture.allocations[application.id].values()
    same = all(getattr(before.spec, name) == getattr(now.spec, name) for name in SHAPE)
    return same and all(line.asked == text for line in lines)


def _replaced(picture: Picture, applications: Sequence[Application], stays: Mapping[Line, int], now: int) -> Replaced:
    """Raises Refused when something would have to leave a site that is offline."""
    freed, again = [], []
    for application in applications:
        lines = [
            *picture.allocations.get(application.id, {}).values(),
            *picture.standby.get(application.id, {}).values(),
        ]
        for line in lines:
            if (left := stays.get(line, 0)) == line.instances:
                continue
            if picture.stays(line):
                site = picture.snapshot.inventory.sites.name[
                    int(picture.snapshot.inventory.servers.site[picture.server_row[line.server]])
                ]
                raise Refused(
                    "site.frozen", f"site {site} is offline: what runs there stays in the books until it is back"
                )
            freed.append(line)
            if left:
                again.append(line._replace(id=0, instances=left, start=max(line.start, now)))
    return Replaced(tuple(freed), tuple(again))


def _clean(picture: Picture, rest: Picture, decision: Decision) -> bool:
    """What stays keeps the rules together with what is new, but for soft ones, and what is on servers that are not
    online: that has no choice. The referee sees all of it as if it were new."""
    lines = [line for each in decision.applications for line in picture.allocations.get(each.id, {}).values()]
    usable = picture.snapshot.usable
    ended = [line for line in lines if usable[picture.server_row[line.server]]]
    gone = having_run(picture, ended, ())
    kept = [
        PlacementRow(
            application=line.application,
            server=rest.names([line])[0],
            instances=line.instances,
            cells=list(line.cells) or None,
            devices=list(line.devices) or None,
            demand=line.demand or None,
        )
        for each in decision.applications
        for line in rest.allocations.get(each.id, {}).values()
        if usable[rest.server_row[line.server]]
    ]
    if not kept:
        return True
    plan = decision.plan.model_copy(update={"placements": [*kept, *decision.plan.placements], "broken": []})
    view = gone.view(decision.window.start, decision.window.ends, decision.without)
    findings = check(view, [in_slices(each) for each in decision.applications], plan)
    return all(each.rule in ("soft", "missing") for each in findings)


def _written(
    books: Books, picture: Picture, decision: Decision, replaced: Replaced, by: By, work: Unit | None
) -> Booked:
    known = picture.snapshot.applications
    same = all(in_slices(each) == known.get(each.id) for each in decision.applications)
    if same and not decision.plan.placements and not replaced.freed:
        return Booked(allocation(decision), (), (), decision, picture.generation)
    return book(books, picture, decision, allocation(decision), by, work, replaced=replaced)


def _sites(picture: Picture, applications: Sequence[Application]) -> set[int]:
    lines = [line for each in applications for line in picture.allocations.get(each.id, {}).values()]
    return eligible_sites(picture, applications) | picture.sites_of(lines)
