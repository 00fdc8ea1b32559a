"""The `bayplan` command: one file per command, each a few lines over a use case of the planner.

Commands import the planner when they run: help and mistakes are told at once, without loading the solver.
"""

from __future__ import annotations

import typer

from api.cli import check, crds, demo, explain, serve, solve, there
from api.cli.books import commit, db, hold, keys, log, release, reserve, stock
from api.cli.plan import plan
from api.cli.terminal import add, examples
from api.cli.what_if import what_if
from api.cli.world import world

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="Decides where VMs and containers run in an edge cloud, and proves how good the answer is.",
    epilog=examples(
        ("bayplan demo", "a small edge cloud, played through the HTTP API in seconds"),
        ("bayplan world generate --sites 100 --servers 5000 --requests 20 -o world", "a world of your own"),
        ("bayplan solve world -o plan.json", "place what it asks for"),
        ("bayplan check world plan.json", "and let the referee check the plan"),
        ("bayplan --server http://bayplan:8000 solve -f more.yaml", "ask a running service instead"),
    ),
)
app.callback()(there.chosen)
add(app, "solve", solve.solve, solve.EXAMPLES)
add(app, "explain", explain.explain, explain.EXAMPLES)
add(app, "check", check.check, check.EXAMPLES)
app.add_typer(what_if, name="what-if")
app.add_typer(plan, name="plan")
app.add_typer(world, name="world")
app.add_typer(db.db, name="db")
app.add_typer(keys.keys, name="keys")
add(app, "import", stock.imported, stock.IMPORT)
app.add_typer(stock.sites, name="sites")
app.add_typer(stock.servers, name="servers")
add(app, "commit", commit.commit, commit.COMMIT)
add(app, "reserve", reserve.reserve, reserve.RESERVE)
app.add_typer(reserve.reservations, name="reservations")
app.add_typer(hold.hold, name="hold")
add(app, "promote", commit.promote, commit.PROMOTE)
add(app, "release", release.release, release.RELEASE)
add(app, "allocations", release.allocations, release.ALLOCATIONS)
add(app, "audit", log.audit, log.AUDIT)
add(app, "usage", log.usage, log.USAGE)
add(app, "replay", commit.replay, commit.REPLAY)
add(app, "crds", crds.crds, crds.EXAMPLES)
add(app, "serve", serve.serve, serve.EXAMPLES)
add(app, "demo", demo.demo, demo.EXAMPLES)


def main() -> None:
    app(prog_name="bayplan")
