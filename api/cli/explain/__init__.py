"""`bayplan explain`: why a request does not fit, what would make it fit, and why a plan puts it where it does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.terminal import examples, exits, machines, people
from api.cli.there import asking, manifests_of, there
from api.cli.worlds import ApplicationsFile, AsJson, OptionalWorld, opened

if TYPE_CHECKING:
    from api.cli.worlds import Opened
    from planner.explain.ask import About
    from planner.explain.explanation import Explanations
    from planner.explain.infeasible import ExplainOptions

EXAMPLES = examples(
    ("bayplan explain world -f request.yaml", "why it does not fit, and what would"),
    ("bayplan explain world", "all that world/applications.yaml asks for: refusals by cause"),
    ("bayplan explain world --application render --site gz-telecom", "why it is there, or why not"),
    ("bayplan explain world -f request.yaml --since before", "it fitted in world before: what changed"),
    ("bayplan explain world -f request.yaml --json", "the same for machines"),
    ("bayplan --server http://bayplan:8000 explain -f request.yaml", "ask a running service instead"),
)


def explain(
    world: OptionalWorld = None,
    file: ApplicationsFile = None,
    as_json: AsJson = False,
    application: Annotated[
        str | None, typer.Option(metavar="NAME", help="Ask about this one: alone, or with a place.")
    ] = None,
    site: Annotated[str | None, typer.Option(metavar="SITE", help="Why is it in this site, or why not?")] = None,
    server: Annotated[str | None, typer.Option(metavar="SERVER", help="Why is it on this server, or why not?")] = None,
    since: Annotated[
        Path | None, typer.Option(metavar="WORLD", help="A world in which it fitted: what changed?")
    ] = None,
    proof: Annotated[float, typer.Option(metavar="SECONDS", help="For the proof; 0: none.")] = 3.0,
    offers: Annotated[float, typer.Option(metavar="SECONDS", help="For counter-offers; 0: none.")] = 8.0,
) -> None:
    """Explain why applications do not fit: the few facts in conflict, and changes that were checked to make them fit.

    The first answer comes at once, by bounds; then it is proven, and counter-offers follow as they are found, each
    solved again on servers and passed by the referee. Exit code 0: an answer, 2: bad input.
    """
    with exits(as_json):
        from planner.explain.ask import About, ask
        from planner.explain.infeasible import ExplainOptions
        from planner.manifests.documents import Source
        from planner.manifests.errors import InputProblem, InvalidInput
        from planner.manifests.validation import parse

        if (site or server) and application is None:
            problem = InputProblem("options", None, "application", "a place alone", "--application beside it")
            raise InvalidInput([problem])
        options = parse(ExplainOptions, {"proof": proof, "counterOffers": offers}, Source("options"))
        about = About(application=application, site=site, server=server) if application else None
        if world is None:
            _there(file, about, options, as_json)
            return
        here = opened(world, file)
        if since is not None:
            answers = iter([_since(since, here)])
        else:
            answers = ask(here.snapshot, here.applications, about, options)
        _show(answers, as_json)


def _there(file: Path | None, about: About | None, options: ExplainOptions, as_json: bool) -> None:
    """By a service, line by line as it becomes known."""
    service = there()
    if service is None or file is None:
        raise typer.BadParameter("expected WORLD, or --file and a service to ask (bayplan --server URL explain -f ...)")
    with asking(service, as_json) as client:
        _show(client.explain_lines(manifests_of(file), about, options), as_json)


def _show(answers: Iterator[Explanations], as_json: bool) -> None:
    from api.cli.explain.show import Screen

    screen = Screen(people(quiet=as_json))
    for now in answers:
        screen.show(now)
    screen.close()
    if as_json:
        machines(now.model_dump_json(by_alias=True, exclude_none=True))


def _since(folder: Path, here: Opened) -> Explanations:
    from planner.explain.explanation import Explanations
    from planner.explain.since import since
    from planner.inventory.snapshot import Snapshot
    from planner.worlds.read import read

    found = since(Snapshot.of(read(folder), here.snapshot.at), here.snapshot, here.applications)
    return Explanations(generation=here.snapshot.generation, fits=int(found.status == "fits"), refused=[], since=found)
