"""Units: overcommit to the last millicore, overhead, and NUMA cells."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.inventory.units import Units
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.manifests.runtimes import Runtimes
from tests.properties.strategies import examples
from tests.worlds import application, server, site, world

VM = application("vm", runtime="vm", cpu=1)
CONTAINER = application("container", cpu=1)


def units(made: World) -> Units:
    return Units.of(made.inventory, made.runtimes)


def fits(made: World, *amounts: tuple[Application, int], cells: tuple[int, ...] = ()) -> bool:
    """Do so many instances of each application go on the first server together?"""
    books = units(made)
    capacity, rate = books.capacity(made.inventory)
    taken = sum(books.demand(each, cells)[rate[0]] * count for each, count in amounts)
    return bool((taken <= capacity[0]).all())


def books(made: World, asked: Application, cells: tuple[int, ...] = ()) -> dict[str, int]:
    """What an instance takes from the first server, by column."""
    made_units = units(made)
    row = made_units.demand(asked, cells)[made_units.capacity(made.inventory)[1][0]]
    return dict(zip(made_units.columns, row.tolist(), strict=True))


def test_containers_share_cores_to_the_last_one() -> None:
    here = world(server("a", cpu=4000, cpu_overcommit=3))
    assert fits(here, (CONTAINER, 12))
    assert not fits(here, (CONTAINER, 13))


def test_vms_never_share_cores() -> None:
    here = world(server("a", cpu=4000, cpu_overcommit=3))
    assert fits(here, (VM, 4))
    assert not fits(here, (VM, 5))


def test_both_together_never_exceed_the_server() -> None:
    here = world(server("a", cpu=4000, cpu_overcommit=3))
    assert fits(here, (VM, 3), (CONTAINER, 3))
    assert not fits(here, (VM, 3), (CONTAINER, 4))
    assert not fits(here, (VM, 4), (CONTAINER, 1))


thousandths = st.integers(1000, 4000).map(lambda value: Fraction(value, 1000))


@examples(200)
@given(
    factor=thousandths,
    other=thousandths,
    capacity=st.integers(0, 9000),
    vm=st.integers(1, 4000),
    container=st.integers(1, 4000),
    vms=st.integers(0, 4),
    data=st.data(),
)
def test_overcommit_is_exact(
    factor: Fraction, other: Fraction, capacity: int, vm: int, container: int, vms: int, data: st.DataObject
) -> None:
    """V + K/f <= C, also beside a server of another factor; drawn around the last container that fits."""
    last = max(int((capacity - vms * vm) * factor / container), 0)
    containers = max(last + data.draw(st.integers(-1, 2)), 0)
    here = world(
        server("a", cpu=capacity, cpu_overcommit=str(float(factor))),
        server("b", cpu=1, cpu_overcommit=str(float(other))),
    )
    both = (
        (application("vm", runtime="vm", cpu=f"{vm}m"), vms),
        (application("container", cpu=f"{container}m"), containers),
    )
    assert fits(here, *both) == (vms * vm + containers * container / factor <= capacity)


def test_only_cpu_is_overcommitted() -> None:
    here = world(server("a", cpu=4000, memory=4096, cpu_overcommit=2))
    assert not fits(here, (application("web", cpu="1m", memory="1Gi"), 5))
    assert fits(here, (application("web", cpu="1m", memory="1Gi"), 4))


def test_a_server_has_its_own_factor_or_its_sites() -> None:
    here = world(
        site("x", cpu_overcommit=2),
        server("a", site="x", cpu=1000),
        server("b", site="x", cpu=1000, cpu_overcommit="1.5"),
        server("c", site="y", cpu=1000),
    )
    made = units(here)
    capacity, rate = made.capacity(here.inventory)
    assert [made.rates[row] for row in rate] == [2, Fraction(3, 2), 1]
    amount = application("web", cpu="300m")
    slots = [int(capacity[row, 0] // made.demand(amount, ())[rate[row], 0]) for row in range(3)]
    assert slots == [6, 5, 3]


def test_overhead_goes_to_every_instance_of_its_runtime() -> None:
    overhead = Runtimes.model_validate({"vm": {"overhead": {"cpu": "100m", "memory": "512Mi"}}})
    here = world(server("a", cpu=4000, memory=8192, disk=100), runtimes=overhead)
    assert books(here, application("vm", runtime="vm", cpu=1, disk="5Gi")) == {"cpu": 1100, "memory": 512, "disk": 5}
    assert books(here, CONTAINER) == {"cpu": 1000, "memory": 0, "disk": 0}
    assert not fits(here, (VM, 4))
    assert fits(here, (VM, 3))


CELLS = ({"cpu": 8000, "memory": 100}, {"cpu": 6000, "memory": 50})


def test_columns_of_cells() -> None:
    here = world(server("a", cpu=16_000, memory=200, disk=9, cells=CELLS), server("b", cpu=5000, memory=70, disk=9))
    made = units(here)
    assert made.columns == ("cpu", "memory", "disk", "cpu@0", "memory@0", "cpu@1", "memory@1")
    capacity, _ = made.capacity(here.inventory)
    assert capacity.tolist() == [
        [16_000, 200, 9, 8000, 100, 6000, 50],
        [5000, 70, 9, 5000, 70, 0, 0],
    ], "a server without cells is one cell"


def test_cells_are_overcommitted_as_their_server() -> None:
    here = world(server("a", cpu=16_000, memory=200, cells=CELLS, cpu_overcommit=2))
    one_cell = application("web", numa_cells=1, cpu=1)
    assert fits(here, (one_cell, 16), cells=(0,))
    assert not fits(here, (one_cell, 17), cells=(0,))
    assert not fits(here, (one_cell, 13), cells=(1,))


def test_modes() -> None:
    three = units(world(server("a", cpu=9, cells=[{"cpu": 3}] * 3)))
    assert three.modes(application("any", cpu=1)) == ((),)
    assert three.modes(application("one", cpu=1, numa_cells=1)) == ((0,), (1,), (2,))
    assert three.modes(application("two", cpu=1, numa_cells=2)) == ((0, 1), (0, 2), (1, 2))
    none = units(world(server("a", cpu=9)))
    assert none.modes(application("one", cpu=1, numa_cells=1)) == ((),)


def test_an_instance_in_cells_takes_from_them_and_from_the_server() -> None:
    here = world(server("a", cpu=16_000, memory=200, disk=9, cells=CELLS))
    nothing = dict.fromkeys(units(here).columns, 0)
    asked = application("web", numa_cells=1, cpu=3, memory="11Mi", disk="2Gi")
    whole = {"cpu": 3000, "memory": 11, "disk": 2}
    assert books(here, asked) == nothing | whole
    assert books(here, asked, (1,)) == nothing | whole | {"cpu@1": 3000, "memory@1": 11}
    halves = {"cpu@0": 1500, "memory@0": 6, "cpu@1": 1500, "memory@1": 6}
    assert books(here, asked, (0, 1)) == nothing | whole | halves, "half of it in each, rounded up"


@pytest.mark.parametrize(("amount", "down", "up"), [(12_000, 4000, 4000), (12_001, 4000, 4001), (11_999, 3999, 4000)])
def test_back_to_base_units(amount: int, down: int, up: int) -> None:
    made = units(world(server("a", cpu=4000, memory=64, cpu_overcommit="1.5")))
    assert (made.base(0, 0, amount), made.base(0, 0, amount, up=True)) == (down, up)
    assert made.base(1, 0, amount) == amount


def test_a_resource_that_no_server_has_is_not_in_the_books() -> None:
    here = world(server("a", cpu=4000))
    assert np.array_equal(units(here).demand(application("web", cpu=1, gpu=2), ()), [[1000]])
