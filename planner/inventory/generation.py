"""Generation: a short digest of inventory and allocations, by which a plan knows the world it was made for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Column, Inventory
from planner.inventory.world import Allocation


def generation(inventory: Inventory, allocations: Sequence[Allocation]) -> str:
    """16 hexadecimal digits. Equal content gives equal digits, however it is stored: the order of vocabularies, of
    label columns, of NUMA rows and of allocations does not count; the order of sites, servers and resources does."""
    digest = blake2b(digest_size=8)
    for part in (*_sites(inventory), *_servers(inventory), *_cells(inventory), *_allocations(allocations)):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def _sites(inventory: Inventory) -> Iterator[bytes]:
    sites = inventory.sites
    yield _texts(sites.name)
    yield from _columns(sites.attributes)
    yield from _column(Column.of(list(sites.state)))
    yield from _column(_capabilities(sites.capabilities))
    yield from _column(_fractions(sites.cpu_overcommit))
    yield _numbers(sites.latitude)
    yield _numbers(sites.longitude)
    yield _numbers(sites.cost)


def _servers(inventory: Inventory) -> Iterator[bytes]:
    servers = inventory.servers
    yield _texts(servers.name)
    yield _texts(inventory.resources)
    yield from _column(servers.rack)
    yield from _column(servers.state)
    yield from _columns(servers.labels)
    yield from _column(_capabilities(servers.capabilities))
    yield from _column(_fractions(servers.cpu_overcommit))
    yield _numbers(servers.site)
    yield _numbers(servers.capacity)


def _cells(inventory: Inventory) -> Iterator[bytes]:
    if (cells := inventory.cells) is not None:
        order = np.lexsort((cells.cell, cells.server))
        yield _texts(cells.resources)
        yield _numbers(cells.server[order])
        yield _numbers(cells.cell[order])
        yield _numbers(cells.capacity[order])


def _allocations(allocations: Sequence[Allocation]) -> Iterator[bytes]:
    names = sorted({row.application for row in allocations})
    code = {name: position for position, name in enumerate(names)}
    chosen = sorted({row.cells for row in allocations})
    cells = {choice: position for position, choice in enumerate(chosen)}
    table = np.array(
        [
            [code[row.application] for row in allocations],
            [row.server for row in allocations],
            [row.demand for row in allocations],
            [cells[row.cells] for row in allocations],
            [row.instances for row in allocations],
        ],
        np.int64,
    )
    yield _texts(names)
    yield _texts(map(repr, chosen))
    yield _numbers(table[:, np.lexsort(table)])


def _columns(columns: dict[str, Column]) -> Iterator[bytes]:
    yield _texts(sorted(columns))
    for name in sorted(columns):
        yield from _column(columns[name])


def _column(column: Column) -> Iterator[bytes]:
    """The values in use, sorted, and the rows as positions among them."""
    used = np.unique(column.code)
    values = sorted(column.values[code] for code in used.tolist())
    rank = np.zeros(len(column.values), np.int64)
    for position, value in enumerate(values):
        rank[column.values.index(value)] = position
    yield _texts(values)
    yield _numbers(rank[column.code])


def _capabilities(rows: Sequence[frozenset[str]]) -> Column:
    text = {row: ";".join(sorted(row)) for row in set(rows)}
    return Column.of([text[row] for row in rows])


def _fractions(rows: Sequence[Fraction]) -> Column:
    text = {id(row): str(row) for row in {id(row): row for row in rows}.values()}  # hashing fractions is slow
    return Column.of([text[id(row)] for row in rows])


def _texts(texts: Iterable[str]) -> bytes:
    return "\n".join(texts).encode()


def _numbers(numbers: NDArray[Any]) -> bytes:
    kind = np.float64 if numbers.dtype.kind == "f" else np.int64
    return np.ascontiguousarray(numbers, kind).tobytes()
