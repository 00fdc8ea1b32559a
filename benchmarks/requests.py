"""Single requests as they come in: bodies drawn for a world, each of which fits it, and the answer to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.documents import Source
from planner.manifests.validation import parse
from planner.plans.plan import Plan, SolveOptions
from planner.plans.solve import solve
from planner.worlds.generate import GenerateOptions

WORLD = GenerateOptions(sites=1000, servers=100_000, load=0.5, seed=1)
FLAVOURS = ((1, 2), (2, 4), (4, 8), (8, 16), (16, 32))
"""(vCPU, GiB)."""
Body = dict[str, Any]


def bodies(snapshot: Snapshot, kind: str, count: int, seed: int = 0) -> list[Body]:
    """`count` bodies of a kind, see KINDS."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    room = _Room(snapshot, rng)
    return [{"applications": KINDS[kind](room, f"request-{number}"), "options": {}} for number in range(count)]


def answer(snapshot: Snapshot, body: Body) -> tuple[list[Application], Plan]:
    """What the service does between a parsed body and the plan that it sends: validate, plan, referee."""
    applications = [parse(Application, each, Source("request")) for each in body["applications"]]
    return applications, solve(snapshot, applications, parse(SolveOptions, body["options"], Source("request")))


class _Room:
    """Draws places and amounts; what it draws takes up to half of the room that is there."""

    def __init__(self, snapshot: Snapshot, rng: np.random.Generator) -> None:
        self.snapshot, self.rng = snapshot, rng
        self.places = {
            "local": self._scopes("province", "carrier"),
            "region": self._scopes("region"),
            "nationwide": [dict[str, str]()],
        }
        self._slots = {flavour: self._fitting(flavour) for flavour in FLAVOURS}

    def scope(self, reach: str, flavour: tuple[int, int], least: int, most_per_site: int = 2**40) -> Mapping[str, str]:
        """A place with room for `least` instances, the more room the likelier; in small worlds, the one with most."""
        places = self.places[reach]
        room = np.array([self.slots(place, flavour, most_per_site) for place in places], np.float64)
        room[room < min(least, max(1.0, room.max()))] = 0
        return places[int(self.rng.choice(len(places), p=room / room.sum()))]

    def slots(self, place: Mapping[str, str], flavour: tuple[int, int], most_per_site: int = 2**40) -> int:
        here = self.snapshot.matches({key: [value] for key, value in place.items()})
        sites = self.snapshot.inventory.servers.site
        return int(np.minimum(np.bincount(sites[here], self._slots[flavour][here]), most_per_site).sum())

    def _scopes(self, *keys: str) -> list[dict[str, str]]:
        sites = self.snapshot.inventory.sites
        found = {tuple(sites.attributes[key][row].split(";")[0] for key in keys) for row in range(len(sites))}
        return [dict(zip(keys, values, strict=True)) for values in sorted(found)]

    def _fitting(self, flavour: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """[servers]: instances that fit."""
        names = self.snapshot.units.columns
        cpu, memory = (self.snapshot.free[:, names.index(name)] for name in ("cpu", "memory"))
        return np.minimum(cpu // (1000 * flavour[0]), memory // (1024 * flavour[1]))


def _application(name: str, flavour: tuple[int, int], **spec: Any) -> Body:
    resources = {"cpu": str(flavour[0]), "memory": f"{flavour[1]}Gi"}
    return {"metadata": {"name": name}, "spec": {"runtime": "container", "resources": resources, **spec}}


def _plain(reach: str) -> Callable[[_Room, str], list[Body]]:
    """10 to 1,000 instances of some flavour, fewer amounts that are large."""

    def draw(room: _Room, name: str) -> list[Body]:
        flavour = FLAVOURS[int(room.rng.integers(len(FLAVOURS)))]
        place = room.scope(reach, flavour, 20)
        wanted = round(10 ** room.rng.uniform(1, 3))
        instances = max(1, min(wanted, room.slots(place, flavour) // 2))
        return [_application(name, flavour, demand=[{"where": dict(place), "instances": instances}])]

    return draw


def _spread(room: _Room, name: str) -> list[Body]:
    """1,000 containers 4C8G (fewer in small worlds), at most 30 % in a site, at least three sites."""
    place = room.scope("local", (4, 8), 1500, most_per_site=300)
    instances = max(3, min(1000, room.slots(place, (4, 8), most_per_site=300) * 2 // 3))
    spread = [{"over": "site", "maxShare": "30%", "minDomains": 3}]
    return [_application(name, (4, 8), demand=[{"where": dict(place), "instances": instances}], spread=spread)]


def _family(room: _Room, name: str) -> list[Body]:
    """A master with two children: one instance for 20 of the master's, and one in each site."""
    master, *_ = _plain("local")(room, name)
    return [
        master,
        _application(f"{name}-log", (1, 2), master={"application": name, "ratio": 20}),
        _application(f"{name}-monitor", (1, 2), master={"application": name, "perSite": 1}),
    ]


KINDS: dict[str, Callable[[_Room, str], list[Body]]] = {
    "local": _plain("local"),
    "region": _plain("region"),
    "nationwide": _plain("nationwide"),
    "spread": _spread,
    "master and two children": _family,
}
"""local: one province and carrier."""
