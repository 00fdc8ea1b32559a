"""A generation stands for what inventory and allocations say, not for how they are stored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.inventory.generation import generation
from planner.inventory.inventory import Column
from planner.inventory.world import World
from tests.worlds import allocation, application, server, site, world


def here(**changes: object) -> World:
    options: dict[str, object] = {"cpu": 8000, "state": "online", "labels": {"model": "b"}, "rack": "r1"} | changes
    return world(
        site("north", city="Harbin"),
        server("s1", site="north", cpu=8000, cells=[{"cpu": 4000}, {"cpu": 4000}], labels={"model": "a"}),
        server("s2", site="north", **options),  # type: ignore[arg-type]
        application("web"),
        application("api"),
        allocation("web", "s1", 2),
        allocation("api", "s2", 1),
    )


def of(world: World) -> str:
    return generation(world.inventory, world.allocations)


def test_storage_does_not_count() -> None:
    one = here()
    servers = one.inventory.servers
    labels = {"model": Column(("unused", "b", "a"), np.array([2, 1], np.int32))}
    other = replace(one.inventory, servers=replace(servers, labels=labels))
    assert generation(other, one.allocations[::-1]) == of(one)
    assert len(of(one)) == 16


def test_applications_do_not_count() -> None:
    one = here()
    assert of(replace(one, applications=one.applications[:1])) == of(one)


@pytest.mark.parametrize(
    "change",
    [
        {"cpu": 9000},
        {"state": "draining"},
        {"labels": {"model": "a"}},
        {"labels": {"colour": "b"}},
        {"rack": "r2"},
        {"capabilities": ["lb.l7"]},
        {"cpu_overcommit": "1.5"},
        {"cells": [{"cpu": 8000}]},
    ],
)
def test_every_property_of_a_server_counts(change: dict[str, object]) -> None:
    assert of(here(**change)) != of(here())


def test_allocations_count() -> None:
    one = here()
    moved = replace(one.allocations[0], server=1)
    assert len({of(one), generation(one.inventory, one.allocations[:1]), generation(one.inventory, (moved,))}) == 3


def test_text_cannot_slip_from_one_column_to_the_next() -> None:
    assert of(world(server("a", rack="b"), server("c"))) != of(world(server("a"), server("b", rack="c")))
