"""Outcomes as aligned Markdown tables, for people and for docs/benchmarks.md, and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict

from benchmarks.figures import Figure, Outcome, Spread, spreads

FIGURES = ("instance", "method", "measure", "seed", "value", "bound", "gap", "s")
SPREADS = ("instance", "method", "measure", "runs", "median", "min", "max", "gap", "s")

_NUMBER = re.compile(r"[-0-9.,%]*")


def report(outcome: Outcome, headline: str) -> str:
    """Figures, their spread where there are several seeds, targets and notes."""
    parts = [headline, table(FIGURES, [_figure(each) for each in outcome.figures])]
    several = [each for each in spreads(outcome.figures) if each.runs > 1]
    if several:
        parts.append(table(SPREADS, [_spread(each) for each in several]))
    if outcome.targets:
        told = [(each.text, each.found, "met" if each.met else "MISSED") for each in outcome.targets]
        parts.append(table(("target", "found", ""), told))
    parts += outcome.notes
    return "\n\n".join(parts)


def _figure(each: Figure) -> tuple[str, ...]:
    what = (each.instance, each.method, each.measure, number(each.seed))
    return (*what, number(each.value), number(each.bound), share(each.gap), seconds(each.seconds))


def _spread(each: Spread) -> tuple[str, ...]:
    what = (each.instance, each.method, each.measure, str(each.runs))
    values = (number(each.median), number(each.least), number(each.most))
    return (*what, *values, share(each.gap), seconds(each.seconds))


def as_json(outcome: Outcome, facts: dict[str, object]) -> str:
    """One document: `facts`, then everything measured."""
    spread = [asdict(each) for each in spreads(outcome.figures)]
    return json.dumps(facts | asdict(outcome) | {"spread": spread}, ensure_ascii=False, indent=1)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of numbers are aligned to the right; those without any content are left out."""
    columns = [column for column in zip(head, *rows, strict=True) if not rows or any(column[1:])]
    width = [max(map(len, column)) for column in columns]
    right = [all(map(_NUMBER.fullmatch, column[1:])) for column in columns]
    rule = ["-" * (each - 1) + (":" if numbers else "-") for each, numbers in zip(width, right, strict=True)]
    lines = [_line(row, width, right) for row in zip(*columns, strict=True)]
    return "\n".join([lines[0], _line(rule, width, right), *lines[1:]])


def _line(cells: Sequence[str], width: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        cell.rjust(each) if numbers else cell.ljust(each)
        for cell, each, numbers in zip(cells, width, right, strict=True)
    ]
    return f"| {' | '.join(padded)} |"


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 10_000 else f"{value:,.2f}"


def share(value: float | None) -> str:
    return "" if value is None else f"{value:.2%}"


def seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}" if value >= 0.1 else f"{value:.4f}"
