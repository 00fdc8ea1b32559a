"""Ties: what rules tie together, directly or through others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import networkx as nx


def components(nodes: Iterable[int], tied: Sequence[Sequence[int]]) -> Iterable[set[int]]:
    """The nodes by what is tied together, in their order; most requests tie nothing, and no graph is made for them."""
    if all(len(path) < 2 for path in tied):
        return [{node} for node in nodes]
    ties: nx.Graph[int] = nx.Graph()
    ties.add_nodes_from(nodes)
    for path in tied:
        nx.add_path(ties, path)
    return nx.connected_components(ties)
