"""Moves of a plan: which instances that run leave where they are, and for where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planner.formulate.question import Question
from planner.plans.plan import Move
from solver.problem import Placement, Problem
from solver.standing import Standing


def departures(problem: Problem, placement: Placement) -> Placement:
    """What leaves its place."""
    home = problem.home
    return Placement.merge(home.mode, home.node, Standing(problem, placement).gone())


def arrivals(problem: Problem, placement: Placement) -> Placement:
    """What comes new to a place: moved there, or new altogether."""
    home = problem.home
    stays = Placement.merge(home.mode, home.node, Standing(problem, placement).gone() - home.instances)
    return placement + stays


def moves(question: Question, placement: Placement, subject: Sequence[dict[str, object]]) -> list[Move]:
    """From and to, server by server: instances of one workload are alike, so any pairs will do.

    subject: what each workload is called in the rows of a plan.
    """
    problem = question.problem
    leaving, coming = departures(problem, placement), arrivals(problem, placement)
    rows = []
    for workload in np.unique(problem.owner(leaving.mode)).tolist():
        seats = _each(problem, coming, workload)
        for (mode, node), (seat, target) in zip(_each(problem, leaving, workload), seats, strict=False):
            rows.append((workload, mode, node, seat, target))
    unique, count = np.unique(np.array(rows, np.int64).reshape(-1, 5), axis=0, return_counts=True)
    return [_move(question, subject, row, int(n)) for row, n in zip(unique.tolist(), count, strict=True)]


def _each(problem: Problem, placement: Placement, workload: int) -> list[tuple[int, int]]:
    """(mode, node) of every single instance."""
    mine = problem.owner(placement.mode) == workload
    rows = zip(placement.mode[mine].tolist(), placement.node[mine].tolist(), strict=True)
    return [row for row, count in zip(rows, placement.instances[mine].tolist(), strict=True) for _ in range(count)]


def _move(question: Question, subject: Sequence[dict[str, object]], row: list[int], count: int) -> Move:
    workload, mode, node, seat, target = row
    names = question.snapshot.inventory.servers.name
    cells: dict[str, Any] = {}
    if question.cells[mode]:
        cells = {"fromCells": list(question.cells[mode]), "cells": list(question.cells[seat])}
    where = {"from": names[node], "to": names[target], "instances": count}
    return Move.model_validate({**subject[workload], **where, **cells})
