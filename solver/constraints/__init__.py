"""Constraint families, one a file, independent of each other."""

from __future__ import annotations

from solver.constraints.apart import Apart
from solver.constraints.base import Breakable, Model, Rule
from solver.constraints.capacity import Capacity
from solver.constraints.children import Children
from solver.constraints.completeness import Completeness
from solver.constraints.demand import Demand
from solver.constraints.eligibility import Eligibility
from solver.constraints.moves import Moves
from solver.constraints.quota import Quota
from solver.constraints.soft import Soft
from solver.constraints.spread import Spread
from solver.constraints.standby import Restarting, Standby
from solver.constraints.survival import Survival
from solver.constraints.together import Together

ALWAYS: tuple[Rule, ...] = (Eligibility(), Demand(), Capacity(), Restarting())

__all__ = [
    "ALWAYS",
    "Apart",
    "Breakable",
    "Children",
    "Completeness",
    "Model",
    "Moves",
    "Quota",
    "Rule",
    "Soft",
    "Spread",
    "Standby",
    "Survival",
    "Together",
]
