"""Users by province and carrier: from a file, or as many as live there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import product

from planner.inventory.inventory import Sites
from planner.manifests.errors import InvalidInput
from planner.worlds import texts
from planner.worlds.edge.cities import cities
from planner.worlds.table import Table

Users = Mapping[tuple[str, str], int]
"""(province, carrier) -> users."""
MOST_USERS = 10**12 - 1


def carriers(sites: Sites) -> list[str]:
    """Of all sites, one by one."""
    known = sites.attributes["carrier"].values
    return sorted({part for value in known for part in value.split(";") if part})


def population(sites: Sites) -> Users:
    """People in the large cities of each province of the world, the same part of them with every carrier."""
    names = carriers(sites)
    people: Counter[str] = Counter()
    for city in cities():
        people[city.province] += city.population
    provinces = [name for name in sites.attributes["province"].values if people[name]]
    return {(province, name): people[province] // len(names) for province, name in product(provinces, names)}


def read_users(text: str, file: str, sites: Sites) -> Users:
    """`province,carrier,users` lines. Raises InvalidInput with everything that is wrong."""
    table = Table.of(text, file)
    table.require("province", "carrier", "users")
    for name, known in (("province", sites.attributes["province"].values), ("carrier", carriers(sites))):
        table.rows_of(name, {each: row for row, each in enumerate(known)}, f"a {name} of the world", complete=True)
    users = table.convert("users", texts.whole(0, MOST_USERS), 0)
    found: dict[tuple[str, str], int] = {}
    keys = zip(*(table.columns.get(name, ()) for name in ("province", "carrier")), strict=False)
    for row, (key, count) in enumerate(zip(keys, users, strict=False)):
        if key in found:
            table.problem(row, "province, carrier", "the second such line", "one of each")
        found[key] = count
    if table.problems:
        raise InvalidInput(table.problems)
    return found
