"""Alibaba's GPU pods: how many GPUs are admitted, beside schedulers that keep the books of every device."""

from __future__ import annotations

import argparse
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.baselines.devices import WHOLE, Assignment, Kind, Nodes, objections, read_nodes, read_pods
from benchmarks.baselines.gpus import POLICIES, assign
from benchmarks.cases.base import Case, on_time, options, searching
from benchmarks.data import published
from benchmarks.figures import Figure, Outcome, Target, middle
from benchmarks.run import Asked, tell
from planner.inventory.snapshot import Snapshot
from planner.plans.plan import Plan
from planner.worlds import openb_gpu
from planner.worlds.imported import Imported

GPUS, PODS = "GPUs admitted", "pods admitted"
LISTS = ("default", "gpuspec33", "cpu300", "multigpu50")
NOTE = (
    "GPUs admitted: what the admitted pods ask for, a share as a part of one. Several pods may sit on a device, within"
    " its 1000 milli-GPUs; none straddles two. Plans and baselines pass the same check, which knows only the source's"
    " files."
)


@dataclass(frozen=True, slots=True)
class _List:
    """name: of the pod list. pods: in its order."""

    name: str
    nodes: Nodes
    pods: Sequence[Kind]

    @property
    def gpus(self) -> float:
        """All that is asked for."""
        return sum(kind.gpu for kind in self.pods) / WHOLE

    def figures(
        self, method: str, assignment: Assignment, seconds: float, seed: int | None = None, bound: float | None = None
    ) -> list[Figure]:
        """Raises RuntimeError when the assignment breaks a device's books."""
        if wrong := objections(self.nodes, self.pods, assignment):
            raise RuntimeError(f"{self.name}, {method}: {wrong[0]}")
        admitted = [kind for kind, node in zip(self.pods, assignment.node, strict=True) if node >= 0]
        gpus = sum(kind.gpu for kind in admitted) / WHOLE
        gap = None if bound is None else (bound - gpus) / self.gpus
        return [
            Figure(self.name, method, GPUS, gpus, bound, gap, seed, seconds),
            Figure(self.name, method, PODS, len(admitted), seed=seed, seconds=seconds),
        ]


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pods", choices=(*LISTS, "all"), default="default", help="pod list (default)")
    searching(parser, 20.0)


def run(args: argparse.Namespace) -> Outcome:
    outcome = Outcome(notes=[NOTE])
    folder = published("openb-gpu")
    nodes = read_nodes(folder / "openb_node_list_all_node.csv")
    for name in LISTS if args.pods == "all" else (args.pods,):
        file = f"openb_pod_list_{name}.csv"
        asked = _List(name, nodes, read_pods(folder / file))
        figures = [*_baselines(asked), *_bayplan(asked, openb_gpu.load(folder, file), args)]
        outcome.figures.extend(figures)
        outcome.targets.append(_target(asked, figures))
    outcome.targets.append(on_time(args, outcome.figures))
    return outcome


def _baselines(asked: _List) -> list[Figure]:
    found = []
    for policy in POLICIES:
        tell(f"openb {asked.name}: {policy}")
        begin = time.perf_counter()
        assignment = assign(asked.nodes, asked.pods, policy)
        found += asked.figures(policy, assignment, time.perf_counter() - begin)
    return found


def _bayplan(asked: _List, imported: Imported, args: argparse.Namespace) -> list[Figure]:
    world = Asked.of(asked.name, imported.world)
    worth = sum(max(1, kind.gpu) for kind in asked.pods)  # priorities: thousandths of a GPU, at least one
    found = []
    for seed in range(args.seeds):
        solved = world.solve(options(args, seed))
        assignment = _assigned(asked, imported, world.snapshot, solved.plan)
        most = min((worth - solved.term("unplaced").bound) / WHOLE, asked.gpus)
        found += asked.figures("bayplan", assignment, solved.seconds, seed, most)
    return found


def _assigned(asked: _List, imported: Imported, snapshot: Snapshot, plan: Plan) -> Assignment:
    """The pods behind the instances of a plan, in the order of the list: those of one application ask for the same."""
    seats: dict[str, deque[tuple[int, list[int]]]] = {}
    for row in plan.placements:
        devices = row.devices or []
        each = len(devices) // row.instances
        own = [devices[each * i : each * (i + 1)] if each else devices for i in range(row.instances)]
        seats.setdefault(row.application, deque()).extend((snapshot.row[row.server], given) for given in own)
    node = np.full(len(asked.pods), -1, np.int32)
    on = np.zeros((len(asked.pods), asked.nodes.devices.shape[1]), np.bool_)
    for pod, (application, _) in enumerate(imported.instances):
        if seats.get(application):
            node[pod], devices = seats[application].popleft()
            on[pod, devices] = True
    return Assignment(node, on)


def _target(asked: _List, figures: list[Figure]) -> Target:
    ours = middle(figures, GPUS).median
    rivals = {name: middle(figures, GPUS, name, asked.name).median for name in POLICIES}
    text = f"{asked.name}: no fewer GPUs admitted than by best-fit, FGD and the others"
    told = ", ".join(f"{name} {value:,.1f}" for name, value in rivals.items())
    return Target(text, f"{ours:,.1f} of {asked.gpus:,.1f} asked for; {told}", ours >= max(rivals.values()))


CASE = Case(
    "openb",
    "8,152 pods on 1,523 nodes: CPU, memory, whole GPUs and shares, allowed models",
    (
        ("--pods default", "the list as published"),
        ("--pods gpuspec33 --seeds 3", "a third of the GPU pods name their models"),
        ("--pods all", "these, and with three times the pods without GPU (cpu300) or half of the GPUs in groups"),
    ),
    _options,
    run,
)
