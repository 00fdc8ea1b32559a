"""What importers share: what they hand over, and how they read somebody else's files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from planner.inventory.inventory import SITE_ATTRIBUTES, Column, Sites
from planner.inventory.world import World
from planner.manifests.errors import InputProblem, InvalidInput
from planner.worlds.files import decoded
from planner.worlds.table import Table


@dataclass(frozen=True, slots=True)
class Imported:
    """instances: (application id, name in the source) of every instance. notes: what the user should know, such as
    what could not be carried over."""

    world: World
    instances: list[tuple[str, str]]
    notes: list[str] = field(default_factory=list)


def sites_nowhere(names: Sequence[str]) -> Sites:
    """Sites of a source that does not say where they are: attributes are empty, all cost the same."""
    count = len(names)
    return Sites(
        name=tuple(names),
        attributes={attribute: Column.of([""] * count) for attribute in SITE_ATTRIBUTES},
        latitude=np.full(count, np.nan),
        longitude=np.full(count, np.nan),
        capabilities=(frozenset(),) * count,
        state=("online",) * count,
        cost=np.full(count, 1000, np.int64),
        cpu_overcommit=(Fraction(1),) * count,
    )


def source(path: Path) -> str:
    """The text of a file. Raises InvalidInput."""
    try:
        return decoded(path.read_bytes(), str(path))
    except OSError as error:
        found = (error.strerror or "no file").lower()
        raise InvalidInput([InputProblem(str(path), None, "", found, "a file that can be read")]) from error


def source_table(path: Path, *columns: str, unique: str) -> Table:
    """A CSV file with at least these columns, others are ignored. Raises InvalidInput only for a file as a whole."""
    table = Table.of(source(path), str(path))
    table.require(*columns)
    table.unique(unique)
    return table


def agree(*tables: Table) -> None:
    """Raises InvalidInput when a table has problems, with those of all."""
    if problems := [problem for table in tables for problem in table.problems]:
        raise InvalidInput(problems)
