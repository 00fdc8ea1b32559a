"""Kills: a process that books is killed at random moments; the books balance, and no acknowledged booking is lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from benchmarks.books.world import ME, QUICK, application, fresh, one_site, opened
from planner.ledger import holds
from planner.ledger.balance import balance
from planner.ledger.books import Books
from planner.ledger.commit import commit
from planner.ledger.refused import Refused
from planner.ledger.release import release


@dataclass(slots=True)
class Kills:
    """acknowledged: operations before the process died. lost: those of which the books know nothing. unsound: kills
    after which the books did not balance."""

    kills: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    unsound: int = 0


def kill(url: str, times: int, *, seed: int = 0, longest: float = 0.4) -> Kills:
    """longest: seconds that a process may live at most after its first booking."""
    books = opened(fresh(url))
    one_site(books, 40, 16)
    books.close()
    rng = random.Random(seed)
    found = Kills()
    running: dict[str, int] = {}
    for number in range(times):
        told = _killed(url, number, rng.uniform(0, longest))
        found.kills += 1
        found.acknowledged += len(told)
        _check(url, told, running, found)
    return found


def _killed(url: str, number: int, after: float) -> list[dict[str, object]]:
    """What a process had acknowledged when it was killed."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    worker = context.Process(target=_work, args=(url, number, theirs), daemon=True)
    worker.start()
    theirs.close()
    told = []
    if ours.poll(120):
        told.append(json.loads(ours.recv_bytes()))
        time.sleep(after)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    try:
        while ours.poll(0):
            told.append(json.loads(ours.recv_bytes()))
    except EOFError:
        pass
    ours.close()
    return told


def _work(url: str, number: int, pipe: Connection) -> None:
    """Book, hold, confirm and release for ever; say what is intended before and what is done after."""
    books = opened(url)
    rng = random.Random(number)
    mine: dict[str, int] = {}
    for count in range(10**6):
        name, instances = f"k-{number}-{count}", rng.randint(1, 6)
        if mine and (len(mine) > 6 or rng.random() < 0.4):
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
