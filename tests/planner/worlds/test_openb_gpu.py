"""The GPU cluster arrives whole: nodes, models, and pods alike under one name."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.manifests.errors import InvalidInput
from planner.worlds import openb_gpu
from tests.published import published

NODES = """sn,cpu_milli,memory_mib,gpu,model
n0,32000,262144,0,
n1,64000,262144,2,T4
n2,96000,786432,8,V100M32
"""
PODS = """name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos
p0,6000,12288,1,1000,,LS
p1,6000,12288,1,460,,LS
p2,500,0,0,0,,BE
p3,6000,12288,1,1000,,BE
p4,12000,24576,2,1000,V100M32|T4|V100M32,LS
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openb_node_list_all_node.csv").write_text(NODES)
    (tmp_path / "openb_pod_list_default.csv").write_text(PODS)
    return tmp_path


def test_nodes_become_servers_with_a_model(folder: Path) -> None:
    inventory = openb_gpu.load(folder).world.inventory
    assert inventory.resources == ("cpu", "memory", "gpu")
    assert inventory.servers.capacity[1].tolist() == [64_000, 262_144, 2]
    assert [sorted(offers) for offers in inventory.servers.capabilities] == [[], ["gpu.t4"], ["gpu.v100m32"]]
    assert [inventory.servers.labels["gpu-model"][row] for row in range(3)] == ["", "T4", "V100M32"]


def test_pods_alike_are_one_application(folder: Path) -> None:
    imported = openb_gpu.load(folder)
    specs = {application.id: application.spec for application in imported.world.applications}
    assert {name: spec.demand[0].instances for name, spec in specs.items()} == {
        "pod-6000m-12288mi-1gpu": 2,
        "pod-6000m-12288mi-1gpu-460milli": 1,
        "pod-500m-0mi": 1,
        "pod-12000m-24576mi-2gpu-t4-v100m32": 1,
    }
    assert imported.instances[3] == ("pod-6000m-12288mi-1gpu", "p3")
    assert all(spec.runtime == "container" and spec.partial is not None for spec in specs.values())
    spec = specs["pod-12000m-24576mi-2gpu-t4-v100m32"]
    assert spec.gpu_models == ["T4", "V100M32"]
    assert spec.resources == {"cpu": 12_000, "memory": 24_576, "gpu": 2}
    assert spec.priority == 2000
    assert specs["pod-500m-0mi"].priority == 1
    assert "gpu" not in specs["pod-500m-0mi"].resources


def test_a_share_of_a_gpu_is_one(folder: Path) -> None:
    (sharing,) = (one.spec for one in openb_gpu.load(folder).world.applications if one.spec.gpu_share)
    assert (sharing.gpu_share, sharing.priority) == (460, 460)
    assert sharing.resources == {"cpu": 6000, "memory": 12_288}


def test_lists_without_models_will_do(folder: Path) -> None:
    (folder / "pods.csv").write_text("name,cpu_milli,memory_mib,num_gpu,gpu_milli\np0,100,200,8,1000\n")
    imported = openb_gpu.load(folder, "pods.csv")
    assert [application.id for application in imported.world.applications] == ["pod-100m-200mi-8gpu"]


def problems(folder: Path) -> list[tuple[str, int | None, str]]:
    with pytest.raises(InvalidInput) as caught:
        openb_gpu.load(folder)
    return [(Path(problem.file).name, problem.line, problem.field) for problem in caught.value.problems]


def test_every_problem_is_told_with_its_place(folder: Path) -> None:
    (folder / "openb_node_list_all_node.csv").write_text(NODES + "n1,many,1,0,\n")
    (folder / "openb_pod_list_default.csv").write_text(PODS + "p5,1,1,1,1001,,\n")
    assert problems(folder) == [
        ("openb_node_list_all_node.csv", 5, "sn"),
        ("openb_node_list_all_node.csv", 5, "cpu_milli"),
        ("openb_pod_list_default.csv", 7, "gpu_milli"),
    ]


def test_shares_are_of_one_gpu_and_nobody_asks_for_nothing(folder: Path) -> None:
    (folder / "openb_pod_list_default.csv").write_text(
        PODS + "p5,1,1,2,500,,\np6,1,1,0,500,,\np7,1,1,1,0,,\np8,0,0,0,0,,\n"
    )
    assert [(line, field) for _, line, field in problems(folder)] == [
        (7, "gpu_milli"),
        (8, "gpu_milli"),
        (9, "gpu_milli"),
        (10, "cpu_milli"),
    ]


@pytest.mark.parametrize(
    ("pods", "count", "sharing"),
    [("default", 8152, 3078), ("cpu300", 10_094, 3078), ("gpuspec33", 8152, 3078), ("multigpu50", 9061, 3078)],
)
def test_the_published_lists_are_complete(pods: str, count: int, sharing: int) -> None:
    imported = openb_gpu.load(published("openb-gpu"), f"openb_pod_list_{pods}.csv")
    assert (len(imported.instances), len(imported.world.inventory.servers)) == (count, 1523)
    assert sum(one.spec.demand[0].instances or 0 for one in imported.world.applications) == count
    shares = [one.spec.demand[0].instances or 0 for one in imported.world.applications if one.spec.gpu_share]
    assert sum(shares) == sharing
    assert int(imported.world.inventory.servers.capacity[:, 2].sum()) == 6212
