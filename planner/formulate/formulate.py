"""Applications on a snapshot become a problem: who takes part, what each asks for, where it may go, by which rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from planner.formulate.question import Asked, Question
from planner.formulate.rules import rules
from planner.inventory.snapshot import LEVELS, Snapshot
from planner.manifests.application import Application
from planner.plans.plan import SolveOptions
from solver.problem import Ids, Placement, Problem

SITE = LEVELS.index("site")


def formulate(
    snapshot: Snapshot, applications: Sequence[Application], options: SolveOptions, also: Collection[str] = ()
) -> Question:
    """The question of placing what `applications` still lack; running ones join when a rule ties them to these.

    also: ids that take part even when they lack nothing.
    """
    taking_part = participants(snapshot, applications, also)
    asked = [
        Asked(name, position, 0) for name, application in taking_part.items() for position in _entries(application)
    ]
    allowed = _allowed(snapshot, taking_part, asked)
    requested = {application.id for application in applications}
    asked = [
        Asked(row.application, row.demand, _instances(snapshot, taking_part[row.application], row.demand, nodes))
        for row, nodes in zip(asked, allowed, strict=True)
    ]
    modes, cells, demand = _modes(snapshot, taking_part, asked)
    fixed = _fixed(snapshot, asked, modes, cells)
    standing = np.bincount(
        np.searchsorted(modes, fixed.mode, side="right") - 1, fixed.instances, minlength=len(asked)
    ).astype(np.int64)
    total = np.array([row.instances for row in asked], np.int64)
    new = np.array([row.application in requested for row in asked], np.bool_)
    count = np.where(new, np.maximum(total - standing, 0), 0)
    count = _children(snapshot, taking_part, asked, allowed, count, standing)
    spec = [taking_part[row.application].spec for row in asked]
    weight = np.array([0 if each.master else each.priority for each in spec], np.int64)
    return Question(
        snapshot=snapshot,
        applications=taking_part,
        workloads=tuple(asked),
        cells=tuple(cells),
        problem=Problem(
            topology=snapshot.topology,
            capacity=np.maximum(snapshot.free, 0),
            rate=snapshot.rate,
            demand=demand,
            modes=modes,
            count=count,
            must=np.zeros(len(asked), np.int64),
            weight=weight,
            allowed=tuple(allowed),
            rules=rules(taking_part, asked),
            fixed=fixed,
            then=options.then,
            price=snapshot.price,
            size=np.array([max(each.resources.get("cpu", 1000), 1) for each in spec], np.int64),
            busy=snapshot.busy,
            slot=_slot(snapshot, options),
        ),
    )


def participants(
    snapshot: Snapshot, applications: Sequence[Application], also: Collection[str] = ()
) -> dict[str, Application]:
    """Applications that still lack instances, and all that rules tie to them, directly or through others."""
    every = {**snapshot.applications, **{application.id: application for application in applications}}
    ties: dict[str, set[str]] = {name: set() for name in every}
    groups: dict[tuple[str, str], list[str]] = {}
    for name, application in every.items():
        if application.spec.group is not None:
            groups.setdefault((application.metadata.namespace, application.spec.group), []).append(name)
        for other in _named(application):
            if other in every:
                ties[name].add(other)
                ties[other].add(name)
    for members in groups.values():
        for name in members[1:]:
            ties[members[0]].add(name)
            ties[name].add(members[0])
    found = [
        application.id for application in applications if application.id in also or _lacking(snapshot, application)
    ]
    seen = set(found)
    while found:
        fresh = ties[found.pop()] - seen
        seen |= fresh
        found += fresh
    return {name: application for name, application in every.items() if name in seen}


def _named(application: Application) -> list[str]:
    spec = application.spec
    names = [name for rule in spec.apart_from for name in rule.applications]
    return [application.refers_to(name) for name in [*names, *([spec.master.application] if spec.master else [])]]


def _lacking(snapshot: Snapshot, application: Application) -> bool:
    if any(entry.instances is None for entry in application.spec.demand):
        return True
    running = sum(row.instances for row in snapshot.running.get(application.id, ()))
    return running < sum(entry.instances or 0 for entry in application.spec.demand)


def _entries(application: Application) -> range:
    return range(max(len(application.spec.demand), 1))


def _allowed(snapshot: Snapshot, applications: dict[str, Application], asked: Sequence[Asked]) -> list[Ids]:
    """Nodes per workload; workloads that ask the same share one array."""
    known: dict[str, Ids] = {}
    nodes = []
    for row in asked:
        spec = applications[row.application].spec
        where = spec.demand[row.demand].where if spec.demand else {}
        key = repr((sorted(where.items()), sorted(spec.requires), sorted(spec.forbids)))
        if key not in known:
            known[key] = snapshot.eligible(where, spec.requires, spec.forbids)
        nodes.append(known[key])
    return nodes


def _instances(snapshot: Snapshot, application: Application, demand: int, nodes: Ids) -> int:
    if not application.spec.demand:
        return 0
    entry = application.spec.demand[demand]
    if entry.instances is not None:
        return entry.instances
    return (entry.instances_per_site or 0) * len(np.unique(snapshot.topology.domain[SITE][nodes]))


def _modes(
    snapshot: Snapshot, applications: dict[str, Application], asked: Sequence[Asked]
) -> tuple[Ids, list[tuple[int, ...]], np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    units = snapshot.units
    start, cells, rows = [0], [], []
    for row in asked:
        application = applications[row.application]
        for choice in units.modes(application):
            cells.append(choice)
            rows.append(units.demand(application, choice))
        start.append(len(cells))
    shape = (len(units.rates), 0, len(units.columns))
    demand = np.stack(rows, axis=1) if rows else np.empty(shape, np.int64)
    return np.array(start, np.int32), cells, demand


def _fixed(snapshot: Snapshot, asked: Sequence[Asked], modes: Ids, cells: Sequence[tuple[int, ...]]) -> Placement:
    workload = {(row.application, row.demand): position for position, row in enumerate(asked)}
    rows = []
    for application in {row.application for row in asked}:
        for allocation in snapshot.running.get(application, ()):
            position = workload[application, allocation.demand]
            choices = range(int(modes[position]), int(modes[position + 1]))
            mode = next((choice for choice in choices if cells[choice] == allocation.cells), choices[0])
            rows.append((mode, allocation.server, allocation.instances))
    return Placement.of(rows)


def _children(
    snapshot: Snapshot,
    applications: dict[str, Application],
    asked: Sequence[Asked],
    allowed: Sequence[Ids],
    count: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    standing: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Children get the most that their masters could ever need; the rule `Children` says the exact number per site."""
    count = count.copy()
    pending = [row for row, each in enumerate(asked) if applications[each.application].spec.master]
    depth = {row: _depth(applications, asked[row].application) for row in pending}
    for row in sorted(pending, key=depth.__getitem__):
        application = applications[asked[row].application]
        master = application.spec.master
        assert master is not None
        name = application.refers_to(master.application)
        masters = [other for other, each in enumerate(asked) if each.application == name]
        new, total = int(count[masters].sum()), int((count + standing)[masters].sum())
        sites = min(len(np.unique(snapshot.topology.domain[SITE][allowed[row]])), total)
        needed = total // master.ratio + sites if master.ratio else (master.per_site or 0) * sites
        if master.ratio:
            needed = min(needed, total)
        count[row] = max(needed - int(standing[row]), 0) if new else 0
    return count


def _depth(applications: dict[str, Application], name: str) -> int:
    master = applications[name].spec.master
    return 1 + _depth(applications, applications[name].refers_to(master.application)) if master else 0


def _slot(snapshot: Snapshot, options: SolveOptions) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    units = snapshot.units
    row = np.array([options.slot.get(name, 0) for name in units.columns], np.int64)
    return units.scaled(row, "vm")
