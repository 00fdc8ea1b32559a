"""Why a problem has no plan: its facts, a smallest set of them that cannot all be true, and the proof."""

from solver.explain.conflict import Conflict, Engine, conflict
from solver.explain.forced import forced, merged
from solver.explain.system import Barred, Fact, Owed, Room, System

__all__ = ["Barred", "Conflict", "Engine", "Fact", "Owed", "Room", "System", "conflict", "forced", "merged"]
