"""The protocol of a constraint family: `violations` is the specification, `post` says the same to CP-SAT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from solver.problem import Problem, Violation
from solver.standing import Standing


class Model(Protocol):
    """What a family needs of the CP-SAT model (solver/model.py); expressions are opaque to it."""

    problem: Problem

    def on(self, workload: int, node: int) -> Any:
        """New instances of the workload on the node."""

    def usage(self, node: int, resource: int) -> Any:
        """What new instances take of a resource of the node."""

    def onto(self, node: int) -> Any:
        """New instances of any workload on the node."""

    def amount(self, most: int) -> Any:
        """A free integer from 0 to `most`."""

    def flag(self) -> Any:
        """A free literal."""

    def gone(self) -> Sequence[Any]:
        """Per row of `problem.home`: at least how many of its instances no longer stand there."""

    def occupied(self) -> Sequence[int]:
        """The nodes that any variable may use."""

    def new(self, workloads: Sequence[int]) -> Any:
        """New instances of the workloads, everywhere."""

    def fixed(self, workloads: Sequence[int]) -> int: ...

    def inside(self, workloads: Sequence[int], level: int) -> Mapping[int, tuple[Any, int]]:
        """For every domain that they may use or stand in: (new instances or 0, fixed instances)."""

    def restarted(self, workloads: Sequence[int], level: int) -> Mapping[int, tuple[Any, int]]:
        """For every domain whose loss restarts may answer: (new restarts or 0, fixed restarts)."""

    def restarts_inside(
        self, workloads: Sequence[int], level: int
    ) -> Mapping[int, Mapping[tuple[int, int], tuple[Any, int]]]:
        """For every domain of the level that restarts may use, and every (level, domain) that may be lost: as above."""

    def losses(self) -> Sequence[tuple[int, int, int]]:
        """(node, level, domain): nodes that new restarts may use, should the domain be lost."""

    def restart_usage(self, node: int, level: int, domain: int, resource: int) -> Any:
        """What new restarts of that loss take of a resource of the node."""

    def reserved(self, node: int, level: int, domain: int) -> Sequence[int]:
        """[resources]: what standing restarts of that loss take of the node."""

    def any(self, expression: Any) -> Any:
        """A literal: the expression is at least 1."""

    def require(self, constraint: Any, only_if: Any = None) -> None: ...


class Rule(Protocol):
    """A constraint over some workloads. Rules speak when a plan touches them: with nothing new, nothing is broken."""

    name: str

    @property
    def subjects(self) -> tuple[int, ...]:
        """Every workload that the rule speaks about."""

    def violations(self, standing: Standing) -> list[Violation]: ...

    def post(self, model: Model) -> None: ...


class Breakable(Rule, Protocol):
    """A rule that can be soft: then it counts how badly it is broken by all that stands, new or not."""

    def breaches(self, standing: Standing) -> list[Violation]:
        """Where it is broken: the breach is the sum of |found - allowed|."""

    def post_breach(self, model: Model) -> Any:
        """The breach as an expression that is exact once it is minimised."""


def kept(total: int, keep: tuple[int, int] | None, least: int | None) -> int:
    """Of so many instances, how many a loss has to leave: a share (numerator, denominator), rounded up, or a number."""
    share = -(-total * keep[0] // keep[1]) if keep else 0
    return max(share, least or 0)


def touched(model: Model, workloads: Sequence[int]) -> Any:
    """None when nothing is fixed (the rule then holds of itself without new instances), else 'something is new'."""
    return model.any(model.new(workloads)) if model.fixed(workloads) else None
