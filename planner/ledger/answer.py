"""Answer: what a use case did, as it is told; and told again to whoever repeats a request with the same key."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, TypeVar

from planner.ledger.books import Books, By
from planner.ledger.decide import Decision
from planner.ledger.entries import Booking, Line
from planner.ledger.refused import Refused
from planner.manifests.instants import told as instant
from planner.manifests.quantities import written
from planner.store import reading
from planner.store.unit import Unit

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Booked:
    """booking: what was written. lines: its room; servers: their servers' names. decision: what it follows from, None
    for bulk amounts. generation: of the books since then."""

    booking: Booking
    lines: tuple[Line, ...]
    servers: tuple[str, ...]
    decision: Decision | None
    generation: int


def told(result: Any) -> dict[str, Any]:
    """A result as JSON has it."""
    if isinstance(result, Booking):
        return booking_told(result)
    if isinstance(result, Booked):
        rows = list(zip(result.lines, result.servers, strict=True))
        plan: dict[str, Any] = {"plan": result.decision.plan.plan} if result.decision else {}
        plan["placements"] = [line_told(line, server) for line, server in rows if not line.lost]
        if aside := [_standby(line, server) for line, server in rows if line.lost]:
            plan["standby"] = aside
        if result.decision and (moves := result.decision.plan.moves):
            plan["moves"] = [row.model_dump(by_alias=True, exclude_none=True) for row in moves]
        return {**booking_told(result.booking), "generation": result.generation, **plan}
    return asdict(result)


def booking_told(booking: Booking) -> dict[str, Any]:
    times = {"start": instant(booking.start), "end": instant(booking.ends)}
    if booking.kind == "hold":
        times["expires"] = instant(booking.expires)
    head = {"id": booking.id, "kind": booking.kind, "state": booking.state}
    return {**head, "tenant": booking.tenant, "name": booking.name, **times, "degraded": booking.degraded}


def line_told(line: Line, server: str) -> dict[str, Any]:
    """As placements of plans are told."""
    if not line.application:
        asked = {name: written(name, amount) for name, amount in json.loads(line.asked).items()}
        return {"server": server, "amounts": asked}
    more: dict[str, Any] = {"cells": list(line.cells)} if line.cells else {}
    more |= {"devices": list(line.devices)} if line.devices else {}
    more |= {"demand": line.demand} if line.demand else {}
    return {"application": line.application, "server": server, "instances": line.instances, **more}


def _standby(line: Line, server: str) -> dict[str, Any]:
    level, _, domain = line.lost.partition(":")
    return {**line_told(line, server), "lost": {"level": level, "domain": domain}}


def sealed(unit: Unit, by: By, result: Result) -> Result:
    """Keep the answer in the same transaction as what was done, when the request has a key."""
    if by.key is not None:
        unit.answer(by.key, by.digest, json.dumps(told(result), ensure_ascii=False))
    return result


def once(books: Books, by: By, do: Callable[[], Any]) -> dict[str, Any]:
    """The answer of `do`; with a key that was used already, the answer of then, and nothing is done again.

    Raises Refused `idempotency.mismatch` when the key was used for another request."""
    if by.key is None:
        return told(do())
    if (before := remembered(books, by)) is not None:
        return before
    try:
        return told(do())
    except Refused:
        # Somebody may have done the same with the same key at the same moment: then there is nothing left to do.
        if (before := remembered(books, by)) is not None:
            return before
        raise


def digest(*parts: str) -> str:
    """Of a request."""
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def remembered(books: Books, by: By) -> dict[str, Any] | None:
    """The answer that was given to its key before. Raises Refused when that was for another request."""
    with books.database.reading() as connection:
        found = reading.remembered(connection, by.key or "")
    if found is None:
        return None
    if found[0] != by.digest:
        raise Refused("idempotency.mismatch", "this key was used for another request")
    answer: dict[str, Any] = json.loads(found[1])
    return answer
