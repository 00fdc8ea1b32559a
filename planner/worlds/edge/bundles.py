"""A batch of requests for a generated world: bundles of a master and its children, sized to what is free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Inventory
from planner.manifests.application import Application, ApplicationSpec, Master
from planner.manifests.demand import Demand
from planner.manifests.limits import Spread
from planner.manifests.metadata import Metadata
from planner.worlds.edge.flavours import Flavour
from planner.worlds.edge.room import Room, Scope

_FLAVOURS = {
    Flavour(1, 2): 0.03, Flavour(2, 4): 0.08, Flavour(2, 8): 0.04, Flavour(4, 8): 0.22, Flavour(4, 16): 0.13,
    Flavour(8, 16): 0.15, Flavour(8, 32): 0.10, Flavour(16, 32): 0.08, Flavour(16, 64): 0.07,
    Flavour(32, 64): 0.04, Flavour(32, 96): 0.03, Flavour(32, 128): 0.03,
}  # fmt: skip
_REACH = {"local": 0.60, "region": 0.25, "nationwide": 0.15}
_KINDS = {
    "local": ("function", "cdn", "live", "game"),
    "region": ("meeting", "accelerator", "render"),
    "nationwide": ("probe", "load-test", "crawler"),
}
_TENANTS = ("alder", "birch", "cedar", "dogwood", "elm", "fir", "hazel", "juniper", "larch", "maple", "oak", "pine")
_MOST = 1_000_000  # instances that one manifest may ask for
_REQUIRES = {"lb.l7": 0.35, "disk.cloud": 0.15}


@dataclass(frozen=True, slots=True)
class _Child:
    """ratio: one for so many master instances of a site; else per_site in each site."""

    name: str
    flavour: Flavour
    ratio: int | None = None
    per_site: int | None = None


_CHILDREN = (
    _Child("log", Flavour(1, 2), ratio=20),
    _Child("monitor", Flavour(0.5, 1), ratio=50),
    _Child("cache", Flavour(2, 8), ratio=10),
    _Child("config", Flavour(1, 2), per_site=1),
    _Child("gateway", Flavour(2, 4), per_site=2),
)


@dataclass(frozen=True, slots=True)
class _Ask:
    """What a bundle asks for. instances, spread: of the master."""

    scope: Scope
    requires: list[str]
    flavour: Flavour
    children: list[_Child]
    instances: int
    spread: list[Spread]

    @property
    def millicores(self) -> float:
        """Of master and children; a child per site counts once for each domain that the master must have."""
        domains = max((rule.min_domains or 1 for rule in self.spread), default=1)
        cores = self.instances * self.flavour.cpu
        for child in self.children:
            count = -(-self.instances // child.ratio) if child.ratio else (child.per_site or 0) * domains
            cores += child.flavour.cpu * count
        return 1000 * cores


def request(
    inventory: Inventory, free: NDArray[np.int64], count: int, demand: float, rng: np.random.Generator
) -> tuple[Application, ...]:
    """`count` masters, each followed by its children; together they ask for `demand` of the free vCPU.

    Local and regional bundles keep to half of the room that the earlier ones left them; what they cannot ask for goes
    to the nationwide ones, which come last.
    """
    room = Room(inventory, free, tuple(_FLAVOURS))
    reach = _reaches(count, rng)
    weight = rng.lognormal(0.0, 1.0, count)
    left, unserved = demand * room.cpu.sum(), weight.sum()
    bundles: dict[int, list[Application]] = {}
    for index in sorted(range(count), key=lambda index: list(_REACH).index(reach[index])):
        part = weight[index] / unserved
        bundles[index], asked = _bundle(f"{index + 1:03d}", reach[index], left * part, room, rng)
        left, unserved = max(0.0, left - asked), max(1e-9, unserved - weight[index])
    return tuple(application for index in range(count) for application in bundles[index])


def _reaches(count: int, rng: np.random.Generator) -> list[str]:
    """In the shares of `_REACH`, shuffled; at least one is nationwide, as it takes what the others cannot."""
    edges = np.floor(np.cumsum(list(_REACH.values())) * count)
    edges[1] = min(edges[1], count - 1)
    names = np.array(list(_REACH))[np.searchsorted(edges, np.arange(count), side="right").clip(0, 2)]
    return [str(name) for name in rng.permutation(names)]


def _bundle(
    number: str, reach: str, wanted: float, room: Room, rng: np.random.Generator
) -> tuple[list[Application], float]:
    """Master and children that ask for about `wanted` millicores; and the millicores that they do ask for."""
    ask = _ask(reach, wanted, room, rng)
    room.take(ask.scope, ask.millicores)
    namespace = str(rng.choice(_TENANTS))
    name = f"{rng.choice(_KINDS[reach])}-{number}"
    runtime = "vm" if rng.random() < (0.8 if ask.flavour.cpu >= 16 else 0.3) else "container"
    followers = [_follower(child, name, namespace) for child in ask.children]
    return [_leader(ask, name, namespace, runtime), *followers], ask.millicores


def _ask(reach: str, wanted: float, room: Room, rng: np.random.Generator) -> _Ask:
    requires = [name for name, share in _REQUIRES.items() if rng.random() < share]
    scope = _scope(reach, requires, room, rng)
    fitting = np.array([room.slots(flavour, scope).sum() for flavour in _FLAVOURS])
    likely = np.array(list(_FLAVOURS.values())) * (fitting > 1 if fitting.max() > 1 else 1)
    kind = int(rng.choice(len(likely), p=likely / likely.sum()))
    flavour = list(_FLAVOURS)[kind]
    children = [_CHILDREN[row] for row in sorted(rng.permutation(len(_CHILDREN))[: rng.integers(1, 4)])]
    most = _MOST if reach == "nationwide" else min(_MOST, int(fitting[kind] / 2))
    instances = _instances(wanted, flavour, children, most)
    spread = [*_over_sites(flavour, instances, scope, room, rng), *_over_servers(flavour, instances, scope, room, rng)]
    return _Ask(scope, requires, flavour, children, instances, spread)


def _scope(reach: str, requires: list[str], room: Room, rng: np.random.Generator) -> Scope:
    """Where a bundle may go: the more room a place has left, the likelier; a part of the wide ones name a carrier."""
    keys = {
        "local": ("province", "carrier"),
        "region": ("region", "carrier") if rng.random() < 0.7 else ("region",),
        "nationwide": ("carrier",) if rng.random() < 0.3 else (),
    }[reach]
    scopes = room.scopes(keys, requires)
    left = np.array([room.left[scope.sites].sum() for scope in scopes])
    likely = left / left.sum() if left.any() else None
    return scopes[int(rng.choice(len(scopes), p=likely))]


def _instances(wanted: float, flavour: Flavour, children: list[_Child], most: int) -> int:
    fixed = sum(1000 * child.flavour.cpu * (child.per_site or 0) for child in children)
    each = 1000 * (flavour.cpu + sum(child.flavour.cpu / child.ratio for child in children if child.ratio))
    return max(1, min(int((wanted - fixed) / each), most))


def _over_sites(
    flavour: Flavour, instances: int, scope: Scope, room: Room, rng: np.random.Generator
) -> Iterator[Spread]:
    """For half of the masters, where the scope has the sites for it: at most 20-50 % in one, often in three or more."""
    share, domains = int(rng.choice([20, 25, 30, 40, 50])), int(rng.integers(3, 6))
    wished, floor = rng.random() < 0.5, rng.random() < 0.6
    each = np.minimum(np.floor(room.slots(flavour, scope) * 0.8), instances * share // 100)
    if wished and each.sum() >= 1.2 * instances and instances >= domains and (each > 0).sum() > domains:
        yield Spread(over="site", max_share=share / 100, min_domains=domains if floor else None)


def _over_servers(
    flavour: Flavour, instances: int, scope: Scope, room: Room, rng: np.random.Generator
) -> Iterator[Spread]:
    """For three in ten, where the scope has the servers for it: at most 1, 2 or 4 on one."""
    most = int(rng.choice([1, 2, 4]))
    if rng.random() < 0.3 and room.servers(flavour, scope).sum() * most * 0.4 >= instances:
        yield Spread(over="server", max_instances=most)


def _leader(ask: _Ask, name: str, namespace: str, runtime: str) -> Application:
    where = {key: [value] for key, value in ask.scope.where.items()}
    return Application(
        metadata=Metadata(name=name, namespace=namespace),
        spec=ApplicationSpec(
            runtime=runtime,
            resources=ask.flavour.quantities,
            demand=[Demand(where=where, instances=ask.instances)],
            requires=ask.requires,
            spread=ask.spread,
            priority=ask.flavour.worth,
        ),
    )


def _follower(child: _Child, master: str, namespace: str) -> Application:
    return Application(
        metadata=Metadata(name=f"{master}-{child.name}", namespace=namespace),
        spec=ApplicationSpec(
            runtime="container",
            resources=child.flavour.quantities,
            master=Master(application=master, ratio=child.ratio, per_site=child.per_site),
        ),
    )
