"""Plans of random worlds: clean, good to build on, and counted right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from planner.formulate.formulate import formulate
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.plans.check import check
from planner.plans.plan import SolveOptions
from planner.plans.read import read_plan
from planner.plans.room import room
from planner.plans.solve import solve
from tests.properties.strategies import THEN, examples
from tests.properties.worlds import applications, worlds
from tests.worlds import committed

options = st.builds(
    SolveOptions,
    then=st.sampled_from(THEN),
    effort=st.integers(0, 2),
    workers=st.integers(1, 2),
    seed=st.integers(0, 9),
    moves=st.sampled_from([0, 0, 1, 3]),
)


@examples(60)
@given(made=worlds(), chosen=options)
def test_a_plan_is_clean_and_reads_back(made: World, chosen: SolveOptions) -> None:
    seen = Snapshot.of(made)
    plan = solve(seen, made.applications, chosen)
    assert check(seen, made.applications, plan) == []
    assert read_plan(plan.model_dump_json(by_alias=True, exclude_none=True), "plan.json") == plan
    assert (plan.status == "infeasible") == (not plan.placements and bool(plan.unplaced))


@examples(60)
@given(made=worlds(), chosen=options, data=st.data())
def test_the_next_plan_stands_on_the_last(made: World, chosen: SolveOptions, data: st.DataObject) -> None:
    """What was placed runs, some of it is to grow and more is asked for: nothing is placed twice."""
    today = committed(made, solve(Snapshot.of(made), made.applications, chosen))
    known = [each.metadata.name for each in made.applications if not any(loss.standby for loss in each.spec.survives)]
    new = data.draw(applications(made.inventory.cells is not None, ("e", "f"), known))
    asked = [grown(each) if data.draw(st.booleans()) else each for each in made.applications] + new
    seen = Snapshot.of(today)
    plan = solve(seen, asked, chosen)
    assert check(seen, asked, plan) == []
    total: Counter[tuple[str, int]] = Counter()
    for running in today.allocations:
        total[running.application, running.demand] += running.instances
    for row in plan.placements:
        total[row.application, row.demand or 0] += row.instances
    for move in plan.moves:
        total[move.application, move.demand or 0] -= move.instances
    assert sum(move.instances for move in plan.moves) <= chosen.moves
    Snapshot.of(committed(today, plan, *new))
    for each in asked:
        for position, entry in enumerate(each.spec.demand):
            assert entry.instances is None or total[each.id, position] <= entry.instances


def grown(application: Application) -> Application:
    """Two instances more of each demand entry."""
    entries = [
        entry.model_copy(update={"instances": entry.instances + 2}) if entry.instances else entry
        for entry in application.spec.demand
    ]
    return application.model_copy(update={"spec": application.spec.model_copy(update={"demand": entries})})


@examples(60)
@given(made=worlds())
def test_room_is_what_can_be_put_there_one_by_one(made: World) -> None:
    question = formulate(Snapshot.of(made), made.applications, SolveOptions())
    for workload, asked in enumerate(question.workloads):
        application = question.applications[asked.application]
        if application.spec.resources["cpu"] < 500:
            continue  # more than a search by hand can count
        fits = room(question, workload, question.problem.capacity)
        for node, number in zip(question.problem.allowed[workload].tolist(), fits.tolist(), strict=True):
            assert number == next(n - 1 for n in count(1) if not _goes(made, node, application, n))


def _goes(made: World, server: int, application: Application, instances: int) -> bool:
    """Is there any way to have so many instances on the empty server? Told without the books' units."""
    spec = application.spec
    servers, numa = made.inventory.servers, made.inventory.cells
    overhead = getattr(made.runtimes, spec.runtime).overhead
    needs = {name: amount + overhead.get(name, 0) for name, amount in spec.resources.items()}
    factor = servers.cpu_overcommit[server] if spec.runtime == "container" else Fraction(1)

    def fits(amount: int, name: str, capacity: int) -> bool:
        return amount <= capacity * (factor if name == "cpu" else 1)

    whole = dict(zip(made.inventory.resources, servers.capacity[server].tolist(), strict=True))
    if not all(fits(instances * need, name, whole[name]) for name, need in needs.items()):
        return False
    if spec.gpu_share and instances > whole["gpu"] * (1000 // spec.gpu_share):
        return False
    width = spec.numa_cells or 0
    cells = [whole]
    if numa and server in numa.server:
        cells = [dict(zip(numa.resources, row, strict=True)) for row in numa.capacity[numa.server == server].tolist()]
    return not width or any(
        all(
            fits(seats * -(-need // width), name, cell[name])
            for cell, seats in zip(cells, seating, strict=True)
            for name, need in needs.items()
            if name in cell  # GPUs belong to the whole server
        )
        for seating in _seatings(instances, width, len(cells))
    )


def _seatings(instances: int, width: int, cells: int) -> Iterator[tuple[int, ...]]:
    """Every way to seat instances in so many cells each, all different: parts per cell."""

    def ways(left: int, cells: int) -> Iterator[tuple[int, ...]]:
        if not cells:
            yield from [()] if not left else []
            return
        for here in range(min(left, instances) + 1):
            yield from ((here, *rest) for rest in ways(left - here, cells - 1))

    yield from ways(instances * width, cells)
