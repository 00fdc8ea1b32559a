"""Bad input is told completely: every problem, each with its place, what was found and what is expected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


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


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'province'?)`, or nothing where no known word is near."""
    spelling = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), spelling, n=1, cutoff=0.7)
    return f" (did you mean '{spelling[near[0]]}'?)" if near else ""


def one_of(known: Iterable[str]) -> str:
    """`one of 'vm', 'container'`."""
    names = [f"'{name}'" for name in known]
    return names[0] if len(names) == 1 else f"one of {', '.join(names)}" if names else "nothing"
