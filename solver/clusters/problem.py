"""Hosting: sites that share clusters, how many servers each has, and how far they are from each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.problem import Ids, Ints


@dataclass(frozen=True, slots=True)
class Hosting:
    """A capacitated p-median problem (Mulvey and Beck, "Solving capacitated clustering problems", EJOR 18, 1984).

    size: [sites], servers of each. metres: [sites, sites]. least, most: servers of a cluster. clusters: how many there
    are to be. before: [sites], the cluster that a site is in already, from 0 on; -1: in none. old: [sites], servers
    that change when the site does.
    """

    size: Ints
    metres: Ints
    least: int
    most: int
    clusters: int
    before: Ids
    old: Ints

    @property
    def sites(self) -> int:
        return len(self.size)

    @property
    def known(self) -> int:
        """Clusters that there are already."""
        return int(self.before.max(initial=-1)) + 1

    @property
    def cost(self) -> Ints:
        """[sites, centres]: metres to the centre, for each of the servers."""
        return np.asarray(self.size[:, None] * self.metres)

    def medoid(self, members: NDArray[np.bool_]) -> int:
        """The member that is nearest to all others, server by server."""
        rows = np.flatnonzero(members)
        return int(rows[np.argmin(self.size[rows] @ self.metres[np.ix_(rows, rows)])])
