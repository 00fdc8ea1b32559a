"""The published data sets, read in place: `BAYPLAN_DATA`, or `shared/data` beside the repository."""

from __future__ import annotations

import os
from pathlib import Path

from planner.manifests.errors import InputProblem, InvalidInput

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


def published(name: str) -> Path:
    """The folder of one data set. Raises InvalidInput where it is not there."""
    folder = Path(os.environ.get("BAYPLAN_DATA", _BESIDE)) / name
    if not folder.is_dir():
        expected = "a data set: set BAYPLAN_DATA to the folder that holds it"
        raise InvalidInput([InputProblem(str(folder), None, "", "no folder", expected)])
    return folder
