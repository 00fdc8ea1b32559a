"""`python -m api.cli.explain.gallery > docs/explain.md`: real cases, explained by the code as it is."""

from __future__ import annotations

import io
import sys

from rich.console import Console

from api.cli.explain.cases import CASES, Case
from api.cli.explain.show import Screen
from planner.explain.ask import About, ask
from planner.explain.infeasible import ExplainOptions
from planner.inventory.snapshot import Snapshot
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
  rule, then other places, fewer instances, what would have to be released, and what would have to be added. "The smallest such change,
  proven" means that the next smaller change of this kind is proven not to be enough. `--json` has the changed manifest, ready to be sent.
- When time runs out, the answer is "not known", which is not "does not fit".
- `bayplan explain WORLD` groups all refusals of a batch by their common cause; `--application A --site S` asks why A is in S, or why
  not; `--since BEFORE` names the fewest changes since an earlier world that broke a request which fitted then.

The world of the examples: `bayplan world generate --sites 60 --servers 1200 --load 0.6 --seed 1 -o world`.
"""


def gallery() -> str:
    """The whole page."""
    snapshot = Snapshot.of(generate(WORLD))
    return "\n".join([HEAD, *(section(snapshot, number, case) for number, case in enumerate(CASES, 1))])


def section(snapshot: Snapshot, number: int, case: Case) -> str:
    place = f" --application {case.application} --site {case.site}" if case.site else ""
    command = f"bayplan explain world -f request.yaml{place}"
    return (
        f"## {number}. {case.title}\n\n```yaml\n{case.request}```\n\n"
        f"```console\n$ {command}\n{told(snapshot, case)}```\n"
    )


def told(snapshot: Snapshot, case: Case) -> str:
    """What the command prints."""
    applications = read_applications(case.request, "request.yaml")
    about = About(application=case.application, site=case.site) if case.application else None
    page = io.StringIO()
    screen = Screen(Console(file=page, width=WIDTH, highlight=False, color_system=None))
    for now in ask(snapshot, applications, about, PATIENT):
        screen.show(now)
    screen.close()
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


if __name__ == "__main__":
    sys.stdout.write(gallery())
