"""Races: many clients in several processes book one site until it is full; exactly its capacity is sold."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from benchmarks.books.world import ME, QUICK, application, fresh, one_site, opened
from planner.ledger.balance import balance
from planner.ledger.books import Books
from planner.ledger.commit import commit
from planner.ledger.refused import Refused

RETRIES = 100


@dataclass(frozen=True, slots=True)
class Race:
    """sold, capacity: instances. refused: how often and with what code. longest: seconds that a client waited for one
    answer. findings: what does not balance."""

    sold: int
    acknowledged: int
    capacity: int
    refused: dict[str, int]
    longest: float
    seconds: float
    findings: int

    @property
    def sound(self) -> bool:
        return self.sold == self.acknowledged == self.capacity and not self.findings


def race(url: str, *, processes: int, clients: int, servers: int, each: int = 1) -> Race:
    """Servers of 16 cores; every booking is of `each` instances of 4 cores. clients: per process."""
    books = opened(fresh(url))
    one_site(books, servers, 16)
    books.close()  # nothing that is open is handed on to others
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(processes + 1), context.Queue()
    workers = [
        context.Process(target=_clients, args=(url, number, clients, each, barrier, answers), daemon=True)
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    barrier.wait(timeout=300)
    begin = time.perf_counter()
    told = [answers.get(timeout=600) for _ in workers]
    seconds = time.perf_counter() - begin
    for worker in workers:
        worker.join()
    refused: Counter[str] = Counter()
    for _, counts, _ in told:
        refused.update(counts)
    books = opened(url)
    picture = books.picture()
    sold = sum(row.instances for row in picture.snapshot.allocations)
    findings = balance(books)
    books.close()
    acknowledged = sum(count for count, _, _ in told)
    longest = max(wait for _, _, wait in told)
    return Race(sold, acknowledged, servers * 4, dict(refused), longest, seconds, len(findings))


def _clients(url: str, process: int, clients: int, each: int, barrier: Any, answers: Any) -> None:
    books = opened(url)
    books.picture()
    barrier.wait(timeout=300)
    with ThreadPoolExecutor(clients) as pool:
        found = list(pool.map(lambda client: _client(books, f"{process}-{client}", each), range(clients)))
    answers.put((sum(row[0] for row in found), _total(found), max(row[2] for row in found)))


def _total(found: list[tuple[int, Counter[str], float]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for _, counts, _ in found:
        total.update(counts)
    return total


def _client(books: Books, name: str, each: int) -> tuple[int, Counter[str], float]:
    """Book until it is refused: (instances sold, refusals, longest wait in seconds)."""
    sold, longest, refused = 0, 0.0, Counter[str]()
    while not refused:
        begin = time.perf_counter()
        try:
            commit(books, [application(f"c-{name}-{sold}", 4, each)], QUICK, ME, retries=RETRIES)
            sold += each
        except Refused as no:
            refused[no.code] += 1
        longest = max(longest, time.perf_counter() - begin)
    return sold, refused, longest
