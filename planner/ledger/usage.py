"""Usage: amounts times hours, allocated and reserved, per tenant and application: what a bill is made of."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from planner.inventory.devices import GPU
from planner.ledger.books import Books
from planner.ledger.devices import shares
from planner.ledger.entries import amounts
from planner.ledger.sharing import open_between
from planner.manifests.quantities import DEVICE
from planner.store import reading

HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Usage:
    """application: for reserved bulk amounts, empty. kind: allocation, reservation or hold. hours: resource -> base
    units, as they were asked for, times hours. instance_hours: likewise."""

    tenant: str
    application: str
    kind: str
    instance_hours: float
    hours: dict[str, float]


def usage(books: Books, begin: int, stop: int, tenant: str | None = None) -> list[Usage]:
    """From `begin` to `stop` (milliseconds), by tenant, application and kind; of what lasts, up to now. Slices of the
    day count while they are open. Standby does not run, and shares its room with others: it does not count."""
    stop = min(stop, books.clock())
    instances: Counter[tuple[str, str, str]] = Counter()
    totals: dict[tuple[str, str, str], defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    with books.database.reading() as connection:
        used = reading.used_between(connection, begin, stop)
    for line, stopped in used:
        if line.lost or tenant not in (None, line.tenant):
            continue
        until = min(stop, line.ends, stop if stopped is None else stopped)
        length = open_between(line.daily, max(begin, line.start), until)
        if length <= 0:
            continue
        key = line.tenant, line.application, line.kind
        instances[key] += length * line.instances if line.application else 0
        for name, amount in amounts(line.asked).items():
            totals[key][name] += length * line.instances * amount
        for share in shares(line):
            totals[key][GPU] += length * line.instances * share / DEVICE
    return [
        Usage(*key, instances[key] / HOUR, {name: total / HOUR for name, total in sorted(totals[key].items())})
        for key in sorted(totals)
    ]
