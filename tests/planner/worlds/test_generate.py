"""A generated world is exact where it promises to be, possible everywhere, and always the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from planner.inventory.world import World
from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from planner.worlds.generate import GenerateOptions, generate
from planner.worlds.read import read
from planner.worlds.write import rendered, write


@lru_cache(maxsize=4)
def made(**options: float) -> World:
    return generate(GenerateOptions(**options))  # type: ignore[arg-type]


def large() -> World:
    """The default size, with a batch of the evidence's size."""
    return made(requests=300)


def small(**options: float) -> World:
    return made(**({"sites": 120, "servers": 6000} | options))


def demand(application: Application, world: World) -> NDArray[np.int64]:
    return np.array([application.spec.resources.get(name, 0) for name in world.inventory.resources], np.int64)


def free(world: World) -> NDArray[np.int64]:
    left = world.inventory.servers.capacity.copy()
    needs = {application.id: demand(application, world) for application in world.applications}
    for row in world.allocations:
        left[row.server] -= needs[row.application] * row.instances
    return left


def usable(world: World) -> NDArray[np.bool_]:
    sites, servers = world.inventory.sites, world.inventory.servers
    site = np.array([state == "online" for state in sites.state], np.bool_)[servers.site]
    own = np.array([state == "online" for state in servers.state.values], np.bool_)[servers.state.code]
    return np.logical_and(site, own)


def load(world: World) -> float:
    return float(1 - free(world)[:, 0].sum() / world.inventory.servers.capacity[:, 0].sum())


def asked(world: World) -> list[Application]:
    """The batch: what is not running already."""
    running = {row.application for row in world.allocations}
    return [application for application in world.applications if application.id not in running]


def masters(world: World) -> list[Application]:
    return [application for application in asked(world) if application.spec.master is None]


# ------------------------------------------------------------------------------------ sites and servers


@pytest.mark.parametrize(("sites", "servers"), [(1, 3), (1, 600), (7, 100), (120, 6000), (400, 20_000)])
def test_as_many_sites_and_servers_as_asked_for(sites: int, servers: int) -> None:
    inventory = made(sites=sites, servers=servers).inventory
    sizes = np.bincount(inventory.servers.site, minlength=sites)
    assert len(inventory.sites) == len(set(inventory.sites.name)) == sites
    assert len(inventory.servers) == len(set(inventory.servers.name)) == sizes.sum() == servers
    assert 3 <= sizes.min() <= sizes.max() <= 600


def test_sites_stand_in_every_province_and_on_every_carrier() -> None:
    attributes = large().inventory.sites.attributes
    assert len(set(attributes["province"].values)) == 31
    assert len(set(attributes["region"].values)) == 7
    assert {part for value in attributes["carrier"].values for part in value.split(";")} == {
        "telecom",
        "unicom",
        "mobile",
    }
    assert "telecom;unicom" in attributes["carrier"].values


def test_sizes_are_skewed_and_servers_come_in_racks_of_one_shape() -> None:
    servers = large().inventory.servers
    sizes = np.bincount(servers.site)
    assert np.median(sizes) < 0.8 * sizes.mean()
    racks: dict[tuple[int, str], set[tuple[int, ...]]] = {}
    for row in range(len(servers)):
        racks.setdefault((int(servers.site[row]), servers.rack[row]), set()).add(tuple(servers.capacity[row].tolist()))
    assert all(len(shapes) == 1 for shapes in racks.values())
    assert 15 < len(servers) / len(racks) <= 20
    assert len({shape for shapes in racks.values() for shape in shapes}) >= 5


def test_gpus_are_offered_where_they_are() -> None:
    servers = large().inventory.servers
    gpu = servers.capacity[:, 4] > 0
    assert gpu.any()
    assert [("gpu.t4" in offers) for offers in servers.capabilities] == gpu.tolist()


def test_large_sites_have_a_cluster_of_their_own_and_small_ones_share() -> None:
    inventory = large().inventory
    sizes = np.bincount(inventory.servers.site)
    hosted: Counter[str] = Counter()
    for row, size in enumerate(sizes.tolist()):
        cluster = inventory.sites.attributes["cluster"][row]
        assert (cluster == inventory.sites.name[row]) == (size >= 20)
        if size < 20:
            hosted[cluster] += size
    assert max(hosted.values()) < 2_520


def test_cost_and_states_are_as_described() -> None:
    inventory = large().inventory
    assert 600 <= inventory.sites.cost.min() < 800 < 1400 < inventory.sites.cost.max() <= 1600
    assert 0.98 < usable(large()).mean() < 1


# --------------------------------------------------------------------------------------- existing load


@pytest.mark.parametrize("wanted", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_load_is_as_asked_for_and_within_capacity(wanted: float) -> None:
    world = small(load=wanted)
    assert load(world) == pytest.approx(wanted, abs=0.02)
    assert (free(world) >= 0).all()


def test_load_differs_from_site_to_site_and_from_server_to_server() -> None:
    world = large()
    servers = world.inventory.servers
    used = 1 - free(world)[:, 0] / servers.capacity[:, 0]
    mean = np.bincount(servers.site, used) / np.bincount(servers.site)
    assert load(world) == pytest.approx(0.5, abs=0.02)
    assert mean.std() > 0.1
    assert np.percentile(used, 5) < 0.2 < 0.8 < np.percentile(used, 95)


def test_what_runs_asks_for_exactly_what_it_has() -> None:
    world = small()
    held: Counter[str] = Counter()
    for row in world.allocations:
        assert row.instances > 0
        held[row.application] += row.instances
    wanted = {
        application.id: application.spec.demand[0].instances
        for application in world.applications
        if application.spec.demand
    }
    assert wanted == held
    assert all(application.spec.demand[0].where == {} for application in world.applications)
    assert max(Counter(row.server for row in world.allocations).values()) <= 3
    assert {application.spec.runtime for application in world.applications} == {"vm", "container"}


# --------------------------------------------------------------------------------------------- requests


def test_guangdong_telecom_has_room_for_the_big_requests() -> None:
    world = large()
    sites, servers = world.inventory.sites, world.inventory.servers
    here = [
        row
        for row in range(len(sites))
        if sites.attributes["province"][row] == "Guangdong" and "telecom" in sites.attributes["carrier"][row].split(";")
    ]
    assert len(here) >= 15
    assert len({sites.attributes["city"][row] for row in here}) >= 5
    room = free(world)[np.isin(servers.site, here) & usable(world)]
    vms = np.minimum(room[:, 0] // 32_000, room[:, 1] // (96 * 1024))
    room[:, :2] -= np.outer(vms, [32_000, 96 * 1024])
    assert vms.sum() >= 100
    assert np.minimum(room[:, 0] // 4_000, room[:, 1] // 8192).sum() >= 1000


def test_a_bundle_is_a_master_and_one_to_three_children() -> None:
    world = small(requests=60)
    names = {application.id for application in masters(world)}
    children = Counter(
        application.refers_to(application.spec.master.application)
        for application in asked(world)
        if application.spec.master is not None
    )
    assert len(names) == 60
    assert set(children) == names
    assert set(children.values()) == {1, 2, 3}
    kinds = [application.spec.master for application in asked(world) if application.spec.master]
    assert any(kind.ratio for kind in kinds)
    assert any(kind.per_site for kind in kinds)


def test_most_bundles_are_local() -> None:
    reach = Counter(
        next((key for key in ("province", "region") if key in application.spec.demand[0].where), "nationwide")
        for application in masters(large())
    )
    assert reach == {"province": 180, "region": 75, "nationwide": 45}


def test_bundles_differ_in_rules_and_flavours() -> None:
    specs = [application.spec for application in masters(large())]
    levels = Counter(rule.over for spec in specs for rule in spec.spread)
    assert levels["site"] > 30
    assert levels["server"] > 30
    assert sum(rule.over == "site" and rule.min_domains is not None for spec in specs for rule in spec.spread) > 15
    assert 60 < sum("lb.l7" in spec.requires for spec in specs) < 150
    assert {spec.resources["cpu"] for spec in specs} == {1000, 2000, 4000, 8000, 16_000, 32_000}
    assert all(spec.priority == spec.resources["cpu"] // 1000 and spec.partial is None for spec in specs)


@pytest.mark.parametrize(("requests", "wanted"), [(300, 0.5), (120, 1.0), (10, 0.3)])
def test_demand_is_a_part_of_what_is_free(requests: int, wanted: float) -> None:
    world = large() if requests == 300 else small(requests=requests, demand=wanted)
    specs = {application.id: application.spec for application in asked(world)}
    total = 0
    for application in asked(world):
        cpu, master = application.spec.resources["cpu"], application.spec.master
        if master is None:
            total += cpu * (application.spec.demand[0].instances or 0)
            continue
        of = specs[application.refers_to(master.application)]
        domains = max((rule.min_domains or 1 for rule in of.spread), default=1)
        instances = of.demand[0].instances or 0
        total += cpu * (-(-instances // master.ratio) if master.ratio else (master.per_site or 0) * domains)
    assert total == pytest.approx(wanted * free(world)[usable(world), 0].sum(), rel=0.01)


# -------------------------------------------------------------------------------------------- sameness


def test_the_same_options_make_the_same_files() -> None:
    options = GenerateOptions(sites=30, servers=900, requests=12)
    one = generate(options)
    assert rendered(one) == rendered(generate(options))
    assert rendered(one) != rendered(generate(replace(options, seed=2)))


def test_a_world_comes_back_from_its_files(tmp_path: Path) -> None:
    options = GenerateOptions(sites=30, servers=900, requests=12)
    world = generate(options)
    write(world, tmp_path / "world")
    again = read(tmp_path / "world")
    assert again.generation == world.generation
    assert again.applications == world.applications
    assert again.allocations == world.allocations


@pytest.mark.slow
def test_a_large_world_is_written_in_time(tmp_path: Path) -> None:
    start = process_time()
    write(generate(GenerateOptions(requests=300)), tmp_path / "world")
    assert process_time() - start < 10


def test_requests_leave_the_rest_of_the_world_as_it_is() -> None:
    assert small(requests=60).generation == small().generation != small(seed=2).generation


@given(
    sites=st.integers(1, 12),
    mean=st.integers(3, 40),
    part=st.sampled_from([0.0, 0.3, 0.97, 1.0]),
    requests=st.integers(0, 5),
    wanted=st.sampled_from([0.01, 0.7, 3.0]),
    seed=st.integers(0, 2**32),
)
def test_any_options_make_a_possible_world(
    sites: int, mean: int, part: float, requests: int, wanted: float, seed: int
) -> None:
    options = GenerateOptions(sites, sites * mean, part, seed, requests, wanted)
    world = generate(options)
    assert len(world.inventory.servers) == sites * mean
    assert (free(world) >= 0).all()
    assert len(masters(world)) == requests
    ids = [application.id for application in world.applications]
    assert len(set(ids)) == len(ids)


def test_every_impossible_option_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        generate(GenerateOptions(sites=10, servers=10, load=1.5, seed=-1, requests=-1, demand=0))
    assert [problem.field for problem in caught.value.problems] == ["servers", "load", "seed", "requests", "demand"]
    assert "30 to 6000" in str(caught.value)
