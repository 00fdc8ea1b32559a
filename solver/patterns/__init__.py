"""Bounds and plans by patterns: what fits one server, counted over servers of one type."""

from __future__ import annotations

from solver.patterns.best import bounds
from solver.patterns.bounds import Bounds
from solver.patterns.plan import Step, plans, suits
from solver.patterns.quick import quick

__all__ = ["Bounds", "Step", "bounds", "plans", "quick", "suits"]
