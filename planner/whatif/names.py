"""Names that a scenario gives: each has to be known to the base."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from planner.manifests.errors import InputProblem, InvalidInput, did_you_mean


def known(names: Iterable[str], there: Collection[str], what: str) -> None:
    """Raises InvalidInput with each that is not there."""
    problems = [
        InputProblem("scenario", None, what, f"'{name}'", f"a {what} of the base{did_you_mean(name, there)}")
        for name in names
        if name not in there
    ]
    if problems:
        raise InvalidInput(problems)
