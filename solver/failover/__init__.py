"""Failover: plans that keep room for restarts; what a search may change beside it."""

from __future__ import annotations

from solver.failover.assign import Assigned, assign
from solver.failover.frame import Frame, concerned, frame
from solver.failover.plan import protected
from solver.failover.replan import replans
from solver.failover.tidy import tidied

__all__ = ["Assigned", "Frame", "assign", "concerned", "frame", "protected", "replans", "tidied"]
