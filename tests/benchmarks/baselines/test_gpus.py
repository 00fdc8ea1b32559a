"""Pods on devices: the books, and the choices of every policy counted by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.baselines.devices import Assignment, Books, Kind, Nodes, objections, read_nodes, read_pods
from benchmarks.baselines.fragmentation import Fragmentation
from benchmarks.baselines.gpus import POLICIES, assign

EVERY_POLICY = pytest.mark.parametrize("policy", POLICIES)


def nodes(*devices: Sequence[int], cpu: Sequence[int] = (), models: Sequence[str] = ()) -> Nodes:
    """Free milli-GPUs of each node's devices; plenty of CPU and memory unless `cpu` says otherwise."""
    table = np.zeros((len(devices), max(map(len, devices))), np.int64)
    for row, each in enumerate(devices):
        table[row, : len(each)] = each
    room = np.full((len(devices), 2), 10**6, np.int64)
    room[: len(cpu), 0] = cpu
    return Nodes(room, table, tuple(models) or ("T4",) * len(devices))


def pod(milli: int = 1000, gpus: int = 1, cpu: int = 1, models: str = "") -> Kind:
    return Kind(cpu, 1, gpus, milli if gpus else 0, frozenset(models.split("|")) - {""})


@EVERY_POLICY
def test_a_share_never_straddles_devices(policy: str) -> None:
    here, pods = nodes([1000, 1000]), [pod(600), pod(600), pod(600), pod(400)]
    found = assign(here, pods, policy)
    assert found.node.tolist() == [0, 0, -1, 0]
    assert objections(here, pods, found) == []


@EVERY_POLICY
def test_whole_devices_want_empty_ones(policy: str) -> None:
    here, pods = nodes([1000, 1000]), [pod(1), pod(gpus=2), pod()]
    found = assign(here, pods, policy)
    assert found.node.tolist() == [0, -1, 0]
    assert objections(here, pods, found) == []


@EVERY_POLICY
def test_only_allowed_models_and_enough_cpu(policy: str) -> None:
    here = nodes([1000], [1000], [1000], cpu=(9, 9, 1), models=("T4", "A10", "P100"))
    found = assign(here, [pod(models="A10|P100", cpu=2), pod(models="P100", cpu=2), pod(gpus=0, cpu=9)], policy)
    assert found.node.tolist()[:2] == [1, -1]


@pytest.mark.parametrize(
    ("policy", "expected"), [("first-fit", 0), ("best-fit", 1), ("least-allocated", 2), ("fgd", 1)]
)
def test_each_policy_has_its_choice(policy: str, expected: int) -> None:
    """A pod of 400. FGD, with a mix of one 400 and nine whole ones: on the first node 540 of the 600 that remain would
    be of no use (so + 540); on the second 360 of 400 are of no use now, and nothing is left then (- 360)."""
    here = nodes([1000, 0, 0], [400, 0, 0], [1000, 1000, 1000])
    pods = [pod(400), *[pod()] * 9]
    assert assign(here, pods, policy).node[0] == expected


def test_fragments_counted_by_hand() -> None:
    """Half of the tasks want 500 of a device, half want two whole ones and 8 CPUs."""
    here = nodes([1000, 400], [1000, 1000], [1000, 1000], cpu=(9, 9, 7))
    books = Books(here)
    measure = Fragmentation(Counter([pod(500), pod(gpus=2, cpu=8)]), here)
    every = np.arange(3)
    assert measure.of(books.room, books.devices, every).tolist() == [0.5 * 400 + 0.5 * 1400, 0.0, 0.5 * 2000]
    scores, device = measure.score(books, pod(400), every)
    # First node: [600, 400] would have 700, [1000, 0] has 500. Second: [600, 1000] has 800. Third: [600, 1000], 800.
    assert scores.tolist() == [500 - 900, 0.5 * 1600, 0.5 * 1600 - 1000]
    assert device.tolist() == [1, 0, 0]
    assert measure.score(books, pod(gpus=0), every)[0].tolist() == [0, 0, 0]


def test_rare_kinds_are_not_typical() -> None:
    here = nodes([500])
    common, rare = Counter({pod(500): 95}), Counter({pod(500): 95, pod(600): 5})
    state = (Books(here).room, Books(here).devices, np.array([0]))
    assert Fragmentation(common, here).of(*state) == Fragmentation(rare, here).of(*state)


def test_every_fault_of_an_assignment_is_told() -> None:
    here = nodes([1000], [1000], cpu=(1, 9), models=("T4", "A10"))
    pods = [pod(600), pod(600), pod(models="T4"), pod(gpus=0, cpu=1)]
    on = np.array([[True], [True], [False], [False]])
    found = objections(here, pods, Assignment(np.array([0, 0, 1, 0], np.int32), on))
    assert found == [
        "pod 2 has 0 devices, not 1",
        "pod 2 is on a A10",
        "node 0 is over its capacity",
        "device of node 0 is over its capacity",
    ]


def test_a_share_can_be_rounded_up() -> None:
    assert [each.rounded_up() for each in (pod(460), pod(gpus=2), pod(gpus=0))] == [pod(), pod(gpus=2), pod(gpus=0)]


def test_files_as_published(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("sn,cpu_milli,memory_mib,gpu,model\na,64000,1024,2,T4\nb,32000,512,0,\n")
    (tmp_path / "pods.csv").write_text(
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\np,6000,12,1,460,T4|A10\nq,1000,1,0,0,\n"
    )
    here, asked = read_nodes(tmp_path / "nodes.csv"), read_pods(tmp_path / "pods.csv")
    assert (here.devices.tolist(), here.model) == ([[1000, 1000], [0, 0]], ("T4", ""))
    assert asked == [Kind(6000, 12, 1, 460, frozenset({"T4", "A10"})), Kind(1000, 1, 0, 0, frozenset())]
    assert assign(here, asked, "first-fit").node.tolist() == [0, 0]
