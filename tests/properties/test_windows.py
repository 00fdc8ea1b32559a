"""Windows: at every instant what a plan puts on a server fits, and no plan could have had more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement, product
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.manifests.errors import InvalidInput
from planner.manifests.references import validate
from planner.manifests.window import Window
from planner.plans.check import check
from planner.plans.plan import PlacementRow, Plan, SolveOptions
from planner.plans.solve import solve
from solver.problem import Then
from tests.properties.strategies import THEN, examples
from tests.worlds import Running, allocation, application, server, world

NOW = datetime(2027, 3, 26, tzinfo=UTC)
CAPACITY = 4000


def _every(half_hours: int, *days: datetime) -> list[datetime]:
    return [day + timedelta(minutes=30 * step) for day in days for step in range(half_hours)]


INSTANTS = _every(6 * 48, NOW) + _every(48, datetime(2028, 1, 20, tzinfo=UTC), datetime(2031, 7, 1, tzinfo=UTC))
"""Every half an hour of the days in which windows start and end (London changes its clocks on one of them, New York
did before), of a day in winter and of one in summer."""


def is_open(window: Window | None, at: datetime) -> bool:
    """By the clock on the wall, which reads the same for half an hour."""
    if window is None:
        return True
    if (window.start and at < window.start) or (window.end and at >= window.end):
        return False
    if not window.daily:
        return True
    wall = at.astimezone(ZoneInfo(str(window.time_zone))).strftime("%H:%M")
    slices = [text.split("-") for text in window.daily]
    return any(a <= wall < b if a < b else wall >= a or wall < b for a, b in slices)


def opened(window: Window | None) -> NDArray[np.bool_]:
    return np.array([is_open(window, at) for at in INSTANTS])


@st.composite
def windows(draw: st.DrawFn) -> Window | None:
    spec: dict[str, Any] = {}
    hours = sorted(draw(st.lists(st.integers(-10, 130), min_size=2, max_size=2, unique=True)))
    for name, hour in zip(("start", "end"), hours, strict=True):
        if draw(st.booleans()):
            spec[name] = NOW + timedelta(hours=hour)
    if draw(st.booleans()):
        spec["daily"] = draw(st.lists(slices(), min_size=1, max_size=2))
        spec["time_zone"] = draw(st.sampled_from(["Asia/Shanghai", "Europe/London", "America/New_York", "UTC"]))
    return Window(**spec) if spec else None


@st.composite
def slices(draw: st.DrawFn) -> str:
    begin, end = draw(st.lists(st.integers(0, 47), min_size=2, max_size=2, unique=True))
    return "-".join(f"{mark // 2:02}:{mark % 2 * 30:02}" for mark in (begin, end))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """One or two servers with what runs there in its window, and up to three applications that are asked for."""
    servers = [server(f"s{row}", cpu=CAPACITY, memory=100) for row in range(draw(st.integers(1, 2)))]
    made = [
        application(
            name,
            instances=draw(st.integers(1, 2)),
            cpu=draw(st.integers(1, 4)),
            window=draw(windows()),
            partial={"minimum": 1},
            priority=draw(st.integers(1, 2)),
        )
        for name in ("a", "b", "c", "d", "e")[: draw(st.integers(2, 5))]
    ]
    running: list[Running] = []
    for each in made[3:]:
        running.append(allocation(each.id, draw(st.sampled_from(servers)).name))
    return world(*servers, *made, *running)


def usage(made: World, rows: Sequence[tuple[str, int, int]]) -> NDArray[np.int64]:
    """[servers, instants]: CPU taken by (application, server, instances)."""
    spec = {each.id: each.spec for each in made.applications}
    used = np.zeros((len(made.inventory.servers), len(INSTANTS)), np.int64)
    for name, at, count in rows:
        used[at] += spec[name].resources["cpu"] * count * opened(spec[name].window)
    return used


def there(made: World) -> list[tuple[str, int, int]]:
    return [(row.application, row.server, row.instances) for row in made.allocations]


@examples(50)
@given(made=worlds(), effort=st.integers(0, 1), then=st.sampled_from(THEN))
def test_every_instant_fits_and_nothing_more_would(made: World, effort: int, then: Then) -> None:
    over = (usage(made, there(made)) > CAPACITY).any()
    try:
        seen = Snapshot.of(made, NOW)
    except InvalidInput:
        assert over
        return
    assert not over
    if validate(made.applications, made.inventory, ()):
        assert not all(opened(each.spec.window).any() for each in made.applications)
        return
    plan = solve(seen, made.applications, SolveOptions(effort=effort, then=then))
    assert check(seen, made.applications, plan) == []
    rows = [(row.application, int(row.server[1:]), row.instances) for row in plan.placements]
    assert (usage(made, there(made) + rows) <= CAPACITY).all()
    assert plan.status in ("optimal", "infeasible")
    assert plan.objective[0].value == most_left_out(made)


def most_left_out(made: World) -> int:
    """Worth that is left out at least, by trying every placement; what is over is left out, too."""
    standing = {row.application for row in made.allocations}
    worth, choices = 0, []
    for each in made.applications:
        wanted = (each.spec.demand[0].instances or 0) - (each.id in standing)
        worth += each.spec.priority * wanted
        if opened(each.spec.window).any():
            choices.append([(each, seats) for seats in seatings(wanted, len(made.inventory.servers))])
    taken, best = usage(made, there(made)), 0
    for chosen in product(*choices):
        placed = sum(len(seats) * each.spec.priority for each, seats in chosen)
        rows = [(each.id, at, 1) for each, seats in chosen for at in seats]
        if placed > best and (taken + usage(made, rows) <= CAPACITY).all():
            best = placed
    return worth - best


def seatings(wanted: int, servers: int) -> list[tuple[int, ...]]:
    return [seats for some in range(wanted + 1) for seats in combinations_with_replacement(range(servers), some)]


@examples(50)
@given(made=worlds(), data=st.data())
def test_check_finds_what_is_too_full_at_some_instant(made: World, data: st.DataObject) -> None:
    asked = [each for each in made.applications if each.id not in {row.application for row in made.allocations}]
    if (usage(made, there(made)) > CAPACITY).any() or validate(made.applications, made.inventory, ()):
        return
    seen = Snapshot.of(made, NOW)
    rows = [(each.id, data.draw(st.integers(0, len(made.inventory.servers) - 1)), 1) for each in asked]
    empty = solve(seen, (), SolveOptions(at=NOW))
    placements = [PlacementRow(application=name, server=f"s{at}", instances=count) for name, at, count in rows]
    told = Plan(**{**dict(empty), "placements": placements, "generation": made.generation})
    late = {each.id for each in asked if not opened(each.spec.window).any()}
    full = {f"s{at}" for at in np.flatnonzero((usage(made, there(made) + rows) > CAPACITY).any(axis=1)).tolist()}
    found = check(seen, made.applications, told)
    assert {each.where for each in found if each.rule == "capacity"} == full
    assert {name for each in found if each.rule == "eligibility" for name in each.applications} == late
