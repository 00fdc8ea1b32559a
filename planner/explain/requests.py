"""Requests: the applications of a batch, grouped by what ties them together."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx

from planner.formulate.formulate import formulate
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.plans.plan import SolveOptions


def requests(snapshot: Snapshot, applications: Sequence[Application]) -> list[list[Application]]:
    """Applications that no rule ties to each other are requests of their own; those that lack nothing are none."""
    question = formulate(snapshot, applications, SolveOptions(then="cost"))
    ties: nx.Graph[str] = nx.Graph()
    names = [asked.application for asked in question.workloads]
    ties.add_nodes_from(names)
    for rule in question.problem.rules:
        nx.add_path(ties, [names[workload] for workload in rule.subjects])
    asked = {each.id: each for each in applications if each.id in ties}
    parts = [[asked[name] for name in asked if name in part] for part in nx.connected_components(ties)]
    return [part for part in parts if part]
