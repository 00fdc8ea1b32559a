"""sites.csv: where machine rooms are, and what they offer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from planner.inventory.inventory import SITE_ATTRIBUTES, Column, Sites
from planner.manifests.errors import one_of
from planner.worlds import texts
from planner.worlds.table import Table

COLUMNS = (
    *("site", "region", "province", "city", "carrier", "latitude", "longitude", "cluster"),
    *("capabilities", "state", "cost", "cpu_overcommit"),
)

COST = "cost_"
"""Before the name of a resource: the column of its price."""


def read_sites(table: Table) -> Sites:
    """Only `site` must be there; what is left out is empty, not known, online, of cost 1 and overcommit 1, and other
    resources cost nothing. Problems go to the table, and cells that have one get their default."""
    table.require("site")
    prices = {column.removeprefix(COST): column for column in table.columns if column.startswith(COST)}
    table.allow((*COLUMNS, *prices.values()), labels=True)
    if "cpu" in prices:
        table.in_header(prices["cpu"], "a price of cpu", "cost, the price of a vCPU")
    table.unique("site")
    for label, column in table.labels().items():
        if label in ("site", *SITE_ATTRIBUTES):
            table.in_header(column, f"a label with the name of the column {label}", "another name")
    attributes = {
        name: Column.of(table.convert(name, texts.alternatives if name == "carrier" else texts.printable, ""))
        for name in SITE_ATTRIBUTES
    }
    attributes |= {
        label: Column.of(table.convert(column, texts.printable, "")) for label, column in table.labels().items()
    }
    return Sites(
        name=tuple(table.convert("site", texts.name, "")),
        attributes=attributes,
        latitude=np.array(table.convert("latitude", texts.degrees(90), math.nan), np.float64),
        longitude=np.array(table.convert("longitude", texts.degrees(180), math.nan), np.float64),
        capabilities=tuple(table.convert("capabilities", texts.capabilities, frozenset())),
        state=tuple(table.convert("state", texts.state, "online")),
        cost=table.integers("cost", texts.cost, 1000),
        cpu_overcommit=tuple(
            factor or Fraction(1) for factor in table.convert("cpu_overcommit", texts.overcommit, None)
        ),
        costs={name: table.integers(column, texts.price) for name, column in prices.items()},
    )


def known_prices(table: Table, resources: Sequence[str]) -> None:
    """Only what servers have has a price."""
    for column in table.columns:
        name = column.removeprefix(COST)
        if name != column and name not in resources:
            expected = f"{one_of([COST + each for each in resources if each != 'cpu'])}, resources of the servers"
            table.in_header(column, "a price of an unknown resource", expected)


def site_columns(sites: Sites) -> dict[str, list[str]]:
    """The file's columns; `cpu_overcommit` only where some site has one."""
    columns = {
        "site": list(sites.name),
        **{name: list(sites.attributes[name]) for name in ("region", "province", "city", "carrier")},
        "latitude": list(map(texts.angle, sites.latitude.tolist())),
        "longitude": list(map(texts.angle, sites.longitude.tolist())),
        "cluster": list(sites.attributes["cluster"]),
        "capabilities": list(map(texts.joined, sites.capabilities)),
        "state": list(sites.state),
        "cost": list(map(texts.decimal, sites.cost.tolist())),
    }
    columns |= {f"{COST}{name}": list(map(texts.decimal, cost.tolist())) for name, cost in sites.costs.items()}
    if any(factor != 1 for factor in sites.cpu_overcommit):
        columns["cpu_overcommit"] = [texts.decimal(factor * 1000) for factor in sites.cpu_overcommit]
    labels = [name for name in sites.attributes if name not in SITE_ATTRIBUTES]
    return columns | {f"label.{name}": list(sites.attributes[name]) for name in labels}
