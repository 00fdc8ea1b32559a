"""sites.csv: where machine rooms are, and what they offer."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from planner.inventory.inventory import SITE_ATTRIBUTES, Column, Sites
from planner.worlds import texts
from planner.worlds.table import Table

COLUMNS = (
    *("site", "region", "province", "city", "carrier", "latitude", "longitude", "cluster"),
    *("capabilities", "state", "cost", "cpu_overcommit"),
)


def read_sites(table: Table) -> Sites:
    """Only `site` must be there; what is left out is empty, not known, online, of cost 1 and overcommit 1. Problems go
    to the table, and cells that have one get their default."""
    table.require("site")
    table.allow(COLUMNS, labels=True)
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
    )


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
    if any(factor != 1 for factor in sites.cpu_overcommit):
        columns["cpu_overcommit"] = [texts.decimal(factor * 1000) for factor in sites.cpu_overcommit]
    labels = [name for name in sites.attributes if name not in SITE_ATTRIBUTES]
    return columns | {f"label.{name}": list(sites.attributes[name]) for name in labels}
