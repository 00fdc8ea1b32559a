"""The books, over HTTP: what is asked of them, and how their answers read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.client import AsyncClient, Invalid, Problem, Refused, ServiceError
from dispatcher.names import DIGEST
from dispatcher.package import Place
from dispatcher.plans import Placed
from dispatcher.status import Said, reason, refusal

SHOWN = 8
"""Lines of a conflict, and counter-offers, that are told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """said: the condition Planned. placed: where the applications are now. event: worth telling."""

    said: Said
    placed: Mapping[str, Placed] = field(default_factory=dict)
    event: Said | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """All that runs, and the sites where it does."""

    placed: Mapping[str, Placed]
    places: Mapping[str, Place]


class Books:
    """classes: of each site's cluster, by the name that `Place` has them under."""

    def __init__(self, client: AsyncClient, classes: Mapping[str, Mapping[str, str]]) -> None:
        self.client, self._classes = client, classes
        self._refused: dict[str, str] = {}

    async def standing(self) -> Standing:
        """Raises ServiceError."""
        return self._standing(await self.client.deliveries())

    async def place(self, manifests: Sequence[Mapping[str, Any]]) -> tuple[Answer, Standing | None]:
        """What runs of them becomes what they say; or why it cannot. Raises ServiceError when nobody knows."""
        key = repr(sorted(each["metadata"]["annotations"][DIGEST] for each in manifests))
        try:
            told = await self.client.deliver(manifests)
        except Invalid as problem:
            rows = [f"{each.field}: found {each.found}, expected {each.expected}" for each in problem.problems]
            said = Said("Planned", False, "Invalid", "\n".join(rows or [problem.detail]))
            return Answer(said, event=self._once(key, said)), None
        except Refused as problem:
            said = await self._refusal(manifests, problem)
            return Answer(said, event=self._once(key, said)), None
        self._refused.pop(key, None)
        standing = self._standing(told)
        count = sum(each.instances for each in standing.placed.values())
        sites = {site for each in standing.placed.values() for site in each.servers}
        said = Said("Planned", True, "Planned", f"{count:,} instances in {len(sites)} sites")
        return Answer(said, standing.placed, event=said if told.plan else None), standing

    async def release(self, application: str, server: str | None = None) -> None:
        """Raises ServiceError."""
        await self.client.end_delivery(application, server=server)

    async def observe(self, sites: Sequence[Mapping[str, Any]], servers: Sequence[Mapping[str, Any]]) -> None:
        """Raises ServiceError."""
        await self.client.observe(sites, servers)

    def _once(self, key: str, said: Said) -> Said | None:
        """The same refusal is told once."""
        if self._refused.get(key) == said.message:
            return None
        self._refused[key] = said.message
        return said

    async def _refusal(self, manifests: Sequence[Mapping[str, Any]], problem: Problem) -> Said:
        """With the facts in conflict and what would fit, where they can be told in time."""
        conflict: list[str] = []
        offers: list[str] = []
        when = problem.explanation.when if problem.explanation else None
        if problem.code.startswith("capacity."):
            try:
                told = (await self.client.explain(manifests)).model_dump(mode="json", by_alias=True)
                conflict, offers = sentences(told)
            except ServiceError as error:
                conflict = [f"(no explanation: {error})"]
            if not offers and problem.explanation:
                offers = list(problem.explanation.helps)
        text = refusal(problem.detail, when, conflict[:SHOWN], offers[:SHOWN])
        return Said("Planned", False, reason(problem.code), text)

    def _standing(self, told: Any) -> Standing:
        places = {
            name: Place(name, site.cluster, frozenset(site.offers), dict(self._classes.get(name) or {}))
            for name, site in told.sites.items()
        }
        placed = {
            row.application: Placed(row.annotations.get(DIGEST, ""), row.plan, row.sites) for row in told.applications
        }
        return Standing(placed, places)


def sentences(told: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """(facts in conflict, counter-offers) of an explanation."""
    conflict: list[str] = []
    offers: list[str] = []
    for each in told["refused"]:
        conflict += (each.get("conflict") or {}).get("sentences") or [each["headline"]]
        offers += [offer["message"] for offer in each.get("counterOffers") or ()]
    return conflict, offers
