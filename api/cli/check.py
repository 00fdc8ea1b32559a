"""`bayplan check`: the referee's word on a plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from api.cli.files import read_text
from api.cli.terminal import examples, exits, machines, people, table
from api.cli.worlds import ApplicationsFile, AsJson, WorldFolder, opened
from planner.plans.words import many

if TYPE_CHECKING:
    from planner.plans.finding import Finding
    from planner.plans.plan import Plan

EXAMPLES = examples(
    ("bayplan check world plan.json", "is this plan sound? exit code 0: yes, 1: no, 2: bad input"),
    ("bayplan check world plan.json -f more.yaml", "a plan that was made for other applications"),
    ("bayplan check world plan.json --json", "every violation as JSON"),
)
SHOWN = 12


def check(
    world: WorldFolder,
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan in JSON.", show_default=False)],
    file: ApplicationsFile = None,
    as_json: AsJson = False,
) -> None:
    """Check a plan against every rule of the applications in it and the room on the servers.

    The referee knows the rules and shares no code with the search. Exit code 0: no violation, 1: violations, 2: bad
    input, such as a plan that was made for another world.
    """
    with exits(as_json):
        from planner.plans.check import check as referee
        from planner.plans.read import read_plan

        here = opened(world, file)
        made = read_plan(read_text(plan), str(plan))
        findings = referee(here.snapshot, here.applications, made)
        if as_json:
            machines({"clean": not findings, "violations": [asdict(finding) for finding in findings]})
        else:
            _tell(made, findings)
    if findings:
        raise typer.Exit(1)


def _tell(plan: Plan, findings: list[Finding]) -> None:
    console = people()
    instances = sum(row.instances for row in plan.placements)
    if not findings:
        console.print(Text.assemble(("clean", "green"), f": {many(instances, 'instance')} placed, no violation"))
        return
    by_rule = ", ".join(f"{rule} {count}" for rule, count in Counter(each.rule for each in findings).most_common())
    console.print(Text.assemble((many(len(findings), "violation"), "red"), f": {by_rule}"))
    rows = table("rule", "what")
    for finding in findings[:SHOWN]:
        rows.add_row(finding.rule, finding.message)
    console.print(rows)
    if len(findings) > SHOWN:
        console.print(f"and {len(findings) - SHOWN:,} more; --json shows all", style="dim")
