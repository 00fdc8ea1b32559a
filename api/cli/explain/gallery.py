"""`python -m api.cli.explain.gallery > docs/explain.md`: real cases, explained by the code as it is."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import replace

from rich.console import Console

from api.cli.explain.cases import CASES, Case
from api.cli.explain.show import Screen
from planner.explain.ask import About, ask
from planner.explain.explanation import Explanations
from planner.explain.infeasible import ExplainOptions
from planner.explain.since import since
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.manifests.window import Window
from planner.worlds.applications import read_applications
from planner.worlds.generate import GenerateOptions, generate

WORLD = GenerateOptions(sites=60, servers=1200, load=0.6, seed=1)
PATIENT = ExplainOptions(proof=60, counter_offers=120)
"""So long that no answer depends on the machine."""
WIDTH = 110
"""Columns of a terminal."""
HEAD = """\
# Explanations

`bayplan explain WORLD -f request.yaml` and `POST /v1/explain` say why a request does not fit, what would make it fit, and why an
application is in a place or not. This page is written by `python -m api.cli.explain.gallery`, and a test holds it to the code.

- **Conflict**: a smallest set of facts that cannot all be true. It comes at once, from bounds in closed form, and is then confirmed
  by CP-SAT; "none of them can be spared" is said only when, for each of the facts, a placement was found that keeps all the others.
- **Ruled out by**: for each cause, the servers for which it is the first one in the order of the table, the sites that lost their last
  server by it, and the servers that nothing else rules out.
- **Counter-offers**: each was solved again on servers and passed by the referee before it was shown, first those that change a
  rule, then other places, fewer instances, a later start, what would have to be called off or released, and what would have to be added. "The smallest such change,
  proven" means that the next smaller change of this kind is proven not to be enough. `--json` has the changed manifest, ready to be sent.
- **On the books** reservations and holds count too, for the time that is wanted; nobody reads the name of another tenant.
- When time runs out, the answer is "not known", which is not "does not fit".
- `bayplan explain WORLD` groups all refusals of a batch by their common cause; `--application A --site S` asks why A is in S, or why
  not; `--since BEFORE` names the fewest changes since an earlier world that broke a request which fitted then.

The world of the examples: `bayplan world generate --sites 60 --servers 1200 --load 0.6 --seed 1 -o world`.
"""


def gallery() -> str:
    """The whole page."""
    world = generate(WORLD)
    return "\n".join([HEAD, *(section(world, number, case) for number, case in enumerate(CASES, 1))])


def section(world: World, number: int, case: Case) -> str:
    more = f" --application {case.application} --site {case.site}" if case.site else ""
    more += " --since before" if case.lost else ""
    here = f"Here `{case.leaving[0]}` ends, at {case.leaving[1]}.\n\n" if case.leaving else ""
    here += f"Since then `{case.lost}` went offline.\n\n" if case.lost else ""
    return (
        f"## {number}. {case.title}\n\n{here}```yaml\n{case.request}```\n\n"
        f"```console\n$ bayplan explain world -f request.yaml{more}\n{told(world, case)}```\n"
    )


def told(world: World, case: Case) -> str:
    """What the command prints."""
    page = io.StringIO()
    screen = Screen(Console(file=page, width=WIDTH, highlight=False, color_system=None))
    for now in _answers(world, case):
        screen.show(now)
    screen.close()
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


def _answers(world: World, case: Case) -> Iterator[Explanations]:
    applications = read_applications(case.request, "request.yaml")
    about = About(application=case.application, site=case.site) if case.application else None
    snapshot = Snapshot.of(_leaving(world, *case.leaving) if case.leaving else world)
    if case.lost is None:
        yield from ask(snapshot, applications, about, PATIENT)
        return
    found = since(snapshot, Snapshot.of(_without(world, case.lost)), applications)
    yield Explanations(generation=snapshot.generation, fits=0, refused=[], since=found)


def _leaving(world: World, name: str, end: str) -> World:
    """The world in which an application has an end."""
    window = Window.model_validate({"end": end})
    applications = [
        each.model_copy(update={"spec": each.spec.model_copy(update={"window": window})}) if each.id == name else each
        for each in world.applications
    ]
    return replace(world, applications=tuple(applications))


def _without(world: World, site: str) -> World:
    """The world in which a site is offline."""
    sites = world.inventory.sites
    pairs = zip(sites.name, sites.state, strict=True)
    states = tuple("offline" if name == site else state for name, state in pairs)
    return replace(world, inventory=replace(world.inventory, sites=replace(sites, state=states)))


if __name__ == "__main__":
    sys.stdout.write(gallery())
