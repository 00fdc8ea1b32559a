"""Servers of a generated world: racks of one shape each, two or three shapes in a site."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Column, Servers, Sites

RESOURCES = ("cpu", "memory", "disk", "bandwidth", "gpu")
_RACK = 20  # servers, about
_DRAINING, _OFFLINE = 0.004, 0.001


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of server: vCPUs, GiB of memory and disk, Mbit/s, GPUs, and how often a rack is of it."""

    cpu: int
    memory: int
    disk: int
    bandwidth: int
    gpu: int
    share: float
    capabilities: frozenset[str]

    @property
    def capacity(self) -> tuple[int, ...]:
        return (self.cpu * 1000, self.memory * 1024, self.disk, self.bandwidth, self.gpu)


_LOCAL = frozenset({"disk.local"})
_SHAPES = (
    Shape(32, 128, 1_920, 10_000, 0, 0.14, _LOCAL),
    Shape(64, 256, 3_840, 25_000, 0, 0.34, _LOCAL),
    Shape(64, 128, 1_920, 25_000, 0, 0.10, frozenset()),
    Shape(96, 384, 7_680, 25_000, 0, 0.22, _LOCAL),
    Shape(128, 512, 7_680, 50_000, 0, 0.15, _LOCAL | {"disk.nvme"}),
    Shape(64, 256, 3_840, 25_000, 4, 0.05, _LOCAL | {"gpu.t4"}),
)


def fill(sites: Sites, sizes: NDArray[np.int64], rng: np.random.Generator) -> Servers:
    """Servers in order of their site, `sizes[i]` of them in site i."""
    total = int(sizes.sum())
    racks = -(-sizes // _RACK)
    site = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    position = np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rack = position * racks[site] // sizes[site]
    shape = _shape_of_racks(racks, rng)[np.repeat(np.cumsum(racks) - racks, sizes) + rack]
    racks_named = tuple(f"r{number:02d}" for number in range(1, int(racks.max()) + 1))
    drawn = rng.random(total)
    state = np.where(drawn < _OFFLINE, 2, np.where(drawn < _OFFLINE + _DRAINING, 1, 0))
    names = [
        f"{name}-{number:03d}"
        for name, size in zip(sites.name, sizes.tolist(), strict=True)
        for number in range(1, size + 1)
    ]
    return Servers(
        name=tuple(names),
        site=site,
        rack=Column(racks_named, rack.astype(np.int32)),
        state=Column(("online", "draining", "offline"), state.astype(np.int32)),
        capabilities=tuple(_SHAPES[kind].capabilities for kind in shape.tolist()),
        cpu_overcommit=(Fraction(1),) * total,
        capacity=np.array([kind.capacity for kind in _SHAPES], np.int64)[shape],
        labels={},
    )


def _shape_of_racks(racks: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Each rack takes one of the three shapes that its site has bought (some drawn twice, so often two)."""
    shares = np.array([shape.share for shape in _SHAPES])
    bought = rng.choice(len(_SHAPES), (len(racks), 3), p=shares / shares.sum())
    site = np.repeat(np.arange(len(racks)), racks)
    taken: NDArray[np.int64] = bought[site, rng.integers(0, 3, len(site))]
    return taken
