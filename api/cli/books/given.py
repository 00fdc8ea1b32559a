"""Words of a command line to values; what cannot be read is bad input like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic_core import PydanticCustomError

from planner.manifests.errors import InputProblem, InvalidInput

Value = TypeVar("Value")


def instant_of(option: str, text: str) -> int:
    from planner.manifests.instants import instant

    return _read(option, text, instant)


def duration_of(option: str, text: str) -> int:
    from planner.manifests.instants import duration

    return _read(option, text, duration)


def pairs_of(option: str, texts: list[str]) -> dict[str, str]:
    """`cpu=8000` -> {"cpu": "8000"}. Raises InvalidInput."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InvalidInput([InputProblem("options", None, option, f"'{text}'", "a name and a value: cpu=8000")])
        found[name] = value
    return found


def _read(option: str, text: str, read: Callable[[str], int]) -> int:
    try:
        return read(text)
    except PydanticCustomError as error:
        told = (error.context or {})["findings"][0]
        raise InvalidInput([InputProblem("options", None, option, told["found"], told["expected"])]) from error
