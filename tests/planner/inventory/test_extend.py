"""A snapshot with more servers is the snapshot of the world with these servers."""

from __future__ import annotations

import numpy as np

from planner.inventory.extend import NewServers, NewSite, extended
from planner.inventory.snapshot import Snapshot
from tests.worlds import allocation, application, server, site, world

HERE = site("a", region="r", province="p", city="c", carrier="telecom", capabilities=["lb.l7"])
PARTS = (
    HERE,
    server("a1", site="a", rack="r1", cpu=8000, memory=16384, gpu=0),
    application("web", cpu=2),
    allocation("web", "a1", 2),
)
ROOM = {"cpu": 4000, "memory": 8192, "gpu": 2}


def test_it_is_the_snapshot_of_the_larger_world() -> None:
    there = site("b", region="r", province="p", city="c", carrier="unicom", cost=0)
    new = [
        server(f"{at}-x-{n}", site=at, rack="x", capabilities=["gpu.t4"], cpu=4000, memory=8192, gpu=2)
        for at in "ab"
        for n in (1, 2)
    ]
    expected = Snapshot.of(world(*PARTS, there, *new))
    servers = [NewServers(at, "x", 2, ROOM, frozenset(["gpu.t4"])) for at in "ab"]
    attributes = {"region": "r", "province": "p", "city": "c", "carrier": "unicom"}
    found = extended(Snapshot.of(world(*PARTS)), servers, [NewSite("b", attributes, latitude=0.0, longitude=0.0)])
    assert found.inventory.servers.name == expected.inventory.servers.name
    for name in ("capacity", "used", "free", "rate", "usable", "busy", "price", "cells"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)
    np.testing.assert_array_equal(found.topology.domain, expected.topology.domain)
    np.testing.assert_array_equal(found.devices.free, expected.devices.free)
    assert found.offers.keys() == expected.offers.keys()
    assert all((found.offers[name] == expected.offers[name]).all() for name in expected.offers)
    assert (found.row, found.topology.sizes) == (expected.row, expected.topology.sizes)
