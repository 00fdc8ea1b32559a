"""Why a problem has no plan: its facts, a smallest set of them that cannot all be true, and the proof."""

from solver.explain.conflict import Conflict, Search, checked, order, quick, thorough
from solver.explain.forced import forced, merged
from solver.explain.system import Barred, Fact, Owed, Room, System

__all__ = [
    "Barred", "Conflict", "Fact", "Owed", "Room", "Search", "System", "checked", "forced", "merged", "order", "quick",
    "thorough",
]  # fmt: skip
