"""`buy` is optimal on small worlds: of all purchases, each tried in every way, none that works is cheaper."""

from __future__ import annotations

from collections import Counter
from itertools import combinations_with_replacement, product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.whatif.base import Base
from planner.whatif.questions.buy import buy
from planner.whatif.questions.prices import Prices
from tests.worlds import application, server, site, world

Server = tuple[str, int, int]
"""Site, cores, GiB."""
CITY = {"x": "north", "y": "south", "new": "south"}


@st.composite
def questions(draw: st.DrawFn) -> tuple[World, list[Application], dict[str, Any]]:
    """Two sites, up to two servers, up to two applications; up to two kinds of servers, room for one or two in a site,
    and perhaps a site that could be opened."""
    machines = draw(st.lists(st.tuples(st.sampled_from("xy"), st.integers(1, 4), st.integers(1, 4)), max_size=2))
    apps = [
        application(
            name,
            cpu=draw(st.integers(1, 3)),
            memory=f"{draw(st.integers(1, 3))}Gi",
            instances=draw(st.integers(1, 3)),
            where=draw(st.sampled_from([{}, {"city": "south"}])),
            spread=draw(
                st.sampled_from([[], [{"over": "site", "maxInstances": 2}], [{"over": "server", "maxInstances": 1}]])
            ),
        )
        for name in ("a", "b")[: draw(st.integers(1, 2))]
    ]
    kinds = [
        {
            "name": name,
            "price": draw(st.integers(1, 9)),
            "shape": {"cpu": draw(st.integers(1, 5)), "memory": f"{draw(st.integers(1, 5))}Gi"},
        }
        for name in ("small", "large")[: draw(st.integers(1, 2))]
    ]
    prices: dict[str, Any] = {"servers": kinds, "rooms": [{"servers": draw(st.integers(1, 2))}]}
    if draw(st.booleans()):
        where = {"region": "", "province": "", "city": "south", "carrier": ""}
        prices["sites"] = [
            {"name": "new", "price": draw(st.integers(0, 6)), "servers": draw(st.integers(1, 2)), **where}
        ]
    made = world(
        *(site(name, city=CITY[name]) for name in "xy"),
        server("spare", site="x", cpu=500, memory=256),
        *(server(f"s{row}", site=at, cpu=1000 * cpu, memory=1024 * gib) for row, (at, cpu, gib) in enumerate(machines)),
    )
    return made, apps, prices


@settings(max_examples=40)
@given(questions())
def test_no_purchase_that_works_is_cheaper(question: tuple[World, list[Application], dict[str, Any]]) -> None:
    made, apps, prices = question
    base = Base.of(Snapshot.of(made), (), {"cpu": 1000})
    found = buy(base, apps, Prices.model_validate(prices), seconds=60)
    best = cheapest(made, apps, prices)
    if best is None:
        assert found.status == "infeasible"
    else:
        assert (found.status, found.cost, found.bound) == ("optimal", best, best)
        assert found.plan is not None
        assert not found.plan.unplaced
        assert found.cost == spent(prices, Counter({(row.site, row.server): row.servers for row in found.purchases}))


def cheapest(made: World, apps: list[Application], prices: dict[str, Any]) -> float | None:
    room = {"x": prices["rooms"][0]["servers"], "y": prices["rooms"][0]["servers"]}
    room |= {each["name"]: each["servers"] for each in prices.get("sites", [])}
    offers = [(at, kind["name"]) for at in room for kind in prices["servers"]]
    purchases = [
        Counter(dict(zip(offers, counts, strict=True)))
        for counts in product(range(3), repeat=len(offers))
        if all(sum(n for (at, _), n in zip(offers, counts, strict=True) if at == here) <= room[here] for here in room)
    ]
    for purchase in sorted(purchases, key=lambda each: spent(prices, each)):
        if works(made, apps, prices, purchase):
            return spent(prices, purchase)
    return None


def spent(prices: dict[str, Any], purchase: Counter[tuple[str, str]]) -> float:
    price = {kind["name"]: kind["price"] for kind in prices["servers"]}
    opened = {at for (at, _), count in purchase.items() if count}
    return float(
        sum(price[kind] * count for (_, kind), count in purchase.items())
        + sum(each["price"] for each in prices.get("sites", []) if each["name"] in opened)
    )


def works(made: World, apps: list[Application], prices: dict[str, Any], purchase: Counter[tuple[str, str]]) -> bool:
    """Is there any way to place everything?"""
    inventory = made.inventory
    shape = {
        kind["name"]: (1000 * kind["shape"]["cpu"], 1024 * int(kind["shape"]["memory"][:-2]))
        for kind in prices["servers"]
    }
    servers = [
        (inventory.sites.name[at], cpu, memory)
        for at, (cpu, memory) in zip(inventory.servers.site.tolist(), inventory.servers.capacity.tolist(), strict=True)
    ]
    servers += [(at, *shape[kind]) for (at, kind), count in purchase.items() for _ in range(count)]
    servers = [each for each in servers if each[1] >= 1000]
    ways = [list(seats(each, servers)) for each in apps]
    return any(fits(apps, way, servers) for way in product(*ways))


def seats(app: Application, servers: list[Server]) -> Any:
    """Every way to seat its instances that its own rules allow."""
    where = app.spec.demand[0].where
    open_ones = [row for row, (at, _, _) in enumerate(servers) if not where or CITY[at] in where["city"]]
    for chosen in combinations_with_replacement(open_ones, app.spec.demand[0].instances or 0):
        for rule in app.spec.spread:
            held = Counter(row if rule.over == "server" else servers[row][0] for row in chosen)
            if max(held.values()) > (rule.max_instances or 0):
                break
        else:
            yield chosen


def fits(apps: list[Application], way: tuple[tuple[int, ...], ...], servers: list[Server]) -> bool:
    for row, (_, cpu, memory) in enumerate(servers):
        for app, chosen in zip(apps, way, strict=True):
            cpu -= app.spec.resources["cpu"] * chosen.count(row)
            memory -= app.spec.resources["memory"] * chosen.count(row)
        if cpu < 0 or memory < 0:
            return False
    return True
