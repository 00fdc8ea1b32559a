"""Huawei's set arrives whole: every VM, every server, and the rules between VMs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from planner.worlds import huawei_vm
from planner.worlds.imported import Imported
from tests.published import published

SERVERS = """server,rack,cell0_vcpu,cell0_ram_gib,cell1_vcpu,cell1_ram_gib
a,7,4,8,6,12
b,3,1,2,0,0
c,7,0,0,8,16
"""
VMS = """vm,flavor_vcpus,flavor_ram,numa,strategy,group,domain
v1,2,4,1,,,
v2,2,4,1,affinity,0,
v3,4,8,2,affinity,0,
v4,2,4,1,anti-affinity,0,
v5,2,4,1,fault_domain,0,0
v6,2,4,1,fault_domain,0,1
v7,2,4,1,,,
v8,2,4,1,fault_domain,0,1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "servers.csv").write_text(SERVERS)
    (tmp_path / "vms_c1.csv").write_text(VMS)
    return tmp_path


def by_name(imported: Imported) -> dict[str, Application]:
    return {application.id: application for application in imported.world.applications}


def problems(folder: Path, **options: int) -> list[tuple[str, int | None, str]]:
    with pytest.raises(InvalidInput) as caught:
        huawei_vm.load(folder, **options)  # type: ignore[arg-type]
    return [(Path(problem.file).name, problem.line, problem.field) for problem in caught.value.problems]


def test_racks_become_sites_in_order_of_appearance(folder: Path) -> None:
    inventory = huawei_vm.load(folder).world.inventory
    assert inventory.sites.name == ("rack-7", "rack-3")
    assert inventory.servers.name == ("a", "c", "b")
    assert inventory.servers.site.tolist() == [0, 0, 1]
    assert inventory.servers.capacity.tolist() == [[10_000, 20_480], [8_000, 16_384], [1_000, 2_048]]
    assert inventory.cells is None


def test_the_first_racks_only(folder: Path) -> None:
    inventory = huawei_vm.load(folder, racks=1).world.inventory
    assert inventory.sites.name == ("rack-7",)
    assert inventory.servers.name == ("a", "c")


def test_numa_keeps_the_cells(folder: Path) -> None:
    imported = huawei_vm.load(folder, numa=True)
    cells = imported.world.inventory.cells
    assert cells is not None
    assert (cells.server.tolist(), cells.cell.tolist()) == ([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1])
    assert cells.capacity[:2].tolist() == [[4_000, 8_192], [6_000, 12_288]]
    assert by_name(imported)["affinity-0-4c8g-2n"].spec.numa_cells == 2
    assert by_name(imported)["free-2c4g-1n"].spec.numa_cells == 1
    assert by_name(huawei_vm.load(folder))["free-2c4g-1n"].spec.numa_cells is None


def test_vms_alike_are_one_application_and_keep_their_names(folder: Path) -> None:
    imported = huawei_vm.load(folder)
    count = {name: application.spec.demand[0].instances for name, application in by_name(imported).items()}
    assert count == Counter(application for application, _ in imported.instances)
    assert count["free-2c4g-1n"] == count["fault-domain-0-d1-2c4g-1n"] == 2
    assert [vm for _, vm in imported.instances] == [f"v{number}" for number in range(1, 9)]
    assert imported.instances[6] == ("free-2c4g-1n", "v7")


def test_strategies_become_rules(folder: Path) -> None:
    specs = {name: application.spec for name, application in by_name(huawei_vm.load(folder)).items()}
    free, together = specs.pop("free-2c4g-1n"), specs["affinity-0-2c4g-1n"]
    assert free.partial is not None
    assert free.partial.minimum == 1
    assert (free.group, free.all_or_nothing) == (None, "application")
    assert all(spec.all_or_nothing == "group" and spec.partial is None for spec in specs.values())
    assert together.group == specs["affinity-0-4c8g-2n"].group == "g-affinity-0"
    assert [(rule.at, rule.across) for rule in together.together] == [("rack", "group")]
    apart = specs["anti-affinity-0-2c4g-1n"]
    assert apart.group == "g-anti-affinity-0"
    assert [(rule.over, rule.max_instances, rule.across) for rule in apart.spread] == [("server", 1, "group")]
    domain = by_name(huawei_vm.load(folder))["fault-domain-0-d1-2c4g-1n"]
    assert domain.metadata.labels == {"domain": "1"}
    assert [(rule.at, rule.label_differs) for rule in domain.spec.apart_from] == [("rack", "domain")]
    assert (domain.spec.runtime, domain.spec.priority) == ("vm", 2)


def test_every_problem_is_told_with_its_place(folder: Path) -> None:
    (folder / "servers.csv").write_text(SERVERS.replace("b,3,1", "a,3,-1"))
    wrong = VMS.replace("v2,2,4,1,affinity", "v2,0,4,1,afinity").replace("v4,2,4,1", "v4,2,4,3").replace("v7,", ",")
    (folder / "vms_c1.csv").write_text(wrong + "v9,2\n")
    assert sorted(problems(folder), key=str) == [
        ("servers.csv", 3, "cell0_vcpu"),
        ("servers.csv", 3, "server"),
        ("vms_c1.csv", 10, ""),
        ("vms_c1.csv", 3, "flavor_vcpus"),
        ("vms_c1.csv", 3, "strategy"),
        ("vms_c1.csv", 5, "numa"),
        ("vms_c1.csv", 8, "vm"),
    ]


def test_groups_and_domains_belong_to_strategies(folder: Path) -> None:
    (folder / "vms_c1.csv").write_text(VMS + "v9,2,4,1,affinity,,\nv10,2,4,1,,5,\nv11,2,4,1,fault_domain,1,\n")
    assert problems(folder) == [("vms_c1.csv", 10, "group"), ("vms_c1.csv", 11, "group"), ("vms_c1.csv", 12, "domain")]


def test_missing_columns_files_and_racks_are_told(folder: Path) -> None:
    assert problems(folder, racks=3) == [("options", None, "racks")]
    (folder / "vms_c1.csv").write_text("vm,flavor_vcpus,numa,strategy,group\n")
    assert problems(folder) == [("vms_c1.csv", 1, "flavor_ram"), ("vms_c1.csv", 1, "domain")]
    (folder / "servers.csv").unlink()
    assert problems(folder) == [("servers.csv", None, "")]


@pytest.mark.parametrize(
    ("requests", "cpu", "memory"),
    [("vms_c1.csv", 64_616, 164_748), ("vms_c2.csv", 62_520, 170_704), ("vms_c3.csv", 68_756, 174_640)],
)
def test_the_published_set_is_complete(requests: str, cpu: int, memory: int) -> None:
    imported = huawei_vm.load(published("huawei-vm"), requests)
    inventory, applications = imported.world.inventory, imported.world.applications
    assert (len(imported.instances), len(inventory.servers), len(inventory.sites)) == (4998, 1710, 100)
    assert len({vm for _, vm in imported.instances}) == 4998
    total = {"cpu": 0, "memory": 0}
    for application in applications:
        for name in total:
            total[name] += application.spec.resources[name] * (application.spec.demand[0].instances or 0)
    assert total == {"cpu": cpu * 1000, "memory": memory * 1024}


def test_cells_add_up_to_their_server_and_racks_are_a_prefix() -> None:
    folder = published("huawei-vm")
    inventory = huawei_vm.load(folder, numa=True).world.inventory
    assert inventory.cells is not None
    assert np.array_equal(inventory.cells.capacity.reshape(-1, 2, 2).sum(axis=1), inventory.servers.capacity)
    tight = huawei_vm.load(folder, racks=65).world.inventory
    assert tight.sites.name == inventory.sites.name[:65]
    assert tight.servers.name == inventory.servers.name[: len(tight.servers)]
