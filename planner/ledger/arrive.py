"""Arrive: one new server, told as manifests tell amounts."""

from __future__ import annotations

from pydantic import Field

from planner.ledger import stock, streams
from planner.ledger.books import Books, By
from planner.ledger.refused import Refused
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.manifest import Manifest
from planner.manifests.metadata import Name
from planner.manifests.quantities import Resources
from planner.manifests.site import State


class NewServer(Manifest):
    """capacity: by resource. cpu_overcommit: its site's, when left out."""

    server: Name
    site: Name
    rack: str = Field("", max_length=253, description="Without one it shares a rack with all such servers of its site.")
    state: State = "online"
    capabilities: list[str] = Field([], max_length=1000)
    labels: dict[str, str] = Field({}, max_length=1000)
    cpu_overcommit: float | None = Field(None, gt=0, le=1000)
    capacity: Resources


def arrive(books: Books, new: NewServer, by: By) -> None:
    """Raises InvalidInput, and Refused when there is a server of that name."""
    picture = books.picture()
    if new.server in picture.snapshot.row:
        raise Refused("server.exists", f"there is a server '{new.server}' already")
    if new.site not in picture.snapshot.inventory.sites.name:
        raise InvalidInput([InputProblem("request", None, "site", f"'{new.site}'", "the name of a site")])
    row = {
        "server": new.server,
        "site": new.site,
        "rack": new.rack,
        "state": new.state,
        "capabilities": new.capabilities,
        **({} if new.cpu_overcommit is None else {"cpu_overcommit": f"{new.cpu_overcommit:g}"}),
        **{f"label.{name}": cell for name, cell in new.labels.items()},
        **new.capacity,
    }
    inventory = streams.read_rows(picture, [], [row])
    stock.import_inventory(books, inventory, by, f"server {new.server}")
