"""Why a problem has no plan: its facts, a smallest set of them that cannot all be true, and the proof."""

from solver.explain.conflict import Conflict, Search, checked, order, quick, thorough
from solver.explain.forced import forced, merged
from solver.explain.standby import Beside, beside
from solver.explain.system import Barred, Fact, Owed, Room, System, spare

__all__ = [
    "Barred", "Beside", "Conflict", "Fact", "Owed", "Room", "Search", "System", "beside", "checked", "forced", "merged",
    "order", "quick", "spare", "thorough",
]  # fmt: skip
