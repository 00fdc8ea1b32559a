"""Small random worlds with applications of every kind of rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import reject
from hypothesis import strategies as st
from pydantic import ValidationError

from planner.inventory.snapshot import LEVELS
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.manifests.runtimes import Runtimes
from tests.worlds import Server, Site, application, server, site, world

T = TypeVar("T")
few = st.integers(1, 3)
levels = st.sampled_from(LEVELS)
NAMES = ("a", "b", "c", "d")


def mostly(usual: T, *others: T) -> st.SearchStrategy[T]:
    return st.sampled_from([usual] * 2 * len(others) + list(others))


softness = mostly(None, 1, 5)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to three sites, five servers and four applications; some servers have NUMA cells, some are not online."""
    places = [draw(_site(name)) for name in ("x", "y", "z")[: draw(few)]]
    names = [place.name for place in places]
    machines = [draw(_server(f"s{row}", names)) for row in range(draw(st.integers(2, 5)))]
    overhead = {"vm": {"overhead": draw(st.sampled_from([{}, {"cpu": "150m", "memory": "100Mi"}]))}}
    return world(
        *places, *machines, *draw(applications(any(each.cells for each in machines))), runtimes=Runtimes(**overhead)
    )


@st.composite
def _site(draw: st.DrawFn, name: str) -> Site:
    return site(
        name,
        region=draw(st.sampled_from(["N", "S"])),
        province=draw(st.sampled_from(["p", "q"])),
        city=draw(st.sampled_from(["c", "d"])),
        carrier=draw(st.sampled_from(["telecom", "unicom", "telecom;unicom"])),
        capabilities=draw(mostly(["lb"], [])),
        state="online" if name == "x" else draw(mostly("online", "offline")),
        cost=draw(st.integers(0, 3)) * 500,
    )


@st.composite
def _server(draw: st.DrawFn, name: str, sites: list[str]) -> Server:
    cells = draw(st.sampled_from([0, 0, 2, 3]))
    cpu = draw(st.integers(3, 8)) * 1000 + draw(st.sampled_from([0, 0, 500, 1]))
    return server(
        name,
        site="x" if name == "s0" else draw(st.sampled_from(sites)),
        rack=draw(st.sampled_from(["r1", "r2"])),
        state="online" if name == "s0" else draw(mostly("online", "draining")),
        capabilities=draw(mostly([], ["gpu"])),
        cpu_overcommit=draw(mostly("1", "1.5", "2", "1.333")),
        cells=[{"cpu": cpu // max(cells, 1), "memory": 8192 // max(cells, 1)}] * cells,
        cpu=cpu,
        memory=8192,
        gpu=draw(st.integers(0, 3)),
    )


@st.composite
def applications(
    draw: st.DrawFn, with_cells: bool, names: Sequence[str] = NAMES, known: Sequence[str] = ()
) -> list[Application]:
    """At least one; they may name each other and those that are known."""
    made: list[Application] = []
    for name in names[: draw(st.integers(1, len(names)))]:
        made.append(draw(_application(name, [*known, *(each.metadata.name for each in made)], with_cells)))
    masters = {each.spec.master.application for each in made if each.spec.master}
    return [_without_standby(each) if each.metadata.name in masters else each for each in made]


def _without_standby(application: Application) -> Application:
    """A master has none."""
    kept = [loss for loss in application.spec.survives if not loss.standby]
    return application.model_copy(update={"spec": application.spec.model_copy(update={"survives": kept})})


@st.composite
def _application(draw: st.DrawFn, name: str, others: list[str], with_cells: bool) -> Application:
    group = draw(st.sampled_from([None, None, "g"]))
    across = st.sampled_from(["application", "group"] if group else ["application"])
    spec: dict[str, Any] = {
        "runtime": draw(st.sampled_from(["vm", "container"])),
        "resources": {"cpu": draw(st.sampled_from(["100m", "700m", 1, 2])), "memory": f"{draw(st.integers(0, 3))}Gi"},
        "gpu_share": draw(mostly(None, 0.4, 0.6)),
        "group": group,
        "requires": draw(mostly([], ["lb"])),
        "forbids": draw(mostly([], ["gpu"])),
        "numa_cells": draw(mostly(None, 1, 2)) if with_cells else None,
        "spread": draw(_few(_spread(across))),
        "survives": draw(_few(_survives(across))),
        "together": draw(_few(st.fixed_dictionaries({"at": levels, "across": across, "soft": softness}))),
        "apart_from": draw(_few(_apart(others, group))) if others or group else [],
        "all_or_nothing": draw(across),
        "priority": draw(few),
        "move_cost": draw(st.integers(0, 2)),
    }
    if spec["gpu_share"] is None:
        spec["resources"] |= draw(mostly({}, {"gpu": 1}, {"gpu": 2}))
    if others and draw(st.sampled_from([False, False, True])):
        amount = draw(st.sampled_from(["ratio", "per_site"]))
        spec["master"] = {"application": draw(st.sampled_from(others)), amount: draw(few)}
    else:
        spec["demand"] = draw(st.lists(_demand(), min_size=1, max_size=2))
        if spec["all_or_nothing"] == "application" and draw(st.booleans()):
            spec["partial"] = {"minimum": draw(few)}
    try:
        return application(name, labels={"side": draw(st.sampled_from(["left", "right"]))}, **spec)
    except ValidationError:  # more domains or a larger minimum than there are instances
        reject()


@st.composite
def _demand(draw: st.DrawFn) -> dict[str, Any]:
    where = draw(mostly({}, {"carrier": "telecom"}, {"province": ["p", "r"]}, {"site": ["x", "y"]}))
    amount = draw(st.sampled_from(["instances", "instances", "instances_per_site"]))
    return {"where": where, amount: draw(st.integers(1, 5)) if amount == "instances" else draw(st.integers(1, 2))}


@st.composite
def _spread(draw: st.DrawFn, across: st.SearchStrategy[str]) -> dict[str, Any]:
    limits: dict[str, Any] = {
        "max_instances": draw(few),
        "max_share": draw(st.sampled_from(["30%", "50%", "70%"])),
        "min_domains": draw(few),
    }
    kept = draw(st.sampled_from(sorted(limits)))
    return {"over": draw(levels), "across": draw(across), "soft": draw(softness), kept: limits[kept]}


def _survives(across: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    keep = st.sampled_from([1, 2, "30%", "50%"])
    some = st.fixed_dictionaries({"loss_of": levels, "count": st.integers(1, 2), "keep": keep, "across": across})
    standby = {"loss_of": levels, "keep": keep | st.just("100%"), "across": across, "standby": st.just("shared")}
    return some | st.fixed_dictionaries(standby)


@st.composite
def _apart(draw: st.DrawFn, others: list[str], group: str | None) -> dict[str, Any]:
    if group and (not others or draw(st.booleans())):
        return {"at": draw(levels), "soft": draw(softness), "label_differs": "side"}
    return {"at": draw(levels), "soft": draw(softness), "applications": [draw(st.sampled_from(others))]}


def _few(each: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.just([]) | st.just([]) | st.lists(each, min_size=1, max_size=2)
