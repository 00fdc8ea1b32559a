"""Observe: what clusters say of their servers goes into the inventory; who did not change is not written."""

from __future__ import annotations

from collections.abc import Sequence

from planner.ledger.books import Books, By
from planner.ledger.stock import Imported, import_inventory
from planner.ledger.streams import Row, read_rows


def observe(books: Books, sites: Sequence[Row], servers: Sequence[Row], by: By) -> Imported:
    """Sites and servers as rows with the names of the CSV columns; those that are not named stay as they are.
    Reservations that lose room by it are marked degraded, and put elsewhere where there is room.

    Raises InvalidInput, and Refused when a server would have less than is booked on it, or stands in another site."""
    inventory = read_rows(books.picture(), sites, servers)
    return import_inventory(books, inventory, by, "clusters")
