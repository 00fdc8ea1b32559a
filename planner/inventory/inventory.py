"""Inventory: every site and server, columnar, servers in order of their site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

SITE_ATTRIBUTES = ("region", "province", "city", "carrier", "cluster")
STATES = ("online", "draining", "offline", "retired")


@dataclass(frozen=True, slots=True)
class Column:
    """A text column as codes into its vocabulary."""

    values: tuple[str, ...]
    code: NDArray[np.int32]

    @staticmethod
    def of(texts: list[str]) -> Column:
        """Vocabulary in order of first appearance."""
        position: dict[str, int] = {}
        code = np.fromiter((position.setdefault(text, len(position)) for text in texts), np.int32, len(texts))
        return Column(tuple(position), code)

    def __iter__(self) -> Iterator[str]:
        return map(self.values.__getitem__, self.code.tolist())

    def __getitem__(self, row: int) -> str:
        return self.values[int(self.code[row])]

    def accepts(self, accepted: Sequence[str]) -> NDArray[np.bool_]:
        """[rows]: those with an accepted value, or with one among several that are joined by ';'."""
        hit = [value in accepted or any(part in accepted for part in value.split(";")) for value in self.values]
        return np.array(hit, np.bool_)[self.code]


@dataclass(frozen=True, slots=True)
class Sites:
    """Parallel columns, one row a site.

    latitude, longitude: degrees, NaN where they are not known.
    attributes: region, province, city, carrier (several are joined by ';'), cluster, and any `label.x` column as 'x'.
    cost: price of one vCPU, in thousandths; costs: of a unit of other resources (GiB, Mbit/s, device ...), by name.
    cpu_overcommit: default for its servers.
    """

    name: tuple[str, ...]
    attributes: dict[str, Column]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    capabilities: tuple[frozenset[str], ...]
    state: tuple[str, ...]
    cost: NDArray[np.int64]
    cpu_overcommit: tuple[Fraction, ...]
    costs: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.name)

    def having(self, key: str, accepted: Sequence[str]) -> NDArray[np.bool_]:
        """[sites]: those whose name (key `site`), attribute or label is accepted; none when there is no such key."""
        if key == "site":
            return np.array([name in accepted for name in self.name], np.bool_)
        return self.attributes[key].accepts(accepted) if key in self.attributes else np.zeros(len(self), np.bool_)


@dataclass(frozen=True, slots=True)
class Servers:
    """Parallel columns, one row a server, rows of one site next to each other, in the order of `Sites`.

    site: row in `Sites`. rack: rack name (unique within its site). capacity: [servers, resources], base units.
    cpu_overcommit: the server's own value or its site's. labels: `label.x` columns as 'x'.
    """

    name: tuple[str, ...]
    site: NDArray[np.int32]
    rack: Column
    state: Column
    capabilities: tuple[frozenset[str], ...]
    cpu_overcommit: tuple[Fraction, ...]
    capacity: NDArray[np.int64]
    labels: dict[str, Column]

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True)
class Cells:
    """NUMA cells: row i is cell `cell[i]` (0, 1, ...) of server row `server[i]`, with its share of some resources."""

    server: NDArray[np.int32]
    cell: NDArray[np.int32]
    resources: tuple[str, ...]
    capacity: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.server)


@dataclass(frozen=True, slots=True)
class Inventory:
    """Sites, servers and cells; `resources` names the columns of `servers.capacity`."""

    sites: Sites
    servers: Servers
    resources: tuple[str, ...]
    cells: Cells | None = None
