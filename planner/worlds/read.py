"""A world folder to a World, or every problem that is in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from planner.inventory.inventory import Cells, Inventory
from planner.inventory.world import World
from planner.manifests.documents import documents
from planner.manifests.errors import InputProblem, InvalidInput, did_you_mean, one_of
from planner.manifests.references import validate
from planner.manifests.runtimes import Runtimes
from planner.manifests.validation import parse
from planner.worlds.allocations import read_allocations
from planner.worlds.applications import Manifests, read_applications, read_manifests
from planner.worlds.cells import read_cells
from planner.worlds.files import contents, decoded, digest
from planner.worlds.servers import read_servers
from planner.worlds.sites import known_prices, read_sites
from planner.worlds.standby import read_standby
from planner.worlds.table import Table

Row = TypeVar("Row")
ReadRows = Callable[..., tuple[Row, ...]]
STANDING = {
    "allocations.csv": "application,server,instances",
    "standby.csv": "application,server,instances,level,domain",
}
"""The header of a file about what stands, to begin one with."""

__all__ = ["read", "read_applications"]


def read(folder: Path) -> World:
    """The world in a folder. `generation` is a digest of its files without the applications.

    Raises InvalidInput with every problem of every file. Whether the allocations fit their servers is not looked at
    here: the snapshot keeps the books."""
    files = contents(folder)
    reader = _Reader(folder, files)
    inventory = reader.inventory()
    manifests = reader.manifests(inventory)
    allocations = reader.standing("allocations.csv", read_allocations, inventory, manifests)
    standby = reader.standing("standby.csv", read_standby, inventory, manifests)
    runtimes = reader.runtimes(inventory)
    if reader.problems:
        raise InvalidInput(reader.problems)
    return World(inventory, tuple(manifests.applications), allocations, runtimes, digest(files), standby)


class _Reader:
    """Reads every file as far as it goes; what is broken as a whole takes no part in checking the rest."""

    def __init__(self, folder: Path, files: dict[str, bytes]) -> None:
        self.folder = folder
        self.files = files
        self.problems: list[InputProblem] = []
        self.servers_complete = False

    def inventory(self) -> Inventory:
        at = self._table("sites.csv", instead="site")
        sites = read_sites(at)
        rows = self._table("servers.csv", instead="server,site")
        servers, resources = read_servers(rows, sites, sites_complete=at.complete)
        if rows.complete:
            known_prices(at, resources)
        self._note(at.problems)
        self._note(rows.problems)
        self.servers_complete = rows.complete
        return Inventory(sites, servers, resources, self._cells(Inventory(sites, servers, resources)))

    def manifests(self, inventory: Inventory) -> Manifests:
        text = self._text("applications.yaml")
        manifests = read_manifests(text or "", self._path("applications.yaml"))
        manifests.complete &= text is not None
        known = inventory if self.servers_complete else None
        ties = validate(manifests.applications, known, manifests.broken, manifests.sources)
        self._note(manifests.problems + ties)
        return manifests

    def standing(
        self, name: str, read_rows: ReadRows[Row], inventory: Inventory, manifests: Manifests
    ) -> tuple[Row, ...]:
        """Rows about applications on servers; none without the file."""
        if name not in self.files:
            return ()
        table = self._table(name, instead=STANDING[name])
        rows = read_rows(
            table,
            inventory,
            manifests.applications,
            broken=manifests.broken,
            servers_complete=self.servers_complete,
            applications_complete=manifests.complete,
        )
        self._note(table.problems)
        return rows

    def runtimes(self, inventory: Inventory) -> Runtimes:
        """Raises nothing: problems are noted, and the default stands in."""
        found = documents(self._text("runtimes.yaml") or "", self._path("runtimes.yaml"))
        self.problems += found.problems
        if not found.found:
            return Runtimes()
        document = found.found[0]
        for further in found.found[1:]:
            self.problems.append(further.source.problem((), "a second document", "one only"))
        try:
            runtimes = parse(Runtimes, document.data, document.source)
        except InvalidInput as error:
            self.problems += error.problems
            return Runtimes()
        for runtime in ("vm", "container"):
            for name in getattr(runtimes, runtime).overhead:
                if name not in inventory.resources and self.servers_complete:
                    expected = one_of(inventory.resources) + did_you_mean(name, inventory.resources)
                    path = (runtime, "overhead", name)
                    self.problems.append(document.source.problem(path, "an unknown resource", expected))
        return runtimes

    def _cells(self, inventory: Inventory) -> Cells | None:
        if "cells.csv" not in self.files:
            return None
        table = self._table("cells.csv", instead="server,cell")
        cells = read_cells(table, inventory.servers, inventory.resources, complete=self.servers_complete)
        self._note(table.problems)
        return cells if len(cells) else None

    def _table(self, name: str, instead: str) -> Table:
        """An unreadable file is noted, and an empty one with the columns `instead` takes its place."""
        try:
            return Table.of(decoded(self.files[name], self._path(name)), self._path(name))
        except InvalidInput as error:
            self.problems += error.problems
        table = Table.of(instead, self._path(name))
        table.complete = False
        return table

    def _text(self, name: str) -> str | None:
        """Empty without the file, None when it is no text."""
        try:
            return decoded(self.files.get(name, b""), self._path(name))
        except InvalidInput as error:
            self.problems += error.problems
            return None

    def _note(self, problems: list[InputProblem]) -> None:
        """Those of one file, in the order of its lines."""
        self.problems += sorted(problems, key=lambda problem: problem.line or 0)

    def _path(self, name: str) -> str:
        return str(self.folder / name)
