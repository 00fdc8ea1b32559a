"""What the books keep from who asks for some tenants only: all that is of others, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from planner.access.view import seen
from planner.inventory.snapshot import Snapshot
from planner.ledger import commit, holds, reserve
from planner.ledger.books import Books, By
from planner.ledger.refused import Refused
from planner.ledger.release import release
from planner.manifests.errors import InvalidInput
from planner.manifests.reservation import Reservation
from planner.plans.plan import SolveOptions
from tests.access.conftest import OPERATOR
from tests.worlds import allocation, application, server, world

QUICK = SolveOptions(time_limit=2.0)
ACME = By("acme", tenants=frozenset({"acme"}))


def test_room_is_for_all_to_see_and_names_are_not() -> None:
    own, other = application("web", namespace="acme"), application("db", namespace="globex")
    free = application("mine")
    runs = [allocation(each.id, "s", 2) for each in (own, other, free)]
    whole = Snapshot.of(world(server("s", cpu=10_000), own, other, free, *runs))
    part = seen(whole, frozenset({"acme", "default"}))
    assert set(part.applications) == set(part.running) == {"acme/web", "mine"}
    assert len(part.running) == 2
    assert "globex/db" not in part.running
    assert part.running.get("globex/db") is None
    assert part.running["mine"] == whole.running["mine"]
    assert np.array_equal(part.free, whole.free)
    assert seen(whole, None) is whole


def refused(code: str, do: Callable[..., Any], *given: Any, **more: Any) -> None:
    with pytest.raises(Refused) as caught:
        do(*given, **more)
    assert caught.value.code == code


def test_what_others_have_is_not_there(books: Books) -> None:
    theirs = application("db", namespace="globex", cpu=1, instances=3)
    plan = commit.plan(books, [theirs], QUICK, OPERATOR).plan
    refused("plan.unknown", commit.commit_plan, books, plan.plan, ACME)
    refused("plan.unknown", reserve.promote, books, plan.plan, "soon", ACME)
    commit.commit_plan(books, plan.plan, OPERATOR)
    refused("allocation.unknown", release, books, "globex/db", ACME)
    held = holds.hold(books, [application("more", namespace="globex", cpu=1)], QUICK, OPERATOR).booking.id
    refused("hold.gone", holds.confirm, books, held, ACME)
    refused("hold.gone", holds.extend, books, held, 1000, ACME)
    refused("hold.gone", holds.cancel, books, held, ACME)
    promise = {"metadata": {"name": "later", "namespace": "globex"}, "spec": {"amounts": {"cpu": 1}}}
    reserve.reserve(books, Reservation.model_validate(promise), OPERATOR)
    refused("reservation.unknown", reserve.cancel, books, "globex", "later", ACME)
    holds.cancel(books, held, By("globex", tenants=frozenset({"globex"})))


def test_anothers_application_is_no_application(books: Books) -> None:
    commit.commit(books, [application("db", namespace="globex", cpu=1)], QUICK, OPERATOR)
    for name in ("globex/db", "globex/none"):
        near = application("web", namespace="acme", cpu=1, apart_from=[{"applications": [name], "at": "server"}])
        with pytest.raises(InvalidInput):
            commit.commit(books, [near], QUICK, ACME)
    apart = application("web", namespace="acme", cpu=1, apart_from=[{"applications": ["globex/db"], "at": "server"}])
    commit.commit(books, [apart], QUICK, OPERATOR)


def test_a_hold_of_two_tenants_is_for_who_is_for_both(books: Books) -> None:
    both = [application("a", namespace="acme", cpu=1), application("b", namespace="globex", cpu=1)]
    held = holds.hold(books, both, QUICK, OPERATOR).booking.id
    refused("hold.gone", holds.confirm, books, held, ACME)
    holds.confirm(books, held, By("both", tenants=frozenset({"acme", "globex"})))
