"""Devices by position lose no plan and allow none that is wrong: held to a search by hand over real devices."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from planner.formulate.formulate import formulate
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.plans.check import check
from planner.plans.plan import SolveOptions
from planner.plans.solve import solve
from solver.bound import bounds
from solver.patterns.plan import MODES
from tests.properties.strategies import examples
from tests.worlds import allocation, application, server, world

SHARES = [0.2, 0.35, 0.46, 0.5, 0.55, 0.81]


@st.composite
def servers_with_gpus(draw: st.DrawFn, most: int = 4) -> World:
    """One server, some shares of its devices taken, and up to six instances that ask for more."""
    devices = draw(st.integers(1, most))
    taken = draw(st.lists(st.sampled_from([None, None, *SHARES]), min_size=devices, max_size=devices))
    old = [
        part
        for device, share in enumerate(taken)
        if share
        for part in (application(f"old{device}", gpu_share=share), allocation(f"old{device}", "a", devices=(device,)))
    ]
    gpus = st.sampled_from(SHARES).map(lambda share: {"gpu_share": share}) | st.integers(1, 3).map(
        lambda whole: {"resources": {"cpu": 1, "gpu": whole}}
    )
    asked = draw(st.lists(st.tuples(gpus, st.integers(1, 3)), min_size=1, max_size=6))
    new = [application(f"new{row}", priority=worth, **fields) for row, (fields, worth) in enumerate(asked)]
    return world(server("a", cpu=64_000, gpu=devices), *old, *new)


def least_left_out(made: World) -> int:
    """Worth that no way to put instances on devices avoids leaving out."""
    asked = [each for each in made.applications if each.id.startswith("new")]

    def search(rest: list[Application], free: tuple[int, ...]) -> int:
        if not rest:
            return 0
        spec = rest[0].spec
        least = spec.priority + search(rest[1:], free)
        if spec.gpu_share:
            for device in range(len(free)):
                if free[device] >= spec.gpu_share:
                    after = (*free[:device], free[device] - spec.gpu_share, *free[device + 1 :])
                    least = min(least, search(rest[1:], after))
        elif (whole := [device for device in range(len(free)) if free[device] == 1000]) and len(
            whole
        ) >= spec.resources["gpu"]:
            given = whole[: spec.resources["gpu"]]
            least = min(least, search(rest[1:], tuple(0 if d in given else left for d, left in enumerate(free))))
        return least

    return search(asked, tuple(Snapshot.of(made).devices.free[0].tolist()))


@examples(40)
@given(made=servers_with_gpus())
def test_the_best_plan_is_the_best_there_is(made: World) -> None:
    seen = Snapshot.of(made)
    plan = solve(seen, made.applications, SolveOptions(effort=3))
    assert check(seen, made.applications, plan) == []
    assert plan.objective[0].value == plan.objective[0].bound == least_left_out(made)


@examples(40)
@given(made=servers_with_gpus(MODES + 2))
def test_bounds_that_look_at_no_single_device_stay_below_the_best(made: World) -> None:
    question = formulate(Snapshot.of(made), made.applications, SolveOptions())
    everything = int(question.problem.weight @ question.problem.count)
    assert bounds(question.problem, (everything, 0), lambda: False)[0] <= least_left_out(made)
