"""The talk's story: a site has 10,000 vCPU, 8,000 are reserved for later, and 5,000 more are refused at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from planner.ledger import commit, reserve, stock
from planner.ledger.balance import balance
from planner.ledger.books import Books, By
from planner.ledger.refused import Refused
from planner.manifests.application import Application
from planner.manifests.reservation import Reservation
from planner.plans.plan import SolveOptions
from tests.databases import MORNING, Clock, made, new_database, opened
from tests.worlds import application, server, site, world

QUICK = SolveOptions(time_limit=5.0)
HERE = {"where": {"site": "guangzhou"}}
FOR_LATER = {"match": "open", "where": {"site": "guangzhou"}, "amounts": {"cpu": 8000}}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of books with one site of 100 servers with 100 vCPU."""
    server_url = request.getfixturevalue("postgres_server") if request.param == "postgresql" else ""
    url = new_database(server_url) if server_url else made(f"sqlite:///{tmp_path}/books.db")
    rooms = [server(f"s{row}", site="guangzhou", cpu=100_000, memory=409_600) for row in range(100)]
    with opened(url, Clock()) as books:
        stock.import_world(books, world(site("guangzhou"), *rooms), By("operator"))
    return url


def containers() -> Application:
    return application("shop", namespace="container-customer", cpu=5, memory="10Gi", instances=1000, **HERE)


def machines() -> Application:
    return application("desktops", namespace="vm-customer", runtime="vm", cpu=50, memory="200Gi", instances=160, **HERE)


def promise() -> Reservation:
    return Reservation.model_validate(
        {"metadata": {"name": "for-later", "namespace": "vm-customer"}, "spec": FOR_LATER}
    )


def refused(books: Books) -> None:
    """At once, with what is missing and what would help."""
    with pytest.raises(Refused) as caught:
        commit.commit(books, [containers()], QUICK, By("container-customer"))
    no = caught.value
    assert no.explanation
    assert (no.code, dict(no.explanation.shortfall)) == ("capacity.waiting", {"cpu": 3_000_000, "memory": 600 * 10_240})
    assert no.explanation.helps == ("ask for 400 instances: so many fit now",)


def test_what_is_reserved_stays_reserved(database: str) -> None:
    killed_after_reserving(database)
    for day in range(2):  # the process is started again, and once more
        with opened(database, Clock(MORNING + day * 86_400_000)) as books:
            refused(books)
    with opened(database, Clock(MORNING + 3 * 86_400_000)) as books:
        booked = commit.commit(books, [machines()], QUICK, By("vm-customer"))
        assert sum(line.instances for line in booked.lines) == 160
        assert books.picture().bookings == {}, "it used the reservation"
        few = application("shop", namespace="container-customer", cpu=5, memory="10Gi", instances=400, **HERE)
        commit.commit(books, [few], QUICK, By("container-customer"))
        assert balance(books) == []
        with pytest.raises(Refused, match="missing"):
            commit.commit(books, [application("more", cpu=1)], QUICK, By("anybody"))


def killed_after_reserving(database: str) -> None:
    """Another process reserves, sees the refusal, and is killed without a chance to tidy up."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_reserves, args=(database, theirs))
    process.start()
    theirs.close()
    assert ours.recv() == "reserved and refused"
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL


def _reserves(database: str, pipe: Connection) -> Any:
    with opened(database, Clock()) as books:
        reserve.reserve(books, promise(), By("vm-customer"))
        refused(books)
        pipe.send("reserved and refused")
        signal.pause()
