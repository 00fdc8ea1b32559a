"""Demand: how many instances, in which places, near whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from planner.manifests.errors import Finding, wrong
from planner.manifests.manifest import Manifest, exactly_one, one_or_more
from planner.manifests.quantities import Count

Degrees = Annotated[float, Field(strict=True)]
Values = Annotated[
    list[str],
    BeforeValidator(one_or_more),
    Field(min_length=1),
    PlainSerializer(lambda values: values if len(values) > 1 else values[0]),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Where = Annotated[
    dict[str, Values],
    Field(
        description="Site attribute or label -> accepted values; a list means any of them.",
        examples=[{"province": "Guangdong", "carrier": ["telecom", "unicom"]}],
    ),
]


class Users(Manifest):
    """Whom a demand serves: users in a place, in site attributes or labels as in `where`, or at a point. `carrier`
    goes with both and says whose network they are on."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": [{"province": "Guangdong", "carrier": "telecom"}]}
    )
    __pydantic_extra__: dict[str, Values] = Field(init=False)
    latitude: Degrees | None = Field(None, ge=-90, le=90)
    longitude: Degrees | None = Field(None, ge=-180, le=180)

    @property
    def attributes(self) -> Mapping[str, list[str]]:
        """The place, and the carrier."""
        return self.__pydantic_extra__

    @property
    def place(self) -> Mapping[str, list[str]]:
        """Empty at a point, and for users everywhere."""
        return {key: values for key, values in self.attributes.items() if key != "carrier"}

    @property
    def carriers(self) -> Sequence[str]:
        return self.attributes.get("carrier", [])

    @model_validator(mode="after")
    def _a_place_or_a_point(self) -> Self:
        point = {"latitude": self.latitude, "longitude": self.longitude}
        known = [name for name, value in point.items() if value is not None]
        if not known and not self.attributes:
            raise wrong(Finding("nobody", "a place such as province: Guangdong, or latitude and longitude"))
        if len(known) == 1:
            raise wrong(Finding(f"{known[0]} alone", "latitude and longitude"))
        if known and self.place:
            raise wrong(Finding(f"latitude and longitude beside {', '.join(self.place)}", "a place or a point"))
        return self


class Within(Manifest):
    """The round trip between a site and the farthest of the users takes at most so long; docs/latency.md says how it
    is estimated."""

    latency_ms: Annotated[float, Field(strict=True, gt=0, le=10_000)] = Field(description="Milliseconds.")
    of: Users


class Demand(Manifest):
    """How many instances, and where they may go: `instances` in total, or `instancesPerSite` in every matching site."""

    where: Where = Field({})
    within: Within | None = Field(None, description="Only sites that are near enough to the users.")
    instances: Count | None = None
    instances_per_site: Count | None = None

    @model_validator(mode="after")
    def _exactly_one_amount(self) -> Self:
        exactly_one(instances=self.instances, instancesPerSite=self.instances_per_site)
        return self
