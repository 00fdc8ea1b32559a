"""The files of a world folder: their names, their bytes, and the digest that is the world's generation."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from hashlib import blake2b
from pathlib import Path

from planner.manifests.errors import InputProblem, InvalidInput

REQUIRED = ("sites.csv", "servers.csv")
BOOKS = (*REQUIRED, "cells.csv", "allocations.csv", "standby.csv", "runtimes.yaml")
FILES = (*BOOKS, "applications.yaml")
NAMES = "instances.csv"
"""Beside an imported world: which of the data set's VMs stands behind which application."""


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of each file that is there. Raises InvalidInput when the folder or a required file is missing, or
    when a file looks like a slip in the name of a missing one."""
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing"
        raise InvalidInput([_problem(folder, found, "a folder with sites.csv and servers.csv")])
    there = {path.name for path in folder.iterdir()}
    problems = [
        _problem(folder / name, "no such file", "one, as in every world") for name in REQUIRED if name not in there
    ]
    others = [name for name in sorted(there - set(FILES)) if Path(name).suffix in (".csv", ".yaml", ".yml")]
    for name in FILES:
        if name not in there and (near := get_close_matches(name, others, n=1, cutoff=0.8)):
            problems.append(_problem(folder / near[0], "a file that is not read", f"the name '{name}'"))
    if problems:
        raise InvalidInput(problems)
    return {name: _bytes(folder / name) for name in FILES if name in there}


def digest(files: Mapping[str, bytes]) -> str:
    """The generation: 12 hexadecimal characters over inventory and allocations, whatever the applications are."""
    whole = blake2b(digest_size=6)
    for name in BOOKS:
        if name in files:
            whole.update(f"{name} {len(files[name])}\n".encode())
            whole.update(files[name])
    return whole.hexdigest()


def decoded(data: bytes, file: str) -> str:
    """UTF-8 text, with or without a byte order mark. Raises InvalidInput."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"the byte {data[error.start]:#04x}, which is no UTF-8"
        raise InvalidInput([InputProblem(file, line, "", found, "text in UTF-8")]) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput([_problem(path, str(error.strerror), "a file that can be read")]) from error


def _problem(path: Path, found: str, expected: str) -> InputProblem:
    return InputProblem(str(path), None, "", found, expected)
