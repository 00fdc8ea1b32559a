"""`bayplan what-if`: ask the future, on copies; the books are never touched."""

from __future__ import annotations

import typer

from api.cli.terminal import add, examples
from api.cli.what_if import buy, headroom, html, retire, run, sell, survive

what_if = typer.Typer(
    no_args_is_help=True,
    help="Ask the future, thousands of times, on copies: what if a city fails, a customer doubles, a site is retired?",
    epilog=examples(
        ("bayplan what-if run any-site.yaml -o results", "every scenario of a file; stopped, it goes on where it was"),
        ("bayplan what-if survive world", "which promises break when any one site is lost"),
    ),
)
add(what_if, "run", run.run, run.RUN)
add(what_if, "show", run.show, run.SHOW)
add(what_if, "compare", run.compare, run.COMPARE)
add(what_if, "report", html.report, html.REPORT)
add(what_if, "survive", survive.survive, survive.SURVIVE)
add(what_if, "headroom", headroom.headroom, headroom.HEADROOM)
add(what_if, "buy", buy.buy, buy.BUY)
add(what_if, "retire", retire.retire, retire.RETIRE)
add(what_if, "sell", sell.sell, sell.SELL)
