"""Snapshot: what is free, where servers stand, and which of them an application may use."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from planner.inventory.snapshot import LEVELS, Snapshot
from planner.manifests.errors import InvalidInput
from planner.manifests.runtimes import Runtimes
from tests.worlds import Running, allocation, application, server, site, world


def free(snapshot: Snapshot) -> dict[str, dict[str, int]]:
    """In base units, by server and column."""
    return {
        name: {
            column: snapshot.units.base(position, int(snapshot.rate[row]), int(snapshot.free[row, position]))
            for position, column in enumerate(snapshot.units.columns)
        }
        for row, name in enumerate(snapshot.inventory.servers.name)
    }


def domains(snapshot: Snapshot, level: str) -> list[set[str]]:
    """Servers by their domain of the level."""
    groups: dict[int, set[str]] = {}
    for name, domain in zip(
        snapshot.inventory.servers.name, snapshot.topology.domain[LEVELS.index(level)], strict=True
    ):
        groups.setdefault(int(domain), set()).add(name)
    assert len(groups) <= snapshot.topology.sizes[LEVELS.index(level)]
    return sorted(groups.values(), key=min)


def eligible(snapshot: Snapshot, where: dict[str, list[str]] | None = None, **more: Sequence[str]) -> list[str]:
    rows = snapshot.eligible(where or {}, more.get("requires", ()), more.get("forbids", ()))
    return [snapshot.inventory.servers.name[row] for row in rows]


def test_allocations_take_room_with_their_overhead() -> None:
    seen = Snapshot.of(
        world(
            server("a", cpu=8000, memory=8192),
            server("b", cpu=8000, memory=8192),
            application("web", runtime="vm", cpu=2, memory="1Gi", instances=3),
            allocation("web", "a", 3),
            runtimes=Runtimes.model_validate({"vm": {"overhead": {"memory": "256Mi"}}}),
        )
    )
    assert free(seen) == {"a": {"cpu": 2000, "memory": 8192 - 3 * 1280}, "b": {"cpu": 8000, "memory": 8192}}
    assert seen.busy.tolist() == [True, False]
    assert seen.standing("web") == {0: 3}


def test_allocations_stand_in_their_cells() -> None:
    cells = [{"cpu": 4000}, {"cpu": 4000}]
    seen = Snapshot.of(
        world(
            server("a", cpu=8000, cells=cells),
            application("one", cpu=1, numa_cells=1, instances=3),
            application("two", cpu=2, numa_cells=2),
            allocation("one", "a", 3, cells=(1,)),
            allocation("two", "a", cells=(0, 1)),
        )
    )
    assert free(seen) == {"a": {"cpu": 3000, "cpu@0": 3000, "cpu@1": 0}}


def test_running_applications_and_their_demand_entries() -> None:
    seen = Snapshot.of(
        world(
            server("a"),
            application("web", demand=[{"instances": 2}, {"instances": 2}]),
            application("idle"),
            allocation("web", "a", 2),
            allocation("web", "a", 1, demand=1),
        )
    )
    assert seen.applications.keys() == {"web"}
    assert seen.standing("web") == {0: 2, 1: 1}
    assert not seen.standing("idle")


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            [server("a", cpu=2000, memory=512), application("web", cpu=1, memory="100Mi"), allocation("web", "a", 3)],
            "cpu: found 3,000 millicores allocated on server 'a', expected at most its 2,000 millicores",
        ),
        (
            [
                server("a", cpu=2000, cpu_overcommit="1.5"),
                application("web", cpu=1),
                application("vm", runtime="vm", cpu=1),
                allocation("web", "a", 2),
                allocation("vm", "a", 1),
            ],
            "cpu: found 2,334 millicores allocated on server 'a' (containers count 2/3), "
            "expected at most its 2,000 millicores",
        ),
        (
            [
                server("a", memory=4096, cells=[{"memory": 1024}, {"memory": 1024}]),
                application("web", memory="1500Mi", numa_cells=1),
                allocation("web", "a", cells=(1,)),
            ],
            "memory: found 1,500 MiB allocated on NUMA cell 1 of server 'a', expected at most its 1,024 MiB",
        ),
        (
            [server("a", licences=1), application("web", licences=1), allocation("web", "a", 2)],
            "licences: found 2 licences allocated on server 'a', expected at most its 1 licences",
        ),
    ],
)
def test_allocations_beyond_a_server(parts: Sequence[Running], told: str) -> None:
    with pytest.raises(InvalidInput) as invalid:
        Snapshot.of(world(*parts))
    assert str(invalid.value) == f"allocations.csv: {told}"


def test_every_server_with_too_much_is_told() -> None:
    with pytest.raises(InvalidInput) as invalid:
        Snapshot.of(
            world(
                *(server(name, cpu=1000, memory=100) for name in "abc"),
                application("web", cpu=1, memory="60Mi"),
                *(allocation("web", name, count) for name, count in (("a", 2), ("b", 1), ("c", 3))),
            )
        )
    assert [(each.field, each.found) for each in invalid.value.problems] == [
        ("cpu", "2,000 millicores allocated on server 'a'"),
        ("memory", "120 MiB allocated on server 'a'"),
        ("cpu", "3,000 millicores allocated on server 'c'"),
        ("memory", "180 MiB allocated on server 'c'"),
    ]


def test_places_nest_so_that_equal_names_elsewhere_are_others() -> None:
    seen = Snapshot.of(
        world(
            site("x", region="N", province="Hebei", city="Chengde"),
            site("y", region="N", province="Hebei", city="Chengde"),
            site("z", region="N", province="Shanxi", city="Chengde"),
            site("s", region="S", province="Hebei", city="Chengde"),
            server("x1", site="x", rack="r1"),
            server("x2", site="x", rack="r1"),
            server("x3", site="x", rack="r2"),
            server("y1", site="y", rack="r1"),
            server("z1", site="z"),
            server("s1", site="s"),
        )
    )
    assert domains(seen, "server") == [{"s1"}, {"x1"}, {"x2"}, {"x3"}, {"y1"}, {"z1"}]
    assert domains(seen, "rack") == [{"s1"}, {"x1", "x2"}, {"x3"}, {"y1"}, {"z1"}], "racks belong to their site"
    assert domains(seen, "site") == [{"s1"}, {"x1", "x2", "x3"}, {"y1"}, {"z1"}]
    assert domains(seen, "city") == [{"s1"}, {"x1", "x2", "x3", "y1"}, {"z1"}]
    assert domains(seen, "province") == [{"s1"}, {"x1", "x2", "x3", "y1"}, {"z1"}]
    assert domains(seen, "region") == [{"s1"}, {"x1", "x2", "x3", "y1", "z1"}]


def test_a_site_on_several_carriers() -> None:
    seen = Snapshot.of(
        world(
            site("t", carrier="telecom"),
            site("u", carrier="unicom"),
            site("both", carrier="telecom;unicom"),
            *(server(name, site=name) for name in ("t", "u", "both")),
        )
    )
    assert eligible(seen, {"carrier": ["telecom"]}) == ["t", "both"]
    assert eligible(seen, {"carrier": ["telecom", "unicom"]}) == ["t", "u", "both"]
    assert eligible(seen, {"carrier": ["mobile"]}) == []
    assert domains(seen, "carrier") == [{"both"}, {"t"}, {"u"}], "it shares the fate of neither alone"


def test_where_knows_sites_attributes_and_labels() -> None:
    seen = Snapshot.of(
        world(
            site("x", region="N", city="Beijing", cluster="k1", tier="gold"),
            site("y", region="N", city="Tianjin", cluster="k2", tier="iron"),
            server("x1", site="x", labels={"generation": "v3"}),
            server("x2", site="x", labels={"generation": "v4"}),
            server("y1", site="y", labels={"generation": "v4"}),
        )
    )
    assert eligible(seen) == ["x1", "x2", "y1"]
    assert eligible(seen, {"site": ["x"]}) == ["x1", "x2"]
    assert eligible(seen, {"city": ["Tianjin", "Beijing"], "tier": ["iron"]}) == ["y1"]
    assert eligible(seen, {"cluster": ["k1", "k2"], "generation": ["v4"]}) == ["x2", "y1"]
    assert eligible(seen, {"region": ["S"]}) == []
    assert eligible(seen, {"colour": ["red"]}) == []


def test_capabilities_of_the_server_or_its_site() -> None:
    seen = Snapshot.of(
        world(
            site("x", capabilities=["lb.l7"]),
            site("y"),
            server("x1", site="x", capabilities=["gpu.t4"]),
            server("x2", site="x"),
            server("y1", site="y", capabilities=["gpu.t4", "lb.l7"]),
        )
    )
    assert eligible(seen, requires=["lb.l7"]) == ["x1", "x2", "y1"]
    assert eligible(seen, requires=["lb.l7", "gpu.t4"]) == ["x1", "y1"]
    assert eligible(seen, requires=["disk.local"]) == []
    assert eligible(seen, forbids=["gpu.t4"]) == ["x2"]
    assert eligible(seen, forbids=["disk.local"]) == ["x1", "x2", "y1"]


@pytest.mark.parametrize("state", ["draining", "offline", "retired"])
def test_what_is_not_online_takes_nothing_new_and_keeps_its_books(state: str) -> None:
    seen = Snapshot.of(
        world(
            site("x"),
            site("y", state=state),
            server("x1", site="x", cpu=4000),
            server("x2", site="x", cpu=4000, state=state),
            server("y1", site="y", cpu=4000),
            application("web", cpu=1, instances=6),
            *(allocation("web", name, 2) for name in ("x1", "x2", "y1")),
        )
    )
    assert seen.usable.tolist() == [True, False, False]
    assert eligible(seen) == ["x1"]
    assert {name: room["cpu"] for name, room in free(seen).items()} == {"x1": 2000, "x2": 2000, "y1": 2000}
    assert seen.standing("web") == {0: 6}


def test_two_cells_need_a_server_that_has_them() -> None:
    cells = [{"cpu": 4000}, {"cpu": 4000}]
    seen = Snapshot.of(world(server("a", cpu=8000), server("b", cpu=8000, cells=cells)))
    assert seen.cells.tolist() == [1, 2]
    assert seen.eligible({}, (), (), cells=1).tolist() == [0, 1]
    assert seen.eligible({}, (), (), cells=2).tolist() == [1]


def test_an_empty_world() -> None:
    seen = Snapshot.of(world())
    assert eligible(seen) == []
    assert seen.topology.sizes == (0,) * len(LEVELS)
