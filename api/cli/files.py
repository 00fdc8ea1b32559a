"""Files are written whole or not at all, and a file that cannot be read is bad input like any other."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from planner.manifests.errors import InputProblem, InvalidInput


def read_text(path: Path) -> str:
    """Raises InvalidInput when there is no such file, or no text in it."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        found = "bytes that are no UTF-8"
    except OSError as error:
        found = (error.strerror or "an unreadable file").lower()
    raise InvalidInput([InputProblem(str(path), None, "", found, "a readable text file")])


def can_be_written(path: Path) -> None:
    """Raises InvalidInput now rather than after a long search."""
    folder = path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InvalidInput(
            [InputProblem(str(path), None, "", "no such folder", "a file in a folder that can be written")]
        )
    if path.is_dir():
        raise InvalidInput([InputProblem(str(path), None, "", "a folder", "a file")])


def write_whole(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, never half of it."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(draft, 0o666 & ~_umask())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
