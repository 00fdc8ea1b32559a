"""Failover: plans that keep room for restarts; what a search may change beside it."""

from __future__ import annotations

from solver.failover.assign import Assigned, assign
from solver.failover.frame import Frame, concerned, frame
from solver.failover.plan import protected
from solver.failover.replan import Replans
from solver.failover.tidy import tidied

__all__ = ["Assigned", "Frame", "Replans", "assign", "concerned", "frame", "protected", "tidied"]
