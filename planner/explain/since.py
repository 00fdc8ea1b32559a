"""Since: a request fitted in an earlier world; the changes that broke it, as few as are needed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.explain.case import Case, owing
from planner.explain.explanation import Event, Since
from planner.formulate.formulate import formulate
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import Allocation
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput
from planner.plans.plan import SolveOptions
from planner.plans.words import joined, many
from solver.solve import Limits, solve
from solver.standing import Standing

TRIAL = 0.5
"""Seconds for one set of changes that neither fits at once nor is known not to."""


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What an event did to rows of the earlier servers: closed them, or took room from them, perhaps for instances
    that run now. taken: [rows, columns], in the books' units."""

    event: Event
    rows: NDArray[np.int64]
    closed: bool = False
    taken: NDArray[np.int64] | None = None
    running: tuple[tuple[Application, Allocation], ...] = ()


def since(before: Snapshot, after: Snapshot, applications: Sequence[Application], seconds: float = 10.0) -> Since:
    """Raises InvalidInput when the two worlds count different resources."""
    if (before.units.columns, before.units.rates) != (after.units.columns, after.units.rates):
        told = "other resources or CPU overcommits than the world of today"
        raise InvalidInput([InputProblem("since", None, "", told, "a world that counts the same resources")])
    until = time.perf_counter() + seconds
    if _fits(after, applications):
        return Since(status="fits", changes=[], minimal=True, considered=0)
    if not _fits(before, applications):
        return Since(status="never fitted", changes=[], minimal=True, considered=0)
    effects = list(_effects(before, after, applications))
    if _fits(changed(before, effects), applications) is not False:
        return Since(status="unknown", changes=[], minimal=False, considered=len(effects))
    kept, minimal = _fewest(before, effects, applications, lambda: until - time.perf_counter())
    events = [effect.event for effect in kept]
    return Since(status="broken", changes=events, minimal=minimal, considered=len(effects))


def _fits(snapshot: Snapshot, applications: Sequence[Application]) -> bool | None:
    """None: not known in a fraction of a second."""
    question = formulate(snapshot, applications, SolveOptions(then="cost"))
    problem = replace(question.problem, then=None)
    result = solve(problem, Limits(time.perf_counter, seconds=TRIAL, gap=0.0, lanes=1))
    standing = Standing(problem, result.placement)
    owed = [entry for each in applications if (entry := owing(question, each)) is not None]
    if all(standing.placed(entry.workloads) >= entry.least for entry in owed):
        return True
    return False if result.objective[0].bound > 0 and not any(each.spec.partial for each in applications) else None


def _fewest(
    before: Snapshot, effects: list[Effect], applications: Sequence[Application], left: Callable[[], float]
) -> tuple[list[Effect], bool]:
    """Leaves out halves, quarters ... and single changes, the slightest first, as long as the rest still breaks it."""
    kept, size, minimal = effects, len(effects), True
    while size > 1 or len(kept) > 1:
        size = max(size // 2, 1)
        position = 0
        minimal = True
        while position < len(kept):
            rest = kept[:position] + kept[position + size :]
            fits = _fits(changed(before, rest), applications) if left() > 0 else None
            if fits is False:
                kept = rest
            else:
                minimal &= fits is True
                position += size
        if size == 1:
            break
    return kept, minimal


def changed(before: Snapshot, effects: Sequence[Effect]) -> Snapshot:
    """The earlier snapshot after these events."""
    free, usable = before.free.copy(), before.usable.copy()
    running = {name: list(rows) for name, rows in before.running.items()}
    known = dict(before.applications)
    for effect in effects:
        if effect.closed:
            usable[effect.rows] = False
        if effect.taken is not None:
            np.subtract.at(free, effect.rows, effect.taken)
        for application, row in effect.running:
            known.setdefault(application.id, application)
            running.setdefault(application.id, []).append(row)
    return replace(
        before,
        free=free,
        usable=usable,
        running={name: tuple(rows) for name, rows in running.items()},
        applications=known,
    )


def _effects(before: Snapshot, after: Snapshot, applications: Sequence[Application]) -> Iterator[Effect]:
    """Everything that took something from the servers that the request may use, the slightest first."""
    useful = _useful(before, applications)
    now = np.array([after.row.get(name, -1) for name in before.inventory.servers.name])
    effects = [*_closed(before, after, now, useful), *_less(before, after, now, useful), *_taken(before, after, useful)]
    yield from sorted(effects, key=lambda effect: (effect.closed, _weight(before, effect)))


def _useful(before: Snapshot, applications: Sequence[Application]) -> NDArray[np.bool_]:
    problem = Case.of(before, applications).question.problem
    useful = np.zeros(problem.nodes, np.bool_)
    for nodes in problem.allowed:
        useful[nodes] = True
    return useful


def _weight(before: Snapshot, effect: Effect) -> float:
    taken = before.free[effect.rows] if effect.taken is None else effect.taken
    return float(taken[:, 0].sum())


def _closed(before: Snapshot, after: Snapshot, now: NDArray[np.int64], useful: NDArray[np.bool_]) -> Iterator[Effect]:
    """Servers that are gone, are not online any more, or do not offer what they did; by site and by what happened."""
    inventory = before.inventory
    groups: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row in np.flatnonzero(useful & before.usable).tolist():
        site = inventory.sites.name[int(inventory.servers.site[row])]
        if now[row] < 0:
            groups["server", site, "is gone"].append(row)
        elif not after.usable[now[row]]:
            groups[_state(after, int(now[row]), site)].append(row)
        elif told := _other(before, after, row, int(now[row])):
            groups["attributes", site, told].append(row)
    for (kind, site, told), rows in groups.items():
        names = [inventory.servers.name[row] for row in rows]
        what = f"site {site}" if kind == "site" else f"{many(len(rows), 'server')} of {site} ({joined(names)})"
        yield Effect(_event(kind, site, f"{what}: {told}"), np.array(rows), closed=True)


def _state(after: Snapshot, row: int, site: str) -> tuple[str, str, str]:
    inventory = after.inventory
    state = inventory.sites.state[int(inventory.servers.site[row])]
    if state != "online":
        return "site", site, state
    return "server", site, inventory.servers.state[row]


def _other(before: Snapshot, after: Snapshot, row: int, now: int) -> str:
    """The first attribute or capability that a server lost."""
    was, has = before.inventory, after.inventory
    old, new = int(was.servers.site[row]), int(has.servers.site[now])
    if old >= 0 and was.sites.name[old] != has.sites.name[new]:
        return f"now in site {has.sites.name[new]}"
    for key, column in was.sites.attributes.items():
        value = has.sites.attributes[key][new] if key in has.sites.attributes else ""
        if column[old] != value:
            return f"{key} was {column[old] or 'nothing'}, is {value or 'nothing'}"
    lost = [name for name, offers in before.offers.items() if offers[row] and not _offers(after, name, now)]
    return f"no {joined(lost)} any more" if lost else ""


def _offers(snapshot: Snapshot, name: str, row: int) -> bool:
    return name in snapshot.offers and bool(snapshot.offers[name][row])


def _less(before: Snapshot, after: Snapshot, now: NDArray[np.int64], useful: NDArray[np.bool_]) -> Iterator[Effect]:
    """Servers that became smaller, by site."""
    same = useful & (now >= 0)
    rows = np.flatnonzero(same)
    lost = np.maximum(before.capacity[rows] - after.capacity[now[rows]], 0)
    site = before.inventory.servers.site
    smaller = lost.any(axis=1)
    for number in np.unique(site[rows[smaller]]).tolist():
        mine = smaller & (site[rows] == number)
        name = before.inventory.sites.name[number]
        told = f"{many(int(mine.sum()), 'server')} of {name}: less capacity"
        yield Effect(_event("capacity", name, told), rows[mine], taken=lost[mine])


def _taken(before: Snapshot, after: Snapshot, useful: NDArray[np.bool_]) -> Iterator[Effect]:
    """Instances that run now and did not then, by application and site."""
    for name, rows in after.running.items():
        was: dict[tuple[int, tuple[int, ...], int], int] = defaultdict(int)
        for row in before.running.get(name, ()):
            was[row.server, row.cells, row.demand] += row.instances
        more: dict[int, list[Allocation]] = defaultdict(list)
        for row in rows:
            here = before.row.get(after.inventory.servers.name[row.server], -1)
            grown = row.instances - was.pop((here, row.cells, row.demand), 0)
            if here >= 0 and useful[here] and grown > 0:
                more[int(before.inventory.servers.site[here])].append(
                    Allocation(name, here, grown, row.cells, row.demand, row.devices)
                )
        for site, new in more.items():
            yield _placed(before, after.applications[name], before.inventory.sites.name[site], new)


def _placed(before: Snapshot, application: Application, site: str, rows: Sequence[Allocation]) -> Effect:
    servers = np.array([row.server for row in rows])
    amounts = []
    for row in rows:
        cells = row.cells or before.units.modes(application)[0]
        amounts.append(before.units.demand(application, cells)[before.rate[row.server]] * row.instances)
    count = sum(row.instances for row in rows)
    told = f"{many(count, 'instance')} of {application.id} more in {site}"
    running = tuple((application, row) for row in rows)
    return Effect(_event("allocation", application.id, told), servers, taken=np.stack(amounts), running=running)


def _event(kind: str, subject: str, message: str) -> Event:
    return Event.model_validate({"kind": kind, "subject": subject, "message": message})
