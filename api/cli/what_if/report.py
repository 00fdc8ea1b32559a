"""A job's result as a person reads it: the worst scenarios first, then whom they hit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from api.cli.terminal import table
from planner.plans.words import joined, many
from planner.whatif.compare import Comparison
from planner.whatif.result import JobResult, ScenarioResult, Score

SHOWN = 10
SUMS = {
    "refused": "instances refused",
    "refused_vcpu": "vCPU refused",
    "broken": "promises broken",
    "restarted": "restarted on standby",
    "moves": "moved",
    "cost": "cost",
}
FIGURES: tuple[tuple[str, Callable[[ScenarioResult, Score], float]], ...] = (
    ("lost", lambda each, score: each.lost.instances),
    ("restarted", lambda each, score: score.restarted),
    ("placed", lambda each, score: score.placed),
    ("moved", lambda each, score: score.moves),
    ("refused", lambda each, score: score.refused),
    ("vCPU refused", lambda each, score: score.refused_vcpu),
    ("broken", lambda each, score: len(each.broken)),
    ("headroom", lambda each, score: score.headroom),
)


def report(result: JobResult) -> Group:
    return Group(*_parts(result))


def _parts(result: JobResult) -> Iterator[RenderableType]:
    yield _head(result)
    done = [each for each in result.scenarios if each.score is not None]
    if done:
        yield Text()
        yield _worst(done)
    if any(each.refused for each in done):
        yield Text()
        yield _tenants(done)
    if any(each.broken for each in done):
        yield Text()
        yield _promises(done)
    if result.failed:
        yield Text("\nnot worked out", "dim")
        for each in [each for each in result.scenarios if each.status == "failed"][:SHOWN]:
            yield Text(f"  {each.name}: {each.error}", "red")


def _head(result: JobResult) -> Table:
    facts = table("", "")
    facts.show_header = False
    facts.columns[0].style = "dim"
    base = result.base
    done = f"{result.done:,} of {many(result.total, 'scenario')}"
    facts.add_row("what-if", f"{result.name}: {done}" + (f", {result.failed:,} failed" if result.failed else ""))
    facts.add_row("base", f"{many(base.sites, 'site')}, {many(base.servers, 'server')}, {base.instances:,} instances")
    refusing = sum(1 for each in result.scenarios if each.refused)
    facts.add_row("refusing", f"{many(refusing, 'scenario')} cannot place everything")
    return facts


def _worst(done: list[ScenarioResult]) -> Table:
    """Those that refuse most, then those that lose most."""
    chosen = sorted(done, key=_badness)[:SHOWN]
    columns = {name: [figure(each, score) for each in chosen if (score := each.score)] for name, figure in FIGURES}
    told = {name: figures for name, figures in columns.items() if any(figures)}
    made = table("scenario", *told, title=_title(done), numbers=tuple(told))
    made.columns[0].min_width = 28
    for row, each in enumerate(chosen):
        style = "yellow" if each.score and each.score.refused else ""
        made.add_row(each.name, *(f"{figures[row]:,.0f}" for figures in told.values()), style=style)
    return made


def _title(done: list[ScenarioResult]) -> str:
    return f"the worst {SHOWN} of {len(done):,}" if len(done) > SHOWN else "scenarios, the worst first"


def _badness(each: ScenarioResult) -> tuple[float, int, int, str]:
    score = each.score
    return (-score.refused_vcpu if score else 0, -len(each.broken), -each.lost.instances, each.name)


def _tenants(done: list[ScenarioResult]) -> Table:
    """Where each tenant loses most in one scenario."""
    worst: dict[tuple[str, str], tuple[float, int, str]] = {}
    for each in done:
        vcpu, instances = defaultdict[tuple[str, str], float](float), Counter[tuple[str, str]]()
        for row in each.refused:
            vcpu[row.tenant, row.scope] += row.vcpu
            instances[row.tenant, row.scope] += row.instances
        for key, amount in vcpu.items():
            worst[key] = max(worst.get(key, (0.0, 0, "")), (amount, instances[key], each.name))
    made = table(
        "tenant", "asked for in", "vCPU refused", "instances", "worst in", numbers=("vCPU refused", "instances")
    )
    for (tenant, scope), (amount, count, name) in sorted(worst.items(), key=lambda row: -row[1][0])[:SHOWN]:
        made.add_row(tenant, scope, f"{amount:,.0f}", f"{count:,}", name)
    return made


def _promises(done: list[ScenarioResult]) -> Table:
    times, least = Counter[tuple[str, str]](), dict[tuple[str, str], tuple[float, str, str]]()
    for each in done:
        for row in each.broken:
            key = row.application, row.promise
            times[key] += 1
            part = row.left / max(row.needed, 1)
            least[key] = min(least.get(key, (2.0, "", "")), (part, f"{row.left:,} of {row.needed:,}", each.name))
    made = table("promise broken", "", "scenarios", "least left", "in", numbers=("scenarios", "least left"))
    for key, _ in sorted(least.items(), key=lambda row: row[1])[:SHOWN]:
        made.add_row(key[0], key[1], f"{times[key]:,}", least[key][1], least[key][2])
    return made


def comparison(found: Comparison) -> Group:
    return Group(*_compared(found))


def _compared(found: Comparison) -> Iterator[RenderableType]:
    sums = table("in all", "before", "after", numbers=("before", "after"))
    for name, told in SUMS.items():
        sums.add_row(told, f"{getattr(found.before, name):,.0f}", f"{getattr(found.after, name):,.0f}")
    yield sums
    yield Text(f"{many(found.alike, 'scenario')} without a difference")
    if found.scenarios:
        numbers = ("refused", "then", "broken", "then ")
        made = table("scenario", *numbers, numbers=numbers)
        for each in found.scenarios[:SHOWN]:
            before, after = each.before, each.after
            figures = (before.refused, after.refused, before.broken, after.broken)
            made.add_row(each.name, *(f"{figure:,}" for figure in figures))
        yield Text()
        yield made
    for names, which in ((found.only_before, "before"), (found.only_after, "after")):
        if names:
            yield Text(f"only {which}: {joined(names)}", "dim")
