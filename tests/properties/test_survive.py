"""`survive` says of every loss what playing it by hand, in every possible way, says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations_with_replacement, product
from math import ceil, prod

from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from planner.inventory.snapshot import Snapshot
from planner.inventory.standby import Standby
from planner.inventory.world import World
from planner.manifests.documents import Source
from planner.manifests.errors import InvalidInput
from planner.whatif.base import Base
from planner.whatif.executor import here
from planner.whatif.job import Run
from planner.whatif.manifest import Asked
from planner.whatif.opening import job
from planner.whatif.promises import EVERYTHING
from planner.whatif.questions.survive import every_loss, survive
from planner.whatif.reserved import Origin, Reserved, renamed
from tests.worlds import allocation, application, server, site, world

SHAPE = {"cpu": 1000}
WHOLE = (EVERYTHING, "reservation later")
SITES = {"x": "north", "y": "north", "z": "south"}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Two or three sites with up to four servers of up to four cores; up to three applications run."""
    names = list(SITES)[: draw(st.integers(2, 3))]
    machines = {f"s{row}": draw(st.sampled_from(names)) for row in range(draw(st.integers(2, 4)))}
    apps, running = [], []
    for name in ("a", "b", "c")[: draw(st.integers(1, 3))]:
        counts = {each: draw(st.integers(0, 2)) for each in machines}
        spread = draw(
            st.sampled_from([[], [], [{"over": "site", "maxInstances": 3}], [{"over": "server", "maxInstances": 1}]])
        )
        survives = draw(
            st.sampled_from(
                [[], [{"lossOf": "site", "keep": 1}], [{"lossOf": "site", "keep": "60%", "standby": "shared"}]]
            )
        )
        apps.append(
            application(
                name,
                cpu=draw(st.integers(1, 2)),
                instances=max(sum(counts.values()), 2),
                where=draw(st.sampled_from([{}, {}, {"city": "north"}])),
                spread=spread,
                survives=survives,
                priority=draw(st.integers(1, 3)),
            )
        )
        running += [allocation(name, each, count) for each, count in counts.items() if count]
    made = world(
        *(site(name, city=SITES[name]) for name in names),
        *(server(name, site=at, cpu=1000 * draw(st.integers(2, 5))) for name, at in machines.items()),
        *apps,
        *running,
    )
    return replace(made, standby=tuple(_standby(draw, made)))


def _standby(draw: st.DrawFn, made: World) -> list[Standby]:
    """Some restarts of those that were promised any."""
    site_of = [made.inventory.sites.name[row] for row in made.inventory.servers.site.tolist()]
    rows = []
    for each in made.applications:
        for lost in made.inventory.sites.name if any(rule.standby for rule in each.spec.survives) else ():
            ran = sum(
                row.instances for row in made.allocations if row.application == each.id and site_of[row.server] == lost
            )
            others = [row for row, at in enumerate(site_of) if at != lost]
            if ran and others and draw(st.booleans()):
                rows.append(Standby(each.id, draw(st.sampled_from(others)), draw(st.integers(1, ran)), "site", lost))
    return rows


@settings(max_examples=30)
@given(worlds())
def test_every_loss_is_what_playing_it_says(made: World) -> None:
    agrees(made, frozenset())


@settings(max_examples=30)
@given(worlds(), st.sets(st.sampled_from(("a", "b", "c")), min_size=1))
def test_what_is_reserved_counts_as_what_runs_does(made: World, chosen: set[str]) -> None:
    """The same losses, when some of the applications are promised and do not run yet."""
    agrees(made, frozenset(each.id for each in made.applications if each.id in chosen and not each.spec.survives))


def based(made: World, reserved: frozenset[str]) -> Base:
    """Where these applications are the reservation `later`. Raises InvalidInput."""
    snapshot = Snapshot.of(made)
    runs = {name: rows for name, rows in snapshot.running.items() if name not in reserved}
    known = {name: each for name, each in snapshot.applications.items() if name not in reserved}
    promised = [each for each in made.applications if each.id in reserved]
    own = renamed(promised, "later")
    names = {each.id: mine.id for each, mine in zip(promised, own, strict=True)}
    return Base.of(
        replace(snapshot, running=runs, applications=known),
        [each for each in made.applications if each.id not in reserved],
        SHAPE,
        Reserved(
            applications={each.id: each for each in own},
            origins={mine: Origin(each, "later") for each, mine in names.items()},
            allocations=tuple(
                row._replace(application=names[row.application])
                for row in made.allocations
                if row.application in reserved
            ),
        ),
    )


def agrees(made: World, reserved: frozenset[str]) -> None:
    try:
        base = based(made, reserved)
    except InvalidInput:  # more runs, or is promised, than there is room for
        reject()
    entries = every_loss(["site", "server"], {})
    under_way = Run(job("any", base, Asked(scenarios=entries), Source("test")))
    list(under_way.results(here))
    result = under_way.result()
    assert not result.failed, [each.error for each in result.scenarios]
    broken = {}
    for each in result.scenarios:
        lose = each.changes[0].lose
        assert lose is not None
        assert each.score is not None
        played = Played(made, lose.level, lose.domains[0])
        worth = {one.id: one.spec.priority for one in made.applications}
        assert sum(worth[row.application] * row.instances for row in each.refused) == played.least_worth_out()
        assert each.score.proven
        assert each.score.restarted == sum(played.restarted.values())
        rules = {(row.application, row.needed, row.left) for row in each.broken if row.promise not in WHOLE}
        assert rules == played.rules_broken()
        assert {row.application for row in each.broken} >= {row.application for row in each.refused}
        assert {row.application for row in each.broken if row.promise == WHOLE[1]} <= reserved
        assert {row.application for row in each.refused if row.reservation} <= reserved
        assert {row.application for row in each.refused if not row.reservation}.isdisjoint(reserved)
        assert sum(played.gone.values()) == each.lost.instances + (each.lost.reserved or 0)
        broken[each.name] = {(row.application, row.promise) for row in each.broken}
    answer = survive(base, result)
    assert {(row.application, row.promise) for row in answer.broken} == set().union(*broken.values())
    assert all((row.application, row.promise) in broken[row.worst] for row in answer.broken)


class Played:
    """One loss, by hand: what is gone, what restarts, and every way to place the rest."""

    def __init__(self, made: World, level: str, lost: str) -> None:
        self.apps = {each.id: each for each in made.applications}
        self.site = [made.inventory.sites.name[row] for row in made.inventory.servers.site.tolist()]
        names = made.inventory.servers.name
        self.alive = [row for row in range(len(names)) if lost != (names[row] if level == "server" else self.site[row])]
        self.level, self.lost = level, lost
        self.stays, self.gone, before = Counter[tuple[str, int]](), Counter[str](), Counter[str]()
        for row in made.allocations:
            before[row.application] += row.instances
            if row.server in self.alive:
                self.stays[row.application, row.server] += row.instances
            else:
                self.gone[row.application] += row.instances
        self.before = before
        self.back = self._back(made)
        self.restarted = Counter[str]()
        for (name, _), count in self.back.items():
            self.restarted[name] += count
        self.free = self._free(made)

    def _back(self, made: World) -> Counter[tuple[str, int]]:
        """What restarts where: row by row, until all that is gone of an application is back."""
        where = self.lost if self.level == "site" else self.site[made.inventory.servers.name.index(self.lost)]
        back, left = Counter[tuple[str, int]](), Counter(self.gone)
        for row in made.standby:
            if row.domain == where and row.server in self.alive:
                count = min(row.instances, left[row.application])
                left[row.application] -= count
                back[row.application, row.server] += count
        return back

    def _free(self, made: World) -> list[int]:
        """Cores that neither run anything nor stand aside for the worst loss."""
        cpu: list[int] = made.inventory.servers.capacity[:, made.inventory.resources.index("cpu")].tolist()
        for row in made.allocations:
            cpu[row.server] -= row.instances * self._cpu(row.application)
        aside = Counter[tuple[int, str]]()
        for each in made.standby:
            aside[each.server, each.domain] += each.instances * self._cpu(each.application)
        return [left - max((n for (at, _), n in aside.items() if at == row), default=0) for row, left in enumerate(cpu)]

    def _cpu(self, name: str) -> int:
        return self.apps[name].spec.resources["cpu"]

    def least_worth_out(self) -> int:
        """Over all ways to place what is gone and does not restart, instance by instance, or to leave it out."""
        todo = {name: count - self.restarted[name] for name, count in self.gone.items()}
        seats = {name: [None, *self._open(name)] for name in todo}
        choices = [list(combinations_with_replacement(seats[name], todo[name])) for name in todo]
        assume(prod(map(len, choices)) <= 5_000)
        worth = [self.apps[name].spec.priority for name in todo]
        return min(
            sum(each * chosen.count(None) for each, chosen in zip(worth, way, strict=True))
            for way in product(*choices)
            if self._good(dict(zip(todo, way, strict=True)))
        )

    def _open(self, name: str) -> list[int]:
        where = self.apps[name].spec.demand[0].where
        return [row for row in self.alive if not where or SITES[self.site[row]] in where["city"]]

    def _good(self, way: dict[str, tuple[int | None, ...]]) -> bool:
        new = Counter((name, at) for name, chosen in way.items() for at in chosen if at is not None)
        taken = Counter[int]()
        for (name, at), count in new.items():
            taken[at] += count * self._cpu(name)
        if any(taken[at] > self.free[at] for at in taken):
            return False
        return all(self._spread(name, at, new) for name, at in new)

    def _spread(self, name: str, at: int, new: Counter[tuple[str, int]]) -> bool:
        for rule in self.apps[name].spec.spread:
            near = [
                row for row in self.alive if (row == at if rule.over == "server" else self.site[row] == self.site[at])
            ]
            held = sum(self.stays[name, row] + new[name, row] + self.back[name, row] for row in near)
            if held > (rule.max_instances or 0):
                return False
        return True

    def rules_broken(self) -> set[tuple[str, int, int]]:
        found = set()
        for name in self.gone:
            for rule in self.apps[name].spec.survives:
                needed = rule.keep if isinstance(rule.keep, int) else ceil(round(self.before[name] * rule.keep, 6))
                left = self.before[name] - self.gone[name] + self.restarted[name]
                if left < needed:
                    found.add((name, needed, left))
        return found
