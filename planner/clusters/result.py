"""ClusterPlan: the clusters, and the one that every site belongs to, as printed and sent."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt

from planner.manifests.manifest import Manifest


class ClusterOptions(Manifest):
    """least, most, size: servers of a hosted cluster: the limits, and what is aimed at. own: a site with so many
    servers has a cluster inside. spare: part of `most` that new clusters leave free to grow."""

    least: int = Field(2000, ge=1)
    most: int = Field(3000, ge=1)
    size: int = Field(2500, ge=1)
    own: int = Field(200, ge=1)
    spare: float = Field(0.1, ge=0, lt=1)
    seed: int = 0


class Cluster(Manifest):
    """centre: the site in the middle of a hosted one. kilometres: from it, for the mean server. outside: it breaks the
    limits of its size, as no way was found to keep them."""

    name: str
    kind: Literal["own", "hosted"]
    regions: list[str]
    sites: NonNegativeInt
    servers: NonNegativeInt
    centre: str
    kilometres: float
    outside: bool = False


class Member(Manifest):
    """A site and the cluster of its servers. before: the one that they were in, if that was another."""

    site: str
    cluster: str
    servers: NonNegativeInt
    before: str | None = None


class ClusterPlan(Manifest):
    """kilometres, bound: servers times kilometres to the centres of hosted clusters, and what no other way to make so
    many clusters of the same groups of regions undercuts. moved: servers of sites that change their cluster."""

    clusters: list[Cluster]
    sites: list[Member]
    kilometres: float
    bound: float
    gap: float
    moved: NonNegativeInt
    moved_bound: NonNegativeInt
    seconds: float
