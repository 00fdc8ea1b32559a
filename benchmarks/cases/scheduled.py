"""Figures of the usual schedulers on a question, in the units of a plan."""

from __future__ import annotations

import time
from collections.abc import Mapping

from benchmarks.baselines.schedule import ORDERS, schedule
from benchmarks.figures import Figure
from benchmarks.run import Asked, tell, valued, worth
from planner.formulate.question import Question

ANYHOW = ", rules broken or not"


def scheduled(asked: Asked, question: Question, measures: Mapping[str, str]) -> list[Figure]:
    """measures: the name in tables of the terms of the objective. What they place counts where it keeps every rule in
    the end; what they place in all is the measure beside it."""
    found = []
    for order in ORDERS:
        tell(f"{asked.instance}: {order}")
        begin = time.perf_counter()
        made = schedule(question.problem, order, asked.snapshot.capacity)
        seconds = time.perf_counter() - begin
        for name, value in valued(question, made.whole).items():
            if name in measures:
                figure = worth(question) - value if name == "unplaced" else value
                found.append(Figure(asked.instance, order, measures[name], figure, seconds=seconds))
        anyhow = worth(question) - valued(question, made.placed)["unplaced"]
        found.append(Figure(asked.instance, order, measures["unplaced"] + ANYHOW, anyhow, seconds=seconds))
    return found
