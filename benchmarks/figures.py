"""What a case measured: figures, their spread over seeds, and the targets that they meet or miss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One value, in the unit that `measure` names. bound: no plan is better; gap: to the bound, as the plan prints it.
    seed: none for what has no chance in it. seconds: wall clock, from the manifests to the plan."""

    instance: str
    method: str
    measure: str
    value: float
    bound: float | None = None
    gap: float | None = None
    seed: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """text: what is promised. found: what was measured."""

    text: str
    found: str
    met: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """notes: what the reader of the figures has to know."""

    figures: list[Figure] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spread:
    """Figures of one instance, method and measure over the seeds; gap and seconds are medians."""

    instance: str
    method: str
    measure: str
    runs: int
    median: float
    least: float
    most: float
    gap: float | None
    seconds: float | None


def spreads(figures: Iterable[Figure]) -> list[Spread]:
    """In the order of first appearance."""
    groups: dict[tuple[str, str, str], list[Figure]] = {}
    for each in figures:
        groups.setdefault((each.instance, each.method, each.measure), []).append(each)
    return [_spread(*key, group) for key, group in groups.items()]


def middle(figures: Iterable[Figure], measure: str, method: str = "bayplan", instance: str | None = None) -> Spread:
    """The spread of these figures. Raises LookupError when there are none."""
    for each in spreads(figures):
        if (each.method, each.measure) == (method, measure) and instance in (None, each.instance):
            return each
    raise LookupError(f"no {measure} by {method}")


def _spread(instance: str, method: str, measure: str, group: Sequence[Figure]) -> Spread:
    values = [each.value for each in group]
    return Spread(
        instance,
        method,
        measure,
        len(group),
        median(values),
        min(values),
        max(values),
        _median([each.gap for each in group]),
        _median([each.seconds for each in group]),
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
