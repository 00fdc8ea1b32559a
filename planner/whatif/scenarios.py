"""Scenarios: every entry of a what-if written out, the generated ones too, each with a name of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from planner.inventory.snapshot import Snapshot
from planner.manifests.documents import Source
from planner.manifests.errors import InputProblem, InvalidInput
from planner.plans.words import joined, many
from planner.whatif.manifest import Asked, Change, Entry, EveryLoss, Failures, Grow, Growth, Lose, Replan

MOST = 100_000
"""Scenarios of a job."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One future to be worked out. effort, seed: of its search."""

    name: str
    changes: tuple[Change, ...]
    replan: Replan
    moves: int
    effort: int
    seed: int


def scenarios(spec: Asked, snapshot: Snapshot, source: Source) -> list[Scenario]:
    """Raises InvalidInput when two have one name, or when there are too many. source: of the entries."""
    found: list[Scenario] = []
    for row, entry in enumerate(spec.scenarios):
        if (count := _count(entry, snapshot)) > MOST:
            problem = source.problem((row,), many(count, "scenario"), f"at most {MOST:,}")
            raise InvalidInput([problem])
        found += [_scenario(spec, entry, name, changes) for name, changes in _generated(entry, snapshot)]
    problems = [
        InputProblem(source.file, None, "spec.scenarios", f"'{name}' {times} times", "a name for each scenario alone")
        for name, times in Counter(each.name for each in found).items()
        if times > 1
    ]
    if not found:
        problems.append(source.problem((), "no scenario: nothing matches", "at least one"))
    if problems:
        raise InvalidInput(problems)
    return found


def _scenario(spec: Asked, entry: Entry, name: str, changes: list[Change]) -> Scenario:
    every = (*entry.changes, *changes)
    takes_away = any(change.lose or change.retire for change in every)
    return Scenario(
        name=name,
        changes=every,
        replan=entry.replan or spec.replan or ("failover" if takes_away else "new-demand"),
        moves=spec.moves if entry.moves is None else entry.moves,
        effort=spec.effort,
        seed=spec.seed,
    )


def _generated(entry: Entry, snapshot: Snapshot) -> Iterator[tuple[str, list[Change]]]:
    ahead = f"{entry.name}: " if entry.name else ""
    if entry.every_loss:
        for name, change in _losses(entry.every_loss, snapshot):
            yield ahead + name, [change]
    elif entry.growth:
        for name, change in _growth(entry.growth, snapshot):
            yield ahead + name, [change]
    elif entry.failures:
        for name, changes in _failures(entry.failures, snapshot):
            yield ahead + name, changes
    else:
        yield entry.name or "", []


def _count(entry: Entry, snapshot: Snapshot) -> int:
    """How many there would be of a set of domains; everything else is as long as it is written."""
    each = entry.every_loss
    if each is None:
        return entry.failures.draws if entry.failures else 1
    return comb(len(_domains(each, snapshot)), each.together)


def _domains(each: EveryLoss, snapshot: Snapshot) -> list[str]:
    """Names of those with servers in sites that match."""
    sites = snapshot.inventory.sites
    there = np.ones(len(sites), np.bool_)
    for key, accepted in each.where.items():
        there &= sites.having(key, accepted)
    domain = snapshot.topology.domain[snapshot.topology.level(each.of)]
    names = snapshot.domains.names(each.of)
    return [names[row] for row in np.unique(domain[there[snapshot.inventory.servers.site]]).tolist()]


def _losses(each: EveryLoss, snapshot: Snapshot) -> Iterator[tuple[str, Change]]:
    for chosen in combinations(_domains(each, snapshot), each.together):
        lose = Lose(level=each.of, domains=list(chosen))
        yield f"{told(each.of, len(chosen))} {joined(chosen)} lost", Change(lose=lose)


def told(level: str, count: int) -> str:
    return level if count == 1 else many(2, level).split()[1]


def _growth(growth: Growth, snapshot: Snapshot) -> Iterator[tuple[str, Change]]:
    places: list[tuple[str, dict[str, list[str]]]] = [("demand", {})]
    if growth.by is not None:
        column = snapshot.inventory.sites.attributes.get(growth.by)
        values = sorted({part for value in column.values for part in value.split(";") if part}) if column else []
        places = [(value, {growth.by: [value]}) for value in values]
    for name, where in places:
        for factor in growth.factors:
            yield f"{name} x {factor:g}", Change(grow=Grow(factor=factor, where={**growth.where, **where}))


def _failures(failures: Failures, snapshot: Snapshot) -> Iterator[tuple[str, list[Change]]]:
    """Each draw is seeded by its number: more draws leave the first ones as they are."""
    for draw in range(failures.draws):
        chance = np.random.default_rng([failures.seed, draw])
        changes = []
        for level in sorted(failures.rates):
            names = snapshot.domains.names(level)
            failed = np.flatnonzero(chance.random(len(names)) < failures.rates[level]).tolist()
            if failed:
                changes.append(Change(lose=Lose(level=level, domains=[names[row] for row in failed])))
        yield f"draw {draw + 1}", changes
