"""Conflict: the facts that bind where a scenario refuses most; by bounds, which takes the same work everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from planner.explain.case import Case
from planner.explain.infeasible import bounded
from planner.explain.sentences import sentences
from planner.manifests.errors import InvalidInput
from planner.whatif.replan import Answer
from planner.whatif.result import Refused


def conflict(answer: Answer, refused: Sequence[Refused]) -> list[str]:
    """Of what is refused most: the few facts that cannot all be true, where bounds find them; else the reason that
    the plan gives, as where it fits alone and others take its room."""
    if not refused:
        return []
    worst = refused[0]
    every = {each.id: each for each in answer.asked}
    asked = every[worst.application]
    whole = asked.model_copy(update={"spec": asked.spec.model_copy(update={"partial": None})})
    alone = not (asked.spec.master or asked.spec.group or asked.spec.apart_from)
    try:
        case = Case.of(answer.snapshot, [whole]) if alone else None
    except InvalidInput:  # it does not go together with what runs, as long as it is whole
        case = None
    found = bounded(case) if case else None
    return sentences(case, found.facts) if case and found else [f"{worst.application}: {worst.reason}"]
