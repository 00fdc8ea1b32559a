"""What was booked, as people read it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from api.cli.terminal import machines, people, table
from planner.plans.words import many

SHOWN = 10


def show(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        machines(answer)
        return
    console = people()
    until = f"until {answer['end']}" if answer.get("end") else "without an end"
    head = f"{answer['id']}: {answer['state']}, from {answer['start']} {until}"
    if answer.get("expires"):
        head += f", expires at {answer['expires']}"
    console.print(head, soft_wrap=True, markup=False)
    rows = table("application", "instances", "servers", numbers=("instances", "servers"))
    instances: Counter[str] = Counter()
    servers: Counter[str] = Counter()
    for row in answer.get("placements", ()):
        name = row.get("application", "(bulk amounts)")
        instances[name] += row.get("instances", 0)
        servers[name] += 1
    for name in list(servers)[:SHOWN]:
        rows.add_row(name, f"{instances[name]:,}" if instances[name] else "", f"{servers[name]:,}")
    if servers:
        console.print(rows)
    if len(servers) > SHOWN:
        console.print(f"and {many(len(servers) - SHOWN, 'application')} more; --json shows all", style="dim")


def listing(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool, numbers: tuple[str, ...] = ()) -> None:
    """Rows as a table with these columns, or all of them as JSON."""
    if as_json:
        machines(rows)
        return
    made = table(*columns, numbers=numbers)
    for row in rows:
        made.add_row(*(_cell(row.get(name)) for name in columns))
    people().print(made)


def _cell(value: Any) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(each)}" for name, each in value.items())
    return "yes" if value is True else f"{value:,}" if isinstance(value, int) else str(value)
