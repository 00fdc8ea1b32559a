"""Constraint families, one a file, independent of each other."""

from __future__ import annotations

from solver.constraints.apart import Apart
from solver.constraints.base import Model, Rule
from solver.constraints.capacity import Capacity
from solver.constraints.children import Children
from solver.constraints.completeness import Completeness
from solver.constraints.demand import Demand
from solver.constraints.eligibility import Eligibility
from solver.constraints.quota import Quota
from solver.constraints.spread import Spread
from solver.constraints.survival import Survival
from solver.constraints.together import Together

ALWAYS: tuple[Rule, ...] = (Eligibility(), Demand(), Capacity())

__all__ = [
    "ALWAYS",
    "Apart",
    "Children",
    "Completeness",
    "Model",
    "Quota",
    "Rule",
    "Spread",
    "Survival",
    "Together",
]
