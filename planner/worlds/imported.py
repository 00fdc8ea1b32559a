"""What an importer hands over: the world, the names its instances had, and what it could not carry over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from planner.inventory.inventory import SITE_ATTRIBUTES, Column, Sites
from planner.inventory.world import World


@dataclass(frozen=True, slots=True)
class Imported:
    """instances: (application id, name in the source) of every instance. notes: sentences for the user."""

    world: World
    instances: list[tuple[str, str]]
    notes: list[str] = field(default_factory=list)


def sites_nowhere(names: Sequence[str]) -> Sites:
    """Sites of a source that does not say where they are: attributes are empty, all cost the same."""
    count = len(names)
    return Sites(
        name=tuple(names),
        attributes={attribute: Column.of([""] * count) for attribute in SITE_ATTRIBUTES},
        latitude=np.zeros(count),
        longitude=np.zeros(count),
        capabilities=(frozenset(),) * count,
        state=("online",) * count,
        cost=np.full(count, 1000, np.int64),
        cpu_overcommit=(Fraction(1),) * count,
    )
