"""What is written reads back the same; when writing fails, nothing is written."""

from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.inventory.world import World
from planner.manifests.runtimes import Runtimes
from planner.worlds.read import read
from planner.worlds.write import rendered, sealed, write
from tests.worlds import Running, Server, allocation, application, server, site, world


def same(one: Any, other: Any) -> bool:
    """Equality that looks into columns."""
    if is_dataclass(one) and not isinstance(one, type):
        return type(one) is type(other) and all(
            same(getattr(one, each.name), getattr(other, each.name)) for each in fields(one)
        )
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


TEXT = st.sampled_from(["", "Guangdong", "广东", 'a "b", c', "no", "0", "-"])
FACTOR = st.integers(1000, 3000).map(lambda thousandths: str(Fraction(thousandths, 1000)))
OFFERS = st.sets(st.sampled_from(["lb.l7", "disk.local", "gpu.t4"])).map(sorted)
STATE = st.sampled_from(["online", "draining", "offline", "retired"])


@st.composite
def worlds(draw: st.DrawFn) -> World:
    labels = draw(st.sets(st.sampled_from(["tier", "zone/x"])))
    priced = draw(st.sets(st.sampled_from(["memory"])))
    names = draw(st.lists(st.sampled_from("abcd"), unique=True, min_size=1))
    sites = [
        site(
            name,
            capabilities=draw(OFFERS),
            state=draw(STATE),
            cost=draw(st.integers(0, 10**6)),
            costs={name: draw(st.integers(0, 10**6)) for name in priced},
            cpu_overcommit=float(Fraction(draw(FACTOR))),
            latitude=draw(st.just(np.nan) | st.floats(-90, 90)),
            longitude=draw(st.just(np.nan) | st.integers(-180, 180)),
            **{key: draw(TEXT) for key in ("region", "city", "carrier", *sorted(labels))},
        )
        for name in names
    ]
    servers = [draw(some_server(f"s{row}", names)) for row in range(draw(st.integers(1, 4)))]
    applications = [
        application("web", cpu=draw(st.integers(1, 9)), demand=[{"instances": 1}, {"instances": 2}]),
        application("db", runtime="vm", numa_cells=1, namespace="acme", labels={"tier": draw(TEXT)}),
        application("infer", gpu_share=draw(st.integers(1, 999)) / 1000),
        application("train", gpu=2, gpu_models=["T4", "V100M16"]),
    ]
    return world(*sites, *servers, *applications, *draw(running(servers)), runtimes=draw(st.sampled_from(RUNTIMES)))


RUNTIMES = [Runtimes(), Runtimes.model_validate({"vm": {"overhead": {"cpu": "100m", "memory": "1Gi"}}})]


@st.composite
def some_server(draw: st.DrawFn, name: str, sites: list[str]) -> Server:
    cores = draw(st.integers(2, 10**9))
    return server(
        name,
        site=draw(st.sampled_from(sites)),
        rack=draw(st.sampled_from([None, "r1", "r 2"])),
        state=draw(STATE),
        capabilities=draw(OFFERS),
        cpu_overcommit=draw(st.none() | FACTOR.map(Fraction).map(float)),
        cells=draw(st.sampled_from([(), ({"cpu": cores // 2}, {"cpu": cores // 2})])),
        labels={"disk": draw(TEXT)},
        cpu=cores,
        memory=draw(st.integers(0, 10**12)),
        gpu=draw(st.integers(0, 4)),
    )


@st.composite
def running(draw: st.DrawFn, servers: list[Server]) -> list[Running]:
    rows = []
    for each in servers:
        if draw(st.booleans()):
            rows.append(allocation("web", each.name, draw(st.integers(1, 99)), demand=draw(st.integers(0, 1))))
        if each.cells:
            rows.append(allocation("acme/db", each.name, cells=(draw(st.integers(0, 1)),)))
        gpus = each.capacity["gpu"]
        rows += [allocation("infer", each.name, devices=(device,)) for device in range(gpus) if draw(st.booleans())]
        if gpus > 1:
            rows.append(allocation("train", each.name, devices=draw(st.sampled_from([(), (0, gpus - 1)]))))
    return rows


@given(worlds())
def test_what_is_written_reads_back_the_same(original: World) -> None:
    with TemporaryDirectory() as folder:
        write(original, Path(folder) / "w")
        assert same(read(Path(folder) / "w"), sealed(original))


@given(worlds())
def test_reading_and_writing_again_changes_nothing(original: World) -> None:
    with TemporaryDirectory() as folder:
        write(original, Path(folder))
        once = read(Path(folder))
        assert rendered(once) == rendered(original)


def test_files_that_would_say_nothing_are_left_out(tmp_path: Path) -> None:
    write(world(server("s1")), tmp_path / "w")
    assert sorted(path.name for path in (tmp_path / "w").iterdir()) == ["servers.csv", "sites.csv"]
    assert (tmp_path / "w/servers.csv").read_text() == (
        "server,site,rack,state,capabilities,cpu_overcommit,cpu,memory\ns1,here,here,online,,,16000,65536\n"
    )


def test_a_new_world_replaces_the_old_one_and_leaves_the_rest(tmp_path: Path) -> None:
    write(world(server("s1"), application("web"), allocation("web", "s1")), tmp_path)
    (tmp_path / "plan.json").write_text("{}")
    write(world(server("s2")), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.json", "servers.csv", "sites.csv"]
    assert read(tmp_path).inventory.servers.name == ("s2",)


def test_nothing_is_written_when_a_number_cannot_be_said(tmp_path: Path) -> None:
    write(world(server("s1")), tmp_path / "w")
    before = {path.name: path.read_bytes() for path in (tmp_path / "w").iterdir()}
    bad = world(site("gz"), server("s1"))
    sites = replace(bad.inventory.sites, cpu_overcommit=(Fraction(4, 3),))
    bad = replace(bad, inventory=replace(bad.inventory, sites=sites))
    for folder in ("w", "new"):
        with pytest.raises(ValueError, match="more than 3 digits"):
            write(bad, tmp_path / folder)
    assert {path.name: path.read_bytes() for path in (tmp_path / "w").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_nothing_is_left_behind_when_the_disk_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, data: bytes) -> int:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(OSError, match="no space left"):
        write(world(server("s1")), tmp_path / "w")
    assert not list(tmp_path.iterdir())
