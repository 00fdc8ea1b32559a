"""Reasons: each number in them can be counted by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from planner.inventory.snapshot import Snapshot
from planner.plans.plan import SolveOptions
from planner.plans.solve import solve
from tests.worlds import allocation, application, server, site, world


def reasons(*parts: Any) -> dict[str, str]:
    """Why each application is left out."""
    made = world(*parts)
    plan = solve(Snapshot.of(made), made.applications, SolveOptions(effort=0))
    return {row.application: row.reason for row in plan.unplaced}


def reason(*parts: Any) -> str:
    """Of application `web`."""
    return reasons(*parts)["web"]


def test_nowhere() -> None:
    places = site("x", carrier="telecom", province="Hunan"), site("y", carrier="unicom", capabilities=["lb"])
    machines = server("x1", site="x"), server("y1", site="y", capabilities=["gpu"])

    def of(**spec: Any) -> str:
        return reason(*places, *machines, application("web", **spec))

    assert of(where={"carrier": ["mobile", "satellite"]}) == "no online server is in carrier mobile or satellite"
    assert of(where={"carrier": "unicom", "province": "Hunan"}) == (
        "no online server is in carrier unicom, province Hunan"
    )
    assert of(where={"carrier": "telecom"}, requires=["lb"]) == "no online server there offers lb"
    assert of(where={"carrier": "unicom"}, forbids=["gpu"]) == (
        "every online server there offers gpu, which is forbidden"
    )
    assert of(requires=["lb"], forbids=["gpu"]) == (
        "no online server there offers all that is required and nothing that is forbidden"
    )
    assert of(numa_cells=2) == "no online server there has 2 NUMA cells"
    assert reason(server("a", state="offline"), application("web")) == "no server is online"


def test_too_far() -> None:
    """One degree is 111 km, a round trip of 7.4 ms; two are 9.7 ms; another carrier costs 10 ms."""

    def of(bound: float, users: dict[str, Any], where: dict[str, str] | None = None, **spec: Any) -> str:
        entry = {"where": where or {}, "within": {"latency_ms": bound, "of": users}, "instances": 1}
        return reason(
            site("x", province="Hunan", carrier="telecom", longitude=1),
            site("y", province="Hubei", carrier="unicom", longitude=2, capabilities=["lb"]),
            site("z", longitude=math.nan),
            *(server(f"{name}1", site=name) for name in "xyz"),
            application("web", demand=[entry], **spec),
        )

    both, origin = {"province": ["Hunan", "Hubei"]}, {"latitude": 0, "longitude": 0}
    assert of(7, both) == "no online server is within 7 ms of province Hunan and Hubei: the nearest is 7.4 ms away"
    assert of(8, {**both, "carrier": ["telecom", "unicom"]}) == (
        "no online server is within 8 ms of province Hunan and Hubei, carrier telecom and unicom: "
        "the nearest is 17.4 ms away"
    )
    assert of(9, origin, {"province": "Hubei", "carrier": "unicom"}) == (
        "no online server in province Hubei, carrier unicom is within 9 ms of latitude 0, longitude 0: "
        "the nearest is 9.7 ms away"
    )
    assert of(9, origin, {"site": "z"}) == (
        "no online server in site z is within 9 ms of latitude 0, longitude 0: their sites have no coordinates"
    )
    assert of(9, origin, requires=["lb"]) == "no online server there offers lb"


def test_no_room_for_one() -> None:
    assert reason(
        server("a", site="x", cpu=8000, memory=1024),
        server("b", site="x", cpu=3000, memory=1024),
        server("c", site="y", cpu=3000, memory=1024),
        application("web", cpu=4, memory="2Gi"),
    ) == ("none of the 3 servers in 2 sites it may use has room for one instance: memory runs out first on 3 of them")


def test_not_enough_room() -> None:
    """Of 4-core instances: two by cpu and nine by memory in a, one by memory in b, and one in c, half of which runs."""
    assert reason(
        server("a", cpu=9000, memory=9216),
        server("b", cpu=9000, memory=1024),
        server("c", cpu=9000, memory=9216),
        application("old", cpu=4, memory="1Gi"),
        allocation("old", "c"),
        application("web", cpu=4, memory="1Gi", instances=5),
    ) == ("the 3 servers in 1 site it may use have room for 4 of 5: cpu runs out first on 2 of them")


def test_containers_find_more_room_than_vms() -> None:
    """Four cores are twelve for containers: ten beside a VM of two thirds of a core."""
    parts = (
        server("a", cpu=4000, cpu_overcommit=3),
        application("old", runtime="vm", cpu="667m"),
        allocation("old", "a"),
    )
    container = reason(*parts, application("web", instances=10))
    assert container == "the 1 server in 1 site it may use has room for 9 of 10: cpu runs out first"
    vm = reason(*parts, application("web", runtime="vm", instances=4))
    assert vm == "the 1 server in 1 site it may use has room for 3 of 4: cpu runs out first"


def test_room_in_cells_is_not_more_than_in_the_server() -> None:
    """Cells of 4 + 4 cores, but six in the server: a VM that does not ask for cells has two."""
    cells = [{"cpu": 4000}, {"cpu": 4000}]
    old = application("old", runtime="vm", cpu=2), allocation("old", "a")
    parts = server("a", cpu=8000, cells=cells), *old
    one = reason(*parts, application("web", runtime="vm", numa_cells=1, instances=7))
    assert one == "the 1 server in 1 site it may use has room for 6 of 7: cpu runs out first"
    two = reason(*parts, application("web", runtime="vm", cpu=2, numa_cells=2, instances=5))
    assert two == "the 1 server in 1 site it may use has room for 3 of 5: cpu runs out first"


def test_two_cells_are_different_ones() -> None:
    """Halves of one core: cells hold 1, 2 and 6 of them; of nine halves 1 + 2 go with one of the third cell."""
    cells = [{"cpu": 1000}, {"cpu": 2000}, {"cpu": 6000}]
    assert reason(
        server("a", cpu=9000, cells=cells), application("web", runtime="vm", cpu=2, numa_cells=2, instances=4)
    ) == ("the 1 server in 1 site it may use has room for 3 of 4: cpu runs out first")


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ({"maxInstances": 2}, "the 3 servers in 2 sites it may use have room for 4 of 6 with at most 2 per site"),
        ({"maxShare": "50%"}, "the 3 servers in 2 sites it may use have room for 5 of 6 with at most 3 per site"),
        ({"minDomains": 3}, "it must stand in 3 sites or more, but only 2 have room"),
    ],
)
def test_not_under_its_own_limits(limit: dict[str, Any], told: str) -> None:
    machines = server("a", site="x", cpu=4000), server("b", site="x", cpu=4000), server("c", site="y", cpu=2000)
    assert reason(*machines, application("web", instances=6, spread=[{"over": "site", **limit}])) == told


def test_limits_count_what_runs() -> None:
    """Half of eight are four per server: three on a, for more have no room, and one on b, where three run already."""
    spread = [{"over": "server", "maxShare": "50%"}]
    assert reason(
        server("a", cpu=3000),
        server("b"),
        application("web", instances=8, spread=spread),
        allocation("web", "b", 3),
    ) == ("the 2 servers in 1 site it may use have room for 4 of 5 with at most 4 per server")


def test_not_in_one_place() -> None:
    together = application("web", instances=5, together=[{"at": "rack"}])
    machines = server("a", rack="r", cpu=2000), server("b", rack="r", cpu=2000), server("c", rack="s", cpu=3000)
    assert reason(*machines, together) == "no rack has room for more than 4 of the 5 that must stand together"
    told = "the rack that it must share with what runs already has room for 2 of 4"
    assert reason(*machines, together, allocation("web", "c")) == told


def test_not_apart_from_what_runs() -> None:
    db = application("db", instances=2), allocation("db", "a"), allocation("db", "c")
    assert reason(
        server("a", rack="r", cpu=9000),
        server("b", rack="r", cpu=9000),
        server("c", rack="s", cpu=9000),
        server("d", rack="t", cpu=4000),
        *db,
        application("web", instances=5, apart_from=[{"at": "rack", "applications": ["db"]}]),
    ) == (
        "the 4 servers in 1 site it may use have room for 4 of 5 outside of the 2 racks with db, "
        "from which it must stay apart"
    )


def test_not_in_every_site() -> None:
    assert reason(
        server("a", site="x", cpu=2000),
        server("b", site="y", cpu=1000),
        server("c", site="y", cpu=500),
        server("d", site="z", cpu=4000),
        application("web", demand=[{"instancesPerSite": 2}]),
    ) == ("1 of the 3 sites it may use has no room for 2 instances")


def test_not_with_its_child() -> None:
    """x has no room for a child, y for one: two masters."""
    machines = server("a", site="x", cpu=9000, memory=512), server("b", site="y", cpu=9000, memory=1024)
    log = application("log", cpu="1m", memory="1Gi", master={"application": "web", "ratio": 2})
    assert reason(*machines, application("web", instances=3), log) == (
        "at most 2 of 3 have room for the child log in the same site"
    )
    big = application("log", memory="2Gi", master={"application": "web", "perSite": 1})
    assert reason(*machines, application("web", instances=3), big) == (
        "no site that it may use has room for it and for its child log"
    )
    lost = application("log", requires=["gpu"], master={"application": "web", "perSite": 1})
    assert reason(*machines, application("web", instances=3), lost) == (
        "its child log has nowhere to go: no online server there offers gpu"
    )


def test_taken_by_others() -> None:
    told = reasons(
        server("a", cpu=8000),
        application("first", cpu=1, instances=6, priority=9),
        application("web", cpu=1, instances=4),
    )
    assert told == {"web": "there is room for 8 alone, but only for 2 beside what this plan places"}


def test_a_part_is_left_out() -> None:
    told = reasons(
        server("a", cpu=8000),
        application("first", cpu=1, instances=6, priority=9),
        application("web", cpu=1, instances=4, partial={"minimum": 1}),
    )
    assert told == {"web": "there is room for 8 alone, but only for 0 beside what this plan places"}


def test_partners_that_do_not_fit() -> None:
    whole: dict[str, Any] = {"group": "g", "all_or_nothing": "group"}
    told = reasons(server("a", cpu=8000), application("web", instances=2, **whole), application("big", cpu=9, **whole))
    assert told == {
        "web": "there is room for 8 alone, but it comes whole with big or not at all",
        "big": "none of the 1 server in 1 site it may use has room for one instance: cpu runs out first",
    }


def test_rules_that_only_together_leave_no_way() -> None:
    spread: list[dict[str, Any]] = [{"over": "rack", "maxInstances": 1}]
    assert reason(
        server("a", rack="r"),
        server("b", rack="s"),
        application("web", instances=2, spread=spread, together=[{"at": "server"}]),
    ) == ("there is room for 32 alone and for 32 beside this plan, but no way was found that keeps all rules")


def test_too_much_would_be_lost() -> None:
    """Of 10 at least 8 remain: two in a site, of which there are four."""
    places = [part for name in "wxyz" for part in (site(name), server(f"{name}1", site=name, cpu=8000))]
    survives = [{"loss_of": "site", "keep": "80%"}]
    assert reason(*places, application("web", instances=10, survives=survives)) == (
        "the 4 servers in 4 sites it may use have room for 8 of 10 when losing any site may cost at most 2"
    )
    twice = [{"loss_of": "site", "count": 2, "keep": 9}]
    assert reason(*places, application("web", instances=10, survives=twice)) == (
        "the 4 servers in 4 sites it may use have room for 4 of 10 when losing any 2 sites may cost at most 1"
    )
