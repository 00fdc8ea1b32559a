"""Ruins: which nodes trials empty and how they are filled again, by what paid.

Adaptive large neighbourhood search (Ropke and Pisinger, Transportation Science 40, 2006): arms are drawn by weights
that follow what each gained for its work.
"""

from __future__ import annotations

import numpy as np

from solver.construct.tables import Floats

KINDS = 5
SCATTERED, DOMAINS, ALIKE, STUCK, WASTED = range(KINDS)
"""Nodes anywhere; neighbours in a few racks or sites; where what is alike stands; where little is missing for one more
of what is left out; where room or money is wasted."""
SIZE = (24, 10, 4)
SIZES, LARGE = len(SIZE), max(SIZE)
"""At most so many nodes, in each of at most three domains."""
WAYS = 4
FOCUSED, PIECES = 1, 2
"""Fill only the nodes that were emptied; one instance per node and pass."""
ARMS = KINDS * SIZES + WAYS
DECAY, FADE, LEAST = 0.1, 0.02, 0.2
"""Part of a weight that a round renews, or one in which nothing pays takes back; the least weight. The average is 1."""


class Ruins:
    """weight [arms]: kinds of ruins by size, then ways to fill them."""

    def __init__(self) -> None:
        self.weight = np.ones(ARMS)
        self.done = False

    def learn(self, ledger: Floats, done: bool) -> None:
        """ledger [arms, 2]: gain and work of a round. done: nothing is left out, so that other gains count now, and all
        is learned anew."""
        if done != self.done:
            self.weight[:], self.done = 1.0, done
        for group in (slice(0, KINDS * SIZES), slice(KINDS * SIZES, ARMS)):
            gain, work = ledger[group].T
            tried = work > 0
            weight = self.weight[group]
            if gain.any():
                paid = gain[tried] / work[tried] * (work.sum() / gain.sum())
                weight[tried] += DECAY * (paid - weight[tried])
            else:
                weight += FADE * (1.0 - weight)
            weight[:] = np.maximum(weight / weight.mean(), LEAST)
