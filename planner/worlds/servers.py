"""servers.csv: every server, its place and its room."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from fractions import Fraction
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Column, Servers, Sites
from planner.manifests.errors import did_you_mean
from planner.worlds import texts
from planner.worlds.table import LABEL, Table

T = TypeVar("T")
COLUMNS = ("server", "site", "rack", "state", "capabilities", "cpu_overcommit")
USUAL = ("cpu", "memory", "disk", "bandwidth", "gpu")
_RESOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def read_servers(table: Table, sites: Sites, *, sites_complete: bool) -> tuple[Servers, tuple[str, ...]]:
    """Servers in the order of their sites, and the resources: every column that has no other meaning.

    Only `server` and `site` must be there. Without a rack, all servers of the site share one rack, called as the
    site, so that no rule takes two of them for independent. Without `cpu_overcommit` the site's holds.
    Problems go to the table."""
    table.require("server", "site")
    table.unique("server")
    resources = _resources(table)
    for label, column in table.labels().items():
        if label == "site" or label in sites.attributes:
            table.in_header(column, f"a label that sites have too: {label}", "another name")
    index = {name: row for row, name in enumerate(sites.name)}
    site = table.rows_of("site", index, "a site of sites.csv", complete=sites_complete)
    order = np.argsort(site, kind="stable")
    at = site[order].tolist()
    names = sites.name or ("",)
    given = _sorted(table.convert("cpu_overcommit", texts.overcommit, None), order)
    inherited = sites.cpu_overcommit or (Fraction(1),)
    rack = _sorted(table.convert("rack", texts.printable, ""), order)
    room = [table.integers(resource, texts.amount(resource))[order] for resource in resources]
    servers = Servers(
        name=tuple(_sorted(table.convert("server", texts.name, ""), order)),
        site=site[order].astype(np.int32),
        rack=Column.of([own or names[row] for own, row in zip(rack, at, strict=True)]),
        state=Column.of(_sorted(table.convert("state", texts.state, "online"), order)),
        capabilities=tuple(_sorted(table.convert("capabilities", texts.capabilities, frozenset()), order)),
        cpu_overcommit=tuple(own or inherited[row] for own, row in zip(given, at, strict=True)),
        capacity=np.stack(room, axis=1) if room else np.zeros((len(table), 0), np.int64),
        labels={
            label: Column.of(_sorted(table.convert(column, texts.printable, ""), order))
            for label, column in table.labels().items()
        },
    )
    return servers, resources


def server_columns(servers: Servers, sites: Sites, resources: Sequence[str]) -> dict[str, list[str]]:
    """The file's columns; `cpu_overcommit` is empty for a server that has its site's."""
    at = servers.site.tolist()
    columns = {
        "server": list(servers.name),
        "site": [sites.name[row] for row in at],
        "rack": list(servers.rack),
        "state": list(servers.state),
        "capabilities": list(map(texts.joined, servers.capabilities)),
    }
    columns["cpu_overcommit"] = [
        "" if factor == sites.cpu_overcommit[row] else texts.decimal(factor * 1000)
        for factor, row in zip(servers.cpu_overcommit, at, strict=True)
    ]
    columns |= {f"label.{name}": list(column) for name, column in servers.labels.items()}
    return columns | {name: list(map(str, servers.capacity[:, row].tolist())) for row, name in enumerate(resources)}


def _resources(table: Table) -> tuple[str, ...]:
    resources = []
    for column, cells in table.columns.items():
        if column in COLUMNS or LABEL.fullmatch(column) or not column:
            continue
        # Nearly the name of a known column, or texts below a name of our own: a slip, or a column of another tool.
        slip = get_close_matches(column, COLUMNS, n=1, cutoff=0.8)
        plausible = column in USUAL or not cells or any(map(str.isdecimal, cells))
        if plausible and not slip and _RESOURCE.fullmatch(column):
            resources.append(column)
        else:
            known = (*COLUMNS, "label.x", *USUAL)
            expected = f"{', '.join(known)} or another resource{did_you_mean(column, known)}"
            table.in_header(column, "an unknown column", expected)
    return tuple(resources)


def _sorted(values: Sequence[T], order: NDArray[np.intp]) -> list[T]:
    return [values[row] for row in order.tolist()]
