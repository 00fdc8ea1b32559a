"""Opens a world for a command: read, checked, and as the snapshot that a decision reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.files import read_text
from api.cli.progress import waiting

if TYPE_CHECKING:
    from planner.inventory.snapshot import Snapshot
    from planner.manifests.application import Application

WorldFolder = Annotated[Path, typer.Argument(metavar="WORLD", help="Folder of a world.", show_default=False)]
OptionalWorld = Annotated[Path | None, typer.Argument(metavar="WORLD", help="Folder of a world.")]
ApplicationsFile = Annotated[
    Path | None,
    typer.Option("-f", "--file", metavar="FILE", help="Applications of this file, not those of the world."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, for machines.")]


@dataclass(frozen=True, slots=True)
class Opened:
    """applications: what a command is about. seconds: that reading took."""

    snapshot: Snapshot
    applications: tuple[Application, ...]
    seconds: float


def instant(text: str) -> datetime:
    """RFC 3339."""
    from pydantic import TypeAdapter, ValidationError

    from planner.manifests.window import Instant

    try:
        return TypeAdapter[datetime](Instant).validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"]) from error


def opened(folder: Path, file: Path | None = None, at: datetime | None = None) -> Opened:
    """Raises InvalidInput with everything that is wrong with the folder, or with the file of applications. at: what is
    over then takes no room; by default now."""
    from planner.inventory.snapshot import Snapshot
    from planner.worlds.read import read

    with waiting("read the world") as clock:
        world = read(folder)
        snapshot = Snapshot.of(world, at or datetime.now(UTC).replace(microsecond=0))
        applications = world.applications
        if file is not None:
            applications = applications_of(file, snapshot)
    return Opened(snapshot, applications, clock())


def applications_of(file: Path, snapshot: Snapshot) -> tuple[Application, ...]:
    """Raises InvalidInput with everything that is wrong with the file."""
    from planner.manifests.errors import InvalidInput
    from planner.manifests.references import validate
    from planner.worlds.applications import read_manifests

    found = read_manifests(read_text(file), str(file))
    known = found.broken | set(snapshot.applications)
    if problems := [*found.problems, *validate(found.applications, snapshot.inventory, known, found.sources)]:
        raise InvalidInput(problems)
    return tuple(found.applications)
