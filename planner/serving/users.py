"""Users by province and carrier: from a file, or as many as live there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import product

from planner.inventory.inventory import Sites
from planner.manifests.errors import InputProblem, InvalidInput, did_you_mean
from planner.worlds.edge.cities import cities
from planner.worlds.table import Table

Users = Mapping[tuple[str, str], int]
"""(province, carrier) -> users."""


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
    found: dict[tuple[str, str], int] = {}
    missing = [name for name in ("province", "carrier", "users") if name not in table.columns]
    problems = [
        *table.problems,
        *(InputProblem(file, table.header, name, "no such column", "province, carrier, users") for name in missing),
    ]
    known = {"province": list(sites.attributes["province"].values), "carrier": carriers(sites)}
    rows = zip(table.lines, *(table.columns[name] for name in ("province", "carrier", "users")), strict=True)
    for line, province, carrier, users in () if missing else rows:
        for field, value in (("province", province), ("carrier", carrier)):
            if value not in known[field]:
                hint = did_you_mean(value, known[field])
                problems.append(InputProblem(file, line, field, f"'{value}'", f"a {field} of the world{hint}"))
        if not users.isascii() or not users.isdigit() or len(users) > 12:
            problems.append(InputProblem(file, line, "users", f"'{users}'", "how many users, such as 120000"))
        elif (province, carrier) in found:
            problems.append(InputProblem(file, line, "province, carrier", "the second such line", "one of each"))
        else:
            found[province, carrier] = int(users)
    if problems:
        raise InvalidInput(problems)
    return found
