"""What a worker refused leaves nothing behind: an error knows the frames that it came through, they the pictures."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from api.http.context import Call
from api.http.solve import book, book_together
from api.workers import wire
from api.workers.desk import Desk
from api.workers.worker import Done, Hand, Worker
from planner.access.caller import ANYBODY
from planner.ledger import stock
from planner.ledger.books import By
from tests.api.manifests import manifest
from tests.databases import Clock, made, opened
from tests.garbage import nothing_left
from tests.worlds import server, site, world


def asked(instances: int) -> Call:
    content = json.dumps({"applications": [manifest(instances=instances)], "commit": "auto"})
    return Call(ANYBODY, By("me"), content.encode(), {}, 1_000_000)


def done(desk: Desk, hand: Hand) -> list[Done]:
    """By a worker, which ends when the server is gone."""
    ours, theirs = socket.socketpair()

    def work() -> None:
        with theirs, suppress(EOFError):
            Worker(theirs, desk).run()

    working, told = threading.Thread(target=work), list[Done]()
    working.start()
    with ours:
        wire.send(ours, hand)
        while len(told) <= len(hand.more):
            if isinstance(message := wire.receive(ours), Done):
                told.append(message)
    working.join()
    return told


def hand(*calls: Call) -> Hand:
    hands = [Hand(number, partial(book, call), together=book_together) for number, call in enumerate(calls)]
    return replace(hands[0], more=tuple(hands[1:]))


@pytest.mark.parametrize("many", [[9], [9, 9], [1, 9, -1, 9]])
def test_who_is_refused_leaves_nothing_to_the_garbage_collector(tmp_path: Path, many: Sequence[int]) -> None:
    with opened(made(f"sqlite:///{tmp_path / 'books.db'}"), Clock()) as books:
        stock.import_world(books, world(site("a"), server("a1", site="a")), By("me"))
        desk, orders = Desk(books), hand(*map(asked, many))
        done(desk, orders)  # what is made once is made
        with nothing_left():
            errors = [each.error for each in done(desk, orders)]
            assert all(errors[row] for row, instances in enumerate(many) if instances != 1)
            del errors
