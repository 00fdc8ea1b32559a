"""Conditions: what a server has to be before room counts, each by itself: its place, its latency, what it offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.formulate.question import Question
from planner.inventory.devices import gpus_of
from planner.inventory.latency import round_trip
from planner.manifests.application import ApplicationSpec
from planner.manifests.demand import Demand
from planner.plans.words import joined, many, milliseconds, whom
from solver.explain import Barred


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """kind: where, within, requires, forbids, numaCells, gpu, or window: it is over. field: where the manifest says so.
    words: what a server has to be. meets: [servers], online or not. fact: bars the online ones that do not meet it."""

    application: str
    kind: str
    field: str
    words: str
    meets: NDArray[np.bool_]
    fact: Barred


def conditions(question: Question) -> Iterator[Condition]:
    """Of every workload that wants something, in the order in which people say them."""
    usable = question.snapshot.usable
    for row, asked in enumerate(question.workloads):
        spec = question.applications[asked.application].spec
        if question.problem.count[row]:
            entry = spec.demand[asked.demand] if spec.demand else None
            if question.over(asked.application):
                everywhere = np.flatnonzero(usable).astype(np.int32)
                words = "before the end of its window, which is over"
                nobody = np.zeros(len(usable), np.bool_)
                yield Condition(asked.application, "window", "spec.window", words, nobody, Barred((row,), everywhere))
            for kind, field, words, meets in _each(question, spec, entry, asked.demand):
                closed = np.flatnonzero(usable & ~meets).astype(np.int32)
                yield Condition(asked.application, kind, field, words, meets, Barred((row,), closed))


Found = tuple[str, str, str, NDArray[np.bool_]]


def _each(question: Question, spec: ApplicationSpec, entry: Demand | None, position: int) -> Iterator[Found]:
    snapshot = question.snapshot
    sites, servers = snapshot.inventory.sites, snapshot.inventory.servers
    for key, values in (entry.where if entry else {}).items():
        if key in servers.labels and key not in ("site", *sites.attributes):
            meets = servers.labels[key].accepts(values)
        else:
            meets = sites.having(key, values)[servers.site]
        yield "where", f"spec.demand[{position}].where.{key}", f"{key} {joined(values, 'or')}", meets
    if entry and entry.within:
        near = (round_trip(sites, entry.within.of) <= entry.within.latency_ms)[servers.site]
        words = f"within {milliseconds(entry.within.latency_ms)} of {whom(entry.within.of)}"
        yield "within", f"spec.demand[{position}].within", words, near
    nobody = np.zeros(len(servers), np.bool_)
    for row, name in enumerate(spec.requires):
        yield "requires", f"spec.requires[{row}]", f"with {name}", snapshot.offers.get(name, nobody)
    for row, name in enumerate(spec.forbids):
        yield "forbids", f"spec.forbids[{row}]", f"without {name}", ~snapshot.offers.get(name, nobody)
    if (spec.numa_cells or 1) > 1:
        cells = f"with {spec.numa_cells} NUMA cells"
        yield "numaCells", "spec.numaCells", cells, snapshot.cells >= (spec.numa_cells or 1)
    if gpus := gpus_of(spec):
        models = f" of model {joined(spec.gpu_models, 'or')}" if spec.gpu_models else ""
        field = "spec.gpuModels" if models else "spec.gpuShare" if spec.gpu_share else "spec.resources.gpu"
        yield "gpu", field, f"with {many(gpus, 'GPU')}{models}", snapshot.with_gpus(gpus, spec.gpu_models)
