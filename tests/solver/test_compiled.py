"""Kernels run where nothing can be written, as in an image that is read-only."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numba as nb
import pytest

from solver.compiled import Kept, entry


def double(value: int) -> int:
    return 2 * value


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a cache in which no file can be made."""

    def refused(*args: object, **more: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(nb.config, "CACHE_DIR", str(tmp_path))
    folder = Path(Kept(double, __file__).get_cache_path())  # type: ignore[no-untyped-call]
    folder.mkdir()
    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    monkeypatch.setattr("numba.core.caching.os.makedirs", lambda path, **more: None)
    return folder


def test_what_is_kept_is_read_and_nothing_is_written(closed: Path) -> None:
    assert Kept.from_function(double, __file__).fixed  # type: ignore[no-untyped-call]
    assert entry(double)(21) == 42
    assert not list(closed.iterdir())


def test_a_folder_that_is_not_there_keeps_nothing(closed: Path) -> None:
    closed.rmdir()
    assert Kept.from_function(double, __file__) is None  # type: ignore[no-untyped-call]
