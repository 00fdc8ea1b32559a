"""`bayplan --server URL ...`: the same commands, answered by a running service instead of the books here.

What it answers is shown the same, and ends with the same exit codes; 4 when it does not answer at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.files import read_text
from api.cli.terminal import aside, exits, machines

if TYPE_CHECKING:
    from api.client import Client, Problem
    from api.client.calls import Talks
    from api.client.pages import Pages
    from planner.manifests.application import Application

REFUSED, SILENT = 3, 4
ASKS = frozenset(
    {"solve", "explain", "commit", "promote", "reserve", "reservations", "hold", "release", "allocations", "sites",
     "servers", "usage", "audit"}
)  # fmt: skip
"""Commands that a service can answer."""
URL = "URL of a running service to ask, instead of working on files and books here."
KEY = "API key, or OIDC token, for the service."


@dataclass(frozen=True, slots=True)
class There:
    """Where the service is, and what opens it."""

    url: str
    key: str | None


_chosen: ContextVar[There | None] = ContextVar("there", default=None)
"""Of the command that runs."""


def chosen(
    context: typer.Context,
    server: Annotated[str | None, typer.Option(metavar="URL", envvar="BAYPLAN_SERVER", help=URL)] = None,
    key: Annotated[str | None, typer.Option(metavar="KEY", envvar="BAYPLAN_KEY", help=KEY)] = None,
) -> None:
    asks = context.invoked_subcommand in ASKS
    source = context.get_parameter_source("server")
    if source is not None and source.name == "COMMANDLINE" and not asks:
        known = ", ".join(sorted(ASKS))
        raise typer.BadParameter(f"{context.invoked_subcommand} works here only; a service can {known}")
    _chosen.set(There(server, key) if asks and server is not None else None)


def there() -> There | None:
    """The service that is to be asked; None: work on the books here."""
    return _chosen.get()


def here_only() -> None:
    """Raises BadParameter when a service is to be asked: what follows looks at the books here."""
    if there() is not None:
        raise typer.BadParameter("a service cannot do this; leave out --server and BAYPLAN_SERVER to do it here")


@contextmanager
def asking(service: There, as_json: bool) -> Iterator[Client]:
    """A client of the service. What it refuses is told as the books' refusals are."""
    from api.client import Busy, Client, Invalid, NotAllowed, Problem, Refused, Unknown, Unreachable

    with exits(as_json), _client(Client, service) as client:
        try:
            yield client
        except Invalid as invalid:
            raise _bad_input(invalid) from invalid
        except NotAllowed as refused:
            raise _bad_key(refused) from refused
        except (Refused, Unknown) as refused:
            _tell(refused, f"refused, {refused}", as_json)
            raise typer.Exit(REFUSED) from refused
        except (Busy, Problem) as failed:
            _tell(failed, f"{service.url}: {failed} (request {failed.request})", as_json)
            raise typer.Exit(SILENT) from failed
        except Unreachable as silent:
            if as_json:
                machines({"code": "server.unreachable", "detail": str(silent)})
            aside().print(f"{service.url} does not answer: {silent}", soft_wrap=True, markup=False, style="red")
            raise typer.Exit(SILENT) from silent


def answered(make: Callable[[type[Client]], Talks[Any]], as_json: bool) -> Any:
    """The service's answer as JSON has it, to the call that `make` makes; None: work on the books here."""
    if (service := there()) is None:
        return None
    from api.client.calls import Call

    with asking(service, as_json) as client:
        call = make(type(client))
        assert isinstance(call, Call)
        return client.send(call.raw())


def listed(
    make: Callable[[type[Client]], Pages[Any]], as_json: bool, most: int | None = None
) -> list[dict[str, Any]] | None:
    """Rows of a listing as JSON has them, the first `most` of them; None: work on the books here."""
    if (service := there()) is None:
        return None
    from api.client.pages import raw

    with asking(service, as_json) as client:
        return list(islice(client.pages(raw(make(type(client)))), most))


def manifests_of(file: Path) -> tuple[Application, ...]:
    """Raises InvalidInput with everything that is wrong with the file itself; the service says the rest."""
    from planner.manifests.errors import InvalidInput
    from planner.worlds.applications import read_manifests

    found = read_manifests(read_text(file), str(file))
    if found.problems:
        raise InvalidInput(found.problems)
    return tuple(found.applications)


def _client(made: type[Client], service: There) -> Client:
    import httpx

    from api.client import Terms
    from planner.manifests.errors import InputProblem, InvalidInput

    try:
        url = httpx.URL(service.url)
        usable = url.scheme in ("http", "https") and bool(url.host)
    except httpx.InvalidURL:
        usable = False
    if not usable:
        found = f"'{service.url}'"
        raise InvalidInput([InputProblem("options", None, "server", found, "a URL such as http://127.0.0.1:8000")])
    return made(service.url, service.key, Terms(retries=3))  # somebody waits: less patient than a program


def _bad_input(invalid: Problem) -> Exception:
    from planner.manifests.errors import InputProblem, InvalidInput

    rows = [InputProblem("request", None, each.field, each.found, each.expected) for each in invalid.problems]
    return InvalidInput(rows or [InputProblem("request", None, "", invalid.detail, "what the service takes")])


def _bad_key(refused: Problem) -> Exception:
    from planner.manifests.errors import InputProblem, InvalidInput

    given = "BAYPLAN_KEY" if os.environ.get("BAYPLAN_KEY") else "--key"
    expected = f"a key that may do this, in {given} before the command"
    return InvalidInput([InputProblem("options", None, "key", f"{refused.code}: {refused.detail}", expected)])


def _tell(problem: Problem, headline: str, as_json: bool) -> None:
    if as_json:
        known = ("code", "detail", "shortfall", "explanation")
        machines({name: problem.content[name] for name in known if name in problem.content})
    console = aside()
    console.print(headline, soft_wrap=True, markup=False, style="red")
    for helps in problem.explanation.helps if problem.explanation else ():
        console.print(f"  {helps}", soft_wrap=True, markup=False)
