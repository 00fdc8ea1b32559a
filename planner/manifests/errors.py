"""Bad input is told completely: every problem, each with its place, what was found and what is expected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic_core import PydanticCustomError

Path = tuple[str | int, ...]
"""Where a field is in a document: ("spec", "demand", 0, "instances")."""


@dataclass(frozen=True, slots=True)
class InputProblem:
    """One thing that is wrong with what a user wrote.

    file: as the user named it ("request" for an API body). line: from 1, None where there are no lines.
    field: column, or path in the user's spelling such as `spec.demand[0].instances`; empty for a whole file.
    """

    file: str
    line: int | None
    field: str
    found: str
    expected: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        field = f"{self.field}: " if self.field else ""
        return f"{place}: {field}found {self.found}, expected {self.expected}"


class InvalidInput(Exception):  # noqa: N818 - says what it is, as KeyboardInterrupt and StopIteration do
    """Input that cannot be used. `problems` lists everything that is wrong with it, in the input's order."""

    def __init__(self, problems: Iterable[InputProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class Unreachable(InvalidInput):
    """What the input names cannot be reached now; the same input may do later."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a validator of a manifest has to say about the field `path`, counted from where it stands."""

    found: str
    expected: str
    path: Path = ()


def wrong(*findings: Finding) -> PydanticCustomError:
    """The error that a validator raises: unlike a plain ValueError it keeps found and expected apart, and it may
    tell of several fields at once."""
    message = "; ".join(f"{_lead(one.path)}found {one.found}, expected {one.expected}" for one in findings)
    told = [{"found": one.found, "expected": one.expected, "path": one.path} for one in findings]
    return PydanticCustomError("wrong", "{message}", {"message": message, "findings": told})


def _lead(path: Path) -> str:
    return f"{spelled(path)}: " if path else ""


def spelled(path: Path) -> str:
    """("spec", "demand", 0, "instances") -> `spec.demand[0].instances`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def shown(value: Any) -> str:
    """A value as a user would write it, short."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'province'?)`, or nothing: no known word is near, or there are so many that it takes long."""
    spelling = {name.lower(): name for name in known}
    if len(spelling) > 2000:
        return ""
    near = get_close_matches(word.lower(), spelling, n=1, cutoff=0.65)
    return f" (did you mean '{spelling[near[0]]}'?)" if near else ""


def one_of(known: Iterable[object]) -> str:
    """`one of 'vm', 'container'`."""
    names = [shown(name) for name in known]
    return f"one of {', '.join(names)}" if len(names) > 1 else names[0] if names else "nothing"
