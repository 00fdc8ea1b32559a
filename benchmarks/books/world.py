"""Small and large books to measure on."""

from __future__ import annotations

import time

from planner.inventory.inventory import Inventory
from planner.ledger import stock
from planner.ledger.books import Books, By
from planner.manifests.application import Application
from planner.plans.plan import SolveOptions
from planner.store.database import Database
from planner.store.settings import Settings
from planner.worlds.servers import read_servers
from planner.worlds.sites import read_sites
from planner.worlds.table import Table

QUICK = SolveOptions(time_limit=2.0, workers=1, effort=0)
ME = By("benchmark")


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def fresh(url: str) -> str:
    """The same URL, with empty books there."""
    database = Database(Settings(database=url))
    database.upgrade()
    database.close()
    return url


def opened(url: str) -> Books:
    return Books.open(Settings(database=url), now)


def one_site(books: Books, servers: int, cores: int) -> None:
    """Servers of one site, with plenty of memory."""
    sites = read_sites(Table.of("site\nhere\n", "sites.csv"))
    rows = "".join(f"server-{row},here,{1000 * cores},{2**20}\n" for row in range(servers))
    table = Table.of(f"server,site,cpu,memory\n{rows}", "servers.csv")
    made, resources = read_servers(table, sites, sites_complete=True)
    stock.import_inventory(books, Inventory(sites, made, resources), ME, "one site")


def application(name: str, cores: int, instances: int) -> Application:
    demand = [{"instances": instances}]
    spec = {"runtime": "container", "resources": {"cpu": cores, "memory": "1Gi"}, "demand": demand}
    return Application.model_validate({"metadata": {"name": name}, "spec": spec})
