"""Prices: which servers may be bought, what they cost, where they may stand, and which sites may be opened for them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.manifests.demand import Where
from planner.manifests.errors import Finding, wrong
from planner.manifests.manifest import Manifest
from planner.manifests.quantities import Resources

Price = Annotated[float, Field(ge=0, le=1e9)]
Room = Annotated[int, Field(strict=True, ge=0, le=100_000)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=63)]


class ServerPrice(Manifest):
    """One kind of server, bought by the piece. where: sites that may have it."""

    name: Name
    price: Price
    shape: Resources
    capabilities: list[str] = Field([])
    where: Where = Field({})


class SiteRoom(Manifest):
    """Sites that match take so many servers more, each of them."""

    where: Where = Field({})
    servers: Room


class SitePrice(Manifest):
    """A site that could be opened: `price` for having it at all, besides its servers."""

    name: Name
    price: Price
    servers: Room = Field(description="That it takes.")
    region: str
    province: str
    city: str
    carrier: str
    capabilities: list[str] = Field([])
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)


class Prices(Manifest):
    """rooms: of sites that are there; the first that matches counts, and none takes any without one."""

    api_version: Literal["bayplan.io/v1alpha1"] = "bayplan.io/v1alpha1"
    kind: Literal["Prices"] = "Prices"
    servers: Annotated[list[ServerPrice], Field(min_length=1)]
    rooms: list[SiteRoom] = Field([])
    sites: list[SitePrice] = Field([])

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.rooms and not self.sites:
            raise wrong(Finding("neither rooms nor sites", "where servers may stand"))
        for field, names in (
            ("servers", [each.name for each in self.servers]),
            ("sites", [each.name for each in self.sites]),
        ):
            if len(set(names)) < len(names):
                raise wrong(Finding("one name several times", "a name for each alone", (field,)))
        return self
