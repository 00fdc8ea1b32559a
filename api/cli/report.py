"""A plan as a person reads it: one screen, whatever its size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.cli.terminal import table
from api.cli.words import duration, percent
from planner.plans.broken import told
from planner.plans.summary import Summary
from planner.plans.words import many

if TYPE_CHECKING:
    from planner.inventory.inventory import Inventory
    from planner.manifests.application import Application
    from planner.plans.plan import Plan

SHOWN = 5
COLOUR = {"optimal": "green", "feasible": "green", "infeasible": "red", "unknown": "yellow"}


def report(
    plan: Plan,
    inventory: Inventory | None,
    applications: Sequence[Application],
    written: Path | None,
    reading: float | None = None,
) -> Group:
    """inventory: None when it is not here; then sites are not told. reading: seconds until the world was read."""
    summary = Summary.of(plan, inventory, applications)
    return Group(*_parts(plan, summary, reading, written))


def _parts(plan: Plan, summary: Summary, reading: float | None, written: Path | None) -> Iterator[RenderableType]:
    yield _head(plan, summary, reading, written)
    yield Text()
    yield objectives(plan)
    if summary.standby:
        yield Text()
        yield from _standby(summary)
    if summary.unplaced:
        yield Text()
        yield from _refused(summary)
    if plan.broken:
        lines = [f"{told(row)} (weight {row.weight})" for row in plan.broken]
        yield from _listed("soft rules broken", lines)
    if plan.moves:
        lines = [f"{row.application}: {row.instances:,} from {row.source} to {row.target}" for row in plan.moves]
        yield from _listed("moves", lines)


def _head(plan: Plan, summary: Summary, reading: float | None, written: Path | None) -> Table:
    asked = summary.placed + summary.unplaced
    facts = table("", "")
    facts.show_header = False
    facts.columns[0].style = "dim"
    facts.add_row("status", Text.assemble((plan.status, COLOUR[plan.status]), f", gap {percent(plan.gap)}"))
    facts.add_row("placed", _placed(summary, asked))
    if summary.moved:
        facts.add_row("moved", f"{many(summary.moved, 'instance')} of what runs")
    sites = [many(len(summary.sites), "site")] if summary.sites or not summary.servers else []
    facts.add_row("on", ", ".join([*sites, many(summary.servers, "server")]))
    facts.add_row("time", times(plan.seconds, reading))
    if written:
        facts.add_row("plan", str(written))
    return facts


def _placed(summary: Summary, asked: int) -> Text:
    text = Text(f"{summary.placed:,} of {asked:,} instances")
    if summary.unplaced:
        refused = summary.applications - summary.whole
        text.append(f"; {summary.unplaced:,} not placed, of {many(refused, 'application')}", "bold yellow")
    else:
        text.append(f" of {many(summary.applications, 'application')}: all that was asked for")
    return text


def objectives(plan: Plan) -> Table:
    """Each term with its bound, the most important first."""
    terms = table("objective", "value", "bound", "gap", numbers=("value", "bound", "gap"))
    for term in plan.objective:
        terms.add_row(term.name, _number(term.value), _number(term.bound), percent(term.gap))
    return terms


def times(seconds: dict[str, float], reading: float | None) -> str:
    """`8.1 s: formulate 0.1 s, improve 8.0 s; reading the world 1.2 s`, without steps that took no time."""
    steps = [f"{step} {duration(spent)}" for step, spent in seconds.items() if step != "total" and spent >= 0.0005]
    total = seconds.get("total", sum(seconds.values()))
    read = "" if reading is None else f"; reading the world {duration(reading)}"
    return f"{duration(total)}: {', '.join(steps)}{read}"


def _standby(summary: Summary) -> Iterator[RenderableType]:
    rest = f" (the {SHOWN} largest of {len(summary.standby):,})" if len(summary.standby) > SHOWN else ""
    yield Text(f"standby{rest}", "dim")
    for row in summary.standby[:SHOWN]:
        yield Text(f"  {row}")


def _refused(summary: Summary) -> Iterator[RenderableType]:
    rest = f" (the {SHOWN} largest of {len(summary.refused):,})" if len(summary.refused) > SHOWN else ""
    yield Text(f"not placed{rest}", "dim")
    for row in summary.refused[:SHOWN]:
        yield Text(f"  {row.application}: {many(row.instances, 'instance')}, {row.cpu / 1000:,.0f} vCPU")
        yield Padding(Text(row.reason, "yellow"), (0, 0, 0, 4))


def _listed(title: str, lines: Sequence[str]) -> Iterator[RenderableType]:
    rest = f" (the first {SHOWN} of {len(lines):,})" if len(lines) > SHOWN else ""
    yield Text()
    yield Text(f"{title}{rest}", "dim")
    for line in lines[:SHOWN]:
        yield Text(f"  {line}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
