"""Kills: who books, or the database, is killed at any moment; the books balance, and nothing acknowledged is lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from benchmarks.books.world import ME, QUICK, application, fresh, one_site, opened
from benchmarks.postgres import Server
from planner.ledger import holds
from planner.ledger.balance import balance
from planner.ledger.books import Books
from planner.ledger.commit import commit
from planner.ledger.refused import Refused
from planner.ledger.release import release
from planner.manifests.errors import InvalidInput


@dataclass(slots=True)
class Kills:
    """acknowledged: operations before the process died. lost: those of which the books know nothing. unsound: kills
    after which the books did not balance."""

    kills: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    unsound: int = 0


def kill(
    url: str, times: int, *, seed: int = 0, longest: float = 0.4, workers: int = 2, server: Server | None = None
) -> Kills:
    """longest: seconds that processes may live at most after the first booking. server: the database is killed before
    them, and started again on what it had written."""
    books = opened(fresh(url))
    one_site(books, 40, 16)
    books.close()
    rng = random.Random(seed)
    found = Kills()
    running: dict[str, int] = {}
    for number in range(times):
        told = _killed(url, [f"{number}-{worker}" for worker in range(workers)], rng.uniform(0, longest), server)
        found.kills += 1
        found.acknowledged += len(told)
        _check(url, told, running, found)
    return found


def _killed(url: str, names: list[str], after: float, server: Server | None) -> list[dict[str, object]]:
    """What processes had acknowledged when they, or the database, were killed."""
    context = multiprocessing.get_context("fork")
    pipes = []
    workers = []
    for name in names:
        ours, theirs = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(url, name, theirs), daemon=True)
        worker.start()
        theirs.close()
        pipes.append(ours)
        workers.append(worker)
    pipes[0].poll(120)
    time.sleep(after)
    if server is not None:
        server.kill()
    for worker in workers:
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
    told = [each for pipe in pipes for each in _rest(pipe)]
    if server is not None:
        server.start()
    return told


def _rest(pipe: Connection) -> list[dict[str, object]]:
    told = []
    with suppress(EOFError):
        while pipe.poll(0):
            told.append(json.loads(pipe.recv_bytes()))
    pipe.close()
    return told


def _work(url: str, name: str, pipe: Connection) -> None:
    """Book, hold, confirm and release for ever; say what is intended before and what is done after."""
    with suppress(InvalidInput):  # the database has gone already
        _works(opened(url), name, pipe)


def _works(books: Books, worker: str, pipe: Connection) -> None:
    rng = random.Random(worker)
    mine: dict[str, int] = {}
    for count in range(10**6):
        name, instances = f"k-{worker}-{count}", rng.randint(1, 6)
        if mine and (len(mine) > 6 or rng.random() < 0.4):
            with suppress(Refused):
                _release(books, rng.choice(sorted(mine)), mine, pipe)
            continue
        try:
            wanted = [application(name, 2, instances)]
            if rng.random() < 0.3:
                holds.confirm(books, holds.hold(books, wanted, QUICK, ME).booking.id, ME)
            else:
                commit(books, wanted, QUICK, ME)
        except Refused:
            continue
        mine[name] = instances
        pipe.send_bytes(json.dumps({"runs": name, "instances": instances}).encode())


def _release(books: Books, name: str, mine: dict[str, int], pipe: Connection) -> None:
    pipe.send_bytes(json.dumps({"leaves": name}).encode())
    release(books, name, ME)
    mine.pop(name)
    pipe.send_bytes(json.dumps({"left": name}).encode())


def _check(url: str, told: list[dict[str, object]], running: dict[str, int], found: Kills) -> None:
    leaving = {str(each["leaves"]) for each in told if "leaves" in each}
    left = {str(each["left"]) for each in told if "left" in each}
    for each in told:
        if "runs" in each:
            running[str(each["runs"])] = int(str(each["instances"]))
    books = opened(url)
    now = {name: sum(row.instances for row in rows) for name, rows in books.picture().snapshot.running.items()}
    found.unsound += bool(balance(books))
    for name, instances in list(running.items()):
        expected = {0} if name in left else {0, instances} if name in leaving else {instances}
        if now.get(name, 0) not in expected:
            found.lost.append(name)
    for name in leaving:
        if name in running:
            running[name] = now.get(name, 0)
    for name in [name for name in now if len(now) > 60]:  # make room for those who come
        release(books, name, ME)
        running.pop(name, None)
    books.close()
