"""Single GPUs in the books: whole ones, and shares that never straddle two."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy

from planner.ledger import commit, holds, reserve, stock
from planner.ledger.books import Books
from planner.ledger.release import release
from planner.ledger.replay import replay
from planner.ledger.usage import usage
from tests.books.asking import ME, QUICK, instances, placed, promise, refused
from tests.databases import MORNING, Clock
from tests.worlds import allocation, application, server, site, world


@pytest.fixture
def gpus(books: Books) -> Books:
    """Two servers, of four GPUs each."""
    rooms = [server(f"g{row}", site="gz", cpu=64_000, gpu=4) for row in (1, 2)]
    stock.import_world(books, world(site("gz"), *rooms), ME)
    return books


def whole(name: str, gpu: int = 1, **more: Any) -> Any:
    return application(name, cpu=1, gpu=gpu, **more)


def share(name: str, part: float, **more: Any) -> Any:
    return application(name, cpu=1, gpu_share=part, **more)


def free(books: Books) -> list[int]:
    """GPUs that nobody has anything of, by server."""
    view = books.picture().view(MORNING)
    return [int(row) for row in view.free[:, view.units.columns.index("gpu")]]


def test_whole_gpus_are_booked_by_their_numbers(gpus: Books) -> None:
    booked = placed(gpus, whole("train", 2, instances=3))
    assert {len(line.devices) for line in booked.lines} == {2}
    assert len({(line.server, each) for line in booked.lines for each in line.devices}) == 6
    assert sum(free(gpus)) == 2
    refused("capacity.waiting", placed, gpus, whole("more", 2, instances=2))
    release(gpus, "train", ME, instances=1)
    assert sum(free(gpus)) == 4


def test_shares_never_straddle_two_gpus(gpus: Books) -> None:
    placed(gpus, share("infer", 0.6, instances=8))
    assert free(gpus) == [0, 0]
    refused("capacity.waiting", placed, gpus, share("more", 0.5))
    placed(gpus, share("small", 0.4, instances=8))
    refused("capacity.waiting", placed, gpus, share("tiny", 0.001))
    release(gpus, "infer", ME)
    release(gpus, "small", ME)
    assert free(gpus) == [4, 4]
    placed(gpus, whole("train", 4, instances=2))


def test_the_database_refuses_a_gpu_that_is_sold_twice(gpus: Books) -> None:
    placed(gpus, share("infer", 0.6))
    with pytest.raises(sqlalchemy.exc.IntegrityError), gpus.database.writing() as connection:
        connection.exec_driver_sql("UPDATE rooms SET used = used + 500 WHERE resource = 'gpu#0' AND used = 600")


def test_a_share_and_a_whole_gpu_in_one_request(gpus: Books) -> None:
    booked = placed(gpus, share("infer", 0.3, instances=3), whole("train", 3, instances=2))
    assert sum(line.instances for line in booked.lines) == 5
    assert booked.decision
    assert replay(gpus, booked.decision.plan.plan).same


def test_reserved_gpus_are_used_by_their_tenant_wherever_they_are(gpus: Books) -> None:
    reserve.reserve(gpus, promise(applications=[whole("train", 2, instances=4, namespace="vm")]), ME)
    refused("capacity.waiting", placed, gpus, whole("other", 1))
    for number in range(4):
        placed(gpus, whole(f"t{number}", 2, namespace="vm"))
    assert (free(gpus), gpus.picture().bookings) == ([0, 0], {})


def test_bulk_gpus_are_for_whole_ones(gpus: Books) -> None:
    reserve.reserve(gpus, promise(amounts={"gpu": 7, "cpu": 10}), ME)
    assert sum(free(gpus)) == 1
    placed(gpus, share("shared", 0.5, namespace="vm"))
    refused("capacity.waiting", placed, gpus, share("shared2", 0.6, namespace="vm"))
    placed(gpus, whole("train", 1, instances=7, namespace="vm"))
    assert sum(free(gpus)) == 0


def test_gpus_come_back_by_the_clock_and_by_a_hold(gpus: Books, clock: Clock) -> None:
    placed(gpus, share("infer", 0.5, instances=4, expires_after="1h"))
    held = holds.hold(gpus, [whole("train", 2, instances=2)], QUICK, ME).booking
    holds.confirm(gpus, held.id, ME)
    clock.goes_on(3600)
    assert (instances(gpus, "infer"), instances(gpus, "train"), sum(free(gpus))) == (0, 2, 4)
    rows = {row.application: row for row in usage(gpus, 0, clock.now)}
    assert rows["infer"].hours == {"cpu": 4000, "gpu": 2}
    assert rows["train"].hours["gpu"] == 4


def test_a_world_with_gpus_is_taken_in(books: Books) -> None:
    here = world(
        server("g", cpu=64_000, gpu=4),
        share("infer", 0.5, instances=2),
        whole("train", 1, instances=2),
        allocation("infer", "g", 2, devices=(1,)),
        allocation("train", "g", 2),
    )
    stock.import_world(books, here, ME)
    rows = books.picture().snapshot.running
    assert sorted(row.devices for row in rows["train"]) == [(0,), (2,)]
    assert free(books) == [1]
    commit.commit(books, [whole("last", 1)], QUICK, ME)
    refused("capacity.waiting", placed, books, share("none", 0.1))


def test_gpus_that_are_booked_cannot_go(gpus: Books) -> None:
    placed(gpus, whole("train", 4, instances=2))
    fewer = world(site("gz"), server("g1", site="gz", cpu=64_000, gpu=3))
    refused("capacity.taken", stock.import_inventory, gpus, fewer.inventory, ME, "test")
    release(gpus, "train", ME)
    stock.import_inventory(gpus, fewer.inventory, ME, "test")
    assert free(gpus) == [3, 4]
    more = world(site("gz"), server("g1", site="gz", cpu=64_000, gpu=8))
    stock.import_inventory(gpus, more.inventory, ME, "test")
    placed(gpus, share("infer", 0.9, instances=12))
