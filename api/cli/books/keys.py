"""`bayplan keys`: who may ask a service that runs on these books, and for what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.books.opened import Actor, Database, by, now, opened
from api.cli.books.show import listing
from api.cli.terminal import add, aside, examples, machines, people
from api.cli.worlds import AsJson

if TYPE_CHECKING:
    from planner.access.keys import Key

COLUMNS = ("id", "name", "state", "scopes", "tenants", "created", "expires")


def created(
    name: Annotated[str, typer.Argument(metavar="NAME", help="For whom it is, such as portal.")],
    scope: Annotated[
        list[str] | None, typer.Option(metavar="SCOPE", help="read, plan, book or operate; several, if needed.")
    ] = None,
    tenant: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Acts for this tenant only; several, if needed.")
    ] = None,
    all_tenants: Annotated[bool, typer.Option("--all-tenants", help="Acts for every tenant.")] = False,
    expires_after: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Such as 90d.", show_default="never")
    ] = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Make a key, and show it once: the books keep only its hash.

    Callers send it as `Authorization: Bearer KEY`. It counts within a second in every service on these books.
    """
    if all_tenants == bool(tenant):
        raise typer.BadParameter("expected either --tenant, once or more, or --all-tenants")
    with opened(database, as_json) as books:
        from planner.access.keys import KeyRequest, create
        from planner.manifests.documents import Source
        from planner.manifests.validation import parse

        content = {"name": name, "scopes": scope or [], "tenants": tenant, "expiresAfter": expires_after}
        key, text = create(books, parse(KeyRequest, content, Source("options")), by(actor))
        if as_json:
            machines({**told(key), "key": text})
            return
        people().print(text, soft_wrap=True, markup=False)
        aside().print("Keep it: it is not shown again.", style="dim")


def listed(database: Database = None, as_json: AsJson = False) -> None:
    """List all keys: for whom, which scopes and tenants, until when. What opens doors is not among it."""
    with opened(database, as_json) as books:
        from planner.access.keys import every

        listing([told(key) for key in every(books)], COLUMNS, as_json)


def revoked(
    identity: Annotated[str, typer.Argument(metavar="ID", help="As `bayplan keys list` shows it.")],
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a key: within a second no service on these books accepts it."""
    with opened(database, as_json) as books:
        from planner.access.keys import revoke

        key = revoke(books, identity, by(actor))
        if as_json:
            machines(told(key))
        else:
            people().print(f"{key.name} ({key.id}): revoked")


def told(key: Key) -> dict[str, Any]:
    """As JSON has it. tenants: null for all."""
    from planner.manifests.instants import told as instant

    return {
        "id": key.id,
        "name": key.name,
        "state": key.state(now()),
        "scopes": list(key.scopes),
        "tenants": None if key.tenants is None else sorted(key.tenants),
        "created": instant(key.created),
        "expires": instant(key.expires),
    }


CREATE = examples(
    ("bayplan keys create portal --scope plan --scope book --tenant acme", "one tenant's portal"),
    ("bayplan keys create auditor --scope read --all-tenants", "reads everything"),
)
keys = typer.Typer(
    no_args_is_help=True,
    help="Make, list and revoke the keys of a service on the books.",
    epilog=CREATE,
)
add(keys, "create", created, CREATE)
add(keys, "list", listed, examples(("bayplan keys list --json", "ids, scopes, tenants")))
add(keys, "revoke", revoked, examples(("bayplan keys revoke 3f2a9c01b7de", "it opens nothing any more")))
