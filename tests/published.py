"""The published data sets, read in place: `BAYPLAN_DATA`, or `shared/data` beside the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


def published(name: str) -> Path:
    """The folder of one data set; the test is skipped where it is not there."""
    folder = Path(os.environ.get("BAYPLAN_DATA", _BESIDE)) / name
    if not folder.is_dir():
        pytest.skip(f"no data set '{name}' here: set BAYPLAN_DATA to the folder that holds it")
    return folder
