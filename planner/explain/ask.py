"""Ask: one question about some applications on a snapshot; the answer grows while it is worked on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import Field

from planner.explain.batch import explanations
from planner.explain.explanation import Explanations
from planner.explain.horizon import EVERYTHING, Horizon
from planner.explain.infeasible import ExplainOptions
from planner.explain.requests import requests
from planner.explain.why import why
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput, did_you_mean
from planner.manifests.manifest import Manifest
from planner.manifests.references import validate


class About(Manifest):
    """Why an application is in a site or on a server, or why not; without a place: why it does not fit."""

    application: str
    site: str | None = None
    server: str | None = None


class ExplainRequest(Manifest):
    """Applications as they would be placed, and what to explain: by default, why they do not fit."""

    applications: list[Application] = Field(min_length=1)
    about: About | None = None
    options: ExplainOptions = ExplainOptions()


def ask(
    snapshot: Snapshot,
    applications: Sequence[Application],
    about: About | None,
    options: ExplainOptions,
    horizon: Horizon = EVERYTHING,
) -> Iterator[Explanations]:
    """Raises InvalidInput when the applications contradict each other or the inventory, or `about` names nothing."""
    problems = [*validate(applications, snapshot.inventory, snapshot.applications)]
    if about is not None:
        problems += _unknown(snapshot, applications, about)
    if problems:
        raise InvalidInput(problems)
    if about is None or not (about.site or about.server):
        parts = requests(snapshot, applications)
        chosen = [part for part in parts if about is None or any(each.id == about.application for each in part)]
        yield from explanations(snapshot, chosen, options, horizon)
        return
    told = why(snapshot, applications, about.application, about.site, about.server)
    yield Explanations(generation=snapshot.generation, fits=0, refused=[], why=told)


def _unknown(snapshot: Snapshot, applications: Sequence[Application], about: About) -> Iterator[InputProblem]:
    names = [each.id for each in applications]
    inventory = snapshot.inventory
    for field, name, known, what in (
        ("application", about.application, names, "an application of the request"),
        ("site", about.site, inventory.sites.name, "the name of a site"),
        ("server", about.server, snapshot.row, "the name of a server"),
    ):
        if name is not None and name not in known:
            yield InputProblem("about", None, field, f"'{name}'", f"{what}{did_you_mean(name, known)}")
    if about.site is not None and about.server is not None:
        yield InputProblem("about", None, "server", "a site and a server", "one of them")
