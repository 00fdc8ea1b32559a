"""Ruins: how many nodes a trial empties, by what paid last."""

from __future__ import annotations

SIZES = (24, 10, 4)
FIXED = 9
"""Work of a trial beside that of its nodes, in nodes."""


class Ruins:
    """Sizes compete round by round: the one that last gained most for its work is next, the one that has waited
    longest among equals. What is not tried keeps its last word, so as gains get smaller the others have their turn."""

    def __init__(self) -> None:
        self.paid = dict.fromkeys(SIZES, float("inf"))
        self.waiting = list(SIZES)
        self.term = 0

    def next(self) -> int:
        """At most so many nodes."""
        return max(self.waiting, key=self.paid.__getitem__)

    def learn(self, size: int, before: tuple[int, ...], after: tuple[int, ...]) -> None:
        """The values of the best placement before and after a round of this size. Once nothing is left out, the second
        term counts, and all is learned anew."""
        self.waiting.remove(size)
        self.waiting.append(size)
        term = int(after[0] == 0)
        if term != self.term:
            self.term, self.paid = term, dict.fromkeys(SIZES, float("inf"))
        elif len(after) > term:
            paid = (before[term] - after[term]) / (size + FIXED)
            self.paid[size] = paid if self.paid[size] == float("inf") else (self.paid[size] + paid) / 2
