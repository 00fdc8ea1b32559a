"""Overview: sums that add up, per region, province and carrier."""

from __future__ import annotations

from planner.inventory.overview import Overview
from planner.inventory.snapshot import Snapshot
from tests.worlds import allocation, application, server, site, world


def overview(*parts: object) -> Overview:
    made = world(*parts)  # type: ignore[arg-type]
    return Overview.of(Snapshot.of(made), made.applications)


SITES = (
    site("gz", region="South China", province="Guangdong", carrier="telecom"),
    site("sz", region="South China", province="Guangdong", carrier="unicom"),
    site("bj", region="North China", province="Beijing", carrier="telecom"),
)


def test_room_is_summed_by_place_the_largest_first() -> None:
    seen = overview(
        *SITES,
        server("a", site="gz", cpu=8000, memory=1024),
        server("b", site="sz", cpu=4000, memory=1024),
        server("c", site="bj", cpu=1000, memory=1024),
    )
    assert (seen.total.sites, seen.total.servers, seen.total.capacity) == (3, 3, {"cpu": 13_000, "memory": 3072})
    by_region = {room.name: (room.sites, room.capacity["cpu"]) for room in seen.places["region"]}
    assert by_region == {"South China": (2, 12_000), "North China": (1, 1000)}
    assert [room.name for room in seen.places["carrier"]] == ["telecom", "unicom"]


def test_free_is_what_a_vm_finds_on_servers_that_are_online() -> None:
    seen = overview(
        *SITES,
        server("a", site="gz", cpu=8000, cpu_overcommit=2),
        server("b", site="sz", cpu=4000, state="draining"),
        application("web", cpu=1, instances=4),
        allocation("web", "a", 4),
    )
    assert seen.online == 1
    assert seen.total.capacity == {"cpu": 12_000}
    assert seen.total.free == {"cpu": 6000}, "four containers of one core on a server with overcommit 2 take two cores"


def test_what_runs_and_what_is_asked_for() -> None:
    seen = overview(
        *SITES,
        server("a", site="gz", cpu=8000),
        application("web", cpu=1, instances=5),
        application("db", cpu=1, instances=2),
        application("log", cpu=1, master={"application": "web", "ratio": 1}),
        allocation("web", "a", 3),
        allocation("db", "a", 2),
    )
    assert (seen.running_applications, seen.running) == (2, 5)
    assert (seen.outstanding, seen.asked) == (1, 2)
