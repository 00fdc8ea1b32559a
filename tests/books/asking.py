"""What tests ask of the books, in a word each."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from planner.ledger import commit
from planner.ledger.answer import Booked
from planner.ledger.books import Books, By
from planner.ledger.refused import Refused
from planner.manifests.application import Application
from planner.manifests.reservation import Reservation
from planner.plans.plan import SolveOptions
from tests.databases import MORNING

ME = By("me")
QUICK = SolveOptions(time_limit=2.0)
SECONDS = 30.0
"""Until which what is to happen has happened."""


def placed(books: Books, *applications: Application, **options: Any) -> Booked:
    return commit.commit(books, applications, QUICK.model_copy(update=options), ME)


def promise(name: str = "later", tenant: str = "vm", **spec: Any) -> Reservation:
    return Reservation.model_validate({"metadata": {"name": name, "namespace": tenant}, "spec": spec})


def refused(code: str, do: Any, *given: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        do(*given, **more)
    assert caught.value.code == code, caught.value
    return caught.value


def free(books: Books, begin: int = MORNING, stop: int | None = None) -> float:
    """Cores, on servers that are online."""
    picture = books.picture()
    view = picture.view(begin) if stop is None else picture.view(begin, stop)
    return float(view.free[view.usable, 0].sum()) / 1000


def instances(books: Books, name: str) -> int:
    return sum(row.instances for row in books.picture().snapshot.running.get(name, ()))


def until(true: Callable[[], bool]) -> None:
    """Waits for what others bring about."""
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
