"""World: an inventory, the applications asked for, and what already runs where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from planner.inventory.inventory import Inventory
from planner.inventory.standby import Standby
from planner.manifests.application import Application
from planner.manifests.runtimes import Runtimes


class Allocation(NamedTuple):
    """Committed instances of one application on one server (a row of `servers`), in NUMA cells where it asks for them.

    demand: the position of the demand entry that they serve. devices: GPUs of the server, by number: the one that each
    of the instances has its share of, or all whole ones that they have together.
    (A tuple, for a world has hundreds of thousands of them, and these are made five times faster than those of a frozen
    dataclass.)
    """

    application: str
    server: int
    instances: int
    cells: tuple[int, ...] = ()
    demand: int = 0
    devices: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """generation: a digest of inventory and allocations (not of the applications), so that a plan knows its world.
    standby: what would start where, should something be lost.
    """

    inventory: Inventory
    applications: tuple[Application, ...]
    allocations: tuple[Allocation, ...]
    runtimes: Runtimes
    generation: str
    standby: tuple[Standby, ...] = ()
