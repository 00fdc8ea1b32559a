"""Bounds: what no plan can beat, term by term, and the argument that says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """unplaced: no plan leaves out less worth. then: no plan that leaves out at most the worth that was given
    scores less in the second term (None: nothing is known). proof: short name of the argument."""

    unplaced: int
    then: int | None
    proof: str
