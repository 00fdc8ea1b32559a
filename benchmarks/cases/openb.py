"""Alibaba's GPU pods: how many GPUs are admitted, beside schedulers that keep the books of every device."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.baselines.devices import Kind, Nodes, objections, read_nodes, read_pods
from benchmarks.baselines.gpus import POLICIES, assign
from benchmarks.cases.base import Case, on_time, options, searching
from benchmarks.data import published
from benchmarks.figures import Figure, Outcome, Target, middle
from benchmarks.run import Asked, tell
from planner.plans.plan import Plan
from planner.worlds import openb_gpu
from planner.worlds.imported import Imported

GPUS, DEVICES, PODS = "GPUs admitted", "devices admitted", "pods admitted"
SHARED = "real shares"
WHOLE = "whole devices"
RIVALS = ("best-fit", "fgd")
NOTE = (
    "GPUs admitted: what the admitted pods ask for, a share as a part of one; devices admitted: a share counts as one."
    " With real shares several pods sit on a device, within its 1000 milli-GPUs; with whole devices every share takes a"
    " device for itself, which is how the importer states the question to Bayplan so far. Then devices are what counts,"
    " and the schedulers on whole devices are its equals; those on real shares show what modelling shares is worth."
)


@dataclass(frozen=True, slots=True)
class _List:
    """name: of the pod list. pods: in its order."""

    name: str
    nodes: Nodes
    pods: Sequence[Kind]

    def figures(self, books: str, method: str, admitted: Sequence[Kind], seconds: float, **more: int) -> list[Figure]:
        gpus = sum(kind.gpu for kind in admitted) / 1000
        instance = f"{self.name}, {books}"
        return [
            Figure(instance, method, GPUS, gpus, seconds=seconds, **more),
            Figure(instance, method, DEVICES, sum(kind.gpus for kind in admitted), seconds=seconds, **more),
            Figure(instance, method, PODS, len(admitted), seconds=seconds, **more),
        ]


def _options(parser: argparse.ArgumentParser) -> None:
    lists = ("default", "gpuspec33", "cpu300", "multigpu50", "all")
    parser.add_argument("--pods", choices=lists, default="default", help="pod list; all: default and gpuspec33")
    searching(parser, 20.0)


def run(args: argparse.Namespace) -> Outcome:
    outcome = Outcome(notes=[NOTE])
    folder = published("openb-gpu")
    nodes = read_nodes(folder / "openb_node_list_all_node.csv")
    for name in ("default", "gpuspec33") if args.pods == "all" else (args.pods,):
        file = f"openb_pod_list_{name}.csv"
        asked = _List(name, nodes, read_pods(folder / file))
        figures = [*_baselines(asked), *_bayplan(asked, openb_gpu.load(folder, file), args)]
        outcome.figures.extend(figures)
        outcome.targets.append(_target(asked, figures, WHOLE, DEVICES))
        outcome.targets.append(_target(asked, figures, SHARED, GPUS))
    outcome.targets.append(on_time(args, outcome.figures))
    return outcome


def _baselines(asked: _List) -> list[Figure]:
    """Raises RuntimeError when an assignment breaks a device's books."""
    found = []
    for books, pods in ((SHARED, asked.pods), (WHOLE, [kind.rounded_up() for kind in asked.pods])):
        for policy in POLICIES:
            tell(f"openb {asked.name}: {policy} on {books}")
            begin = time.perf_counter()
            assignment = assign(asked.nodes, pods, policy)
            seconds = time.perf_counter() - begin
            if wrong := objections(asked.nodes, pods, assignment):
                raise RuntimeError(f"{policy}: {wrong[0]}")
            admitted = [kind for kind, node in zip(asked.pods, assignment.node, strict=True) if node >= 0]
            found += asked.figures(books, policy, admitted, seconds)
    return found


def _bayplan(asked: _List, imported: Imported, args: argparse.Namespace) -> list[Figure]:
    world = Asked.of(f"{asked.name}, {WHOLE}", imported.world)
    found = []
    for seed in range(args.seeds):
        solved = world.solve(options(args, seed))
        admitted = _admitted(asked.pods, imported, solved.plan)
        found += asked.figures(WHOLE, "bayplan", admitted, solved.seconds, seed=seed)
    return found


def _admitted(pods: Sequence[Kind], imported: Imported, plan: Plan) -> list[Kind]:
    """The pods behind the instances of a plan: those of one application ask for the same."""
    left: Counter[str] = Counter()
    for row in plan.placements:
        left[row.application] += row.instances
    admitted = []
    for kind, (application, _) in zip(pods, imported.instances, strict=True):
        if left[application]:
            left[application] -= 1
            admitted.append(kind)
    return admitted


def _target(asked: _List, figures: list[Figure], books: str, measure: str) -> Target:
    ours = middle(figures, measure).median
    rivals = {name: middle(figures, measure, name, f"{asked.name}, {books}").median for name in RIVALS}
    text = f"{asked.name}: no fewer {measure.split()[0]} admitted than by best-fit and FGD on {books}"
    told = ", ".join(f"{name} {value:,.0f}" for name, value in rivals.items())
    return Target(text, f"{ours:,.0f}; {told}", ours >= max(rivals.values()))


CASE = Case(
    "openb",
    "8,152 pods on 1,523 nodes: CPU, memory, whole GPUs and shares, allowed models",
    (
        ("--pods default", "the list as published"),
        ("--pods all --seeds 3", "default, and gpuspec33: a third of the GPU pods name their models"),
    ),
    _options,
    run,
)
