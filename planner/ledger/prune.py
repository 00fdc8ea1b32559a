"""Prune: plans and idempotency keys are kept for a time only; what was booked, and the audit log, for ever."""

from __future__ import annotations

from dataclasses import dataclass

from planner.ledger.books import Books, By
from planner.manifests.instants import told
from planner.store import pruning


@dataclass(frozen=True, slots=True)
class Pruned:
    """before: what was older is gone. decisions, keys: how many. generation: of the books since then."""

    before: str | None
    decisions: int
    keys: int
    generation: int


def prune(books: Books, older_than: int, by: By) -> Pruned:
    """Forget decisions (with their plans) and idempotency keys that are older than so many milliseconds.

    Plans that are gone can be booked and replayed no more; a request with such a key is a new one."""
    before = books.clock() - older_than
    with books.unit(by) as unit:
        gone = pruning.prune(unit, before)
        unit.tell("books.prune", told(before) or "", gone)
        return Pruned(told(before), gone["decisions"], gone["keys"], unit.advance())
