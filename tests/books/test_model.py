"""Whatever happens in whatever order, the books give the answers of their miniature."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from planner.ledger import commit, holds, reserve, stock
from planner.ledger.balance import balance
from planner.ledger.books import Books, By
from planner.ledger.hot import Hot
from planner.ledger.refused import Refused
from planner.ledger.release import release
from planner.manifests.instants import told
from planner.manifests.reservation import Reservation
from planner.plans.plan import SolveOptions
from planner.store.settings import Settings
from tests.books.model import CORES, FOREVER, Entry, Model
from tests.databases import MORNING, Clock, made
from tests.worlds import application, server, site, world

ME = By("me")
QUICK = SolveOptions(effort=0, workers=1)
SITES = ("gz", "sz")
HOUR = 3_600_000
PARTS = {"day": "08:00-20:00", "night": "20:00-08:00"}
sites = st.sampled_from(SITES)
tenants = st.sampled_from(("a", "b"))
cores = st.integers(1, CORES)
hours = st.integers(1, 6)


class TheBooks(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.clock = Clock()
        self.model = Model(MORNING)
        self.count = 0
        self.held: list[tuple[str, str]] = []
        self.safe: list[str] = []

    @initialize()
    def two_sites_of_one_server(self) -> None:
        url = made(f"sqlite:///{Path(self.folder.name)}/books.db")
        self.books = Books.open(Settings(database=url), self.clock)
        rooms = [server(f"{name}-1", site=name, cpu=1000 * CORES) for name in SITES]
        stock.import_world(self.books, world(*(site(name) for name in SITES), *rooms), ME)

    def teardown(self) -> None:
        if hasattr(self, "books"):
            self.books.close()
        self.folder.cleanup()

    @rule(at=sites, tenant=tenants, amount=cores, after=st.integers(0, 4), length=hours | st.none())
    def reserves(self, at: str, tenant: str, amount: int, after: int, length: int | None) -> None:
        name, start = self._name(), self.clock.now + after * HOUR
        ends = FOREVER if length is None else start + length * HOUR
        spec: dict[str, Any] = {"amounts": {"cpu": amount}, "where": {"site": at}, "start": told(start)}
        spec |= {} if length is None else {"end": told(ends)}
        manifest = Reservation.model_validate({"metadata": {"name": name, "namespace": tenant}, "spec": spec})
        expected = self.model.reserve(Entry("reservation", name, tenant, at, amount, start, ends))
        self._same(expected, reserve.reserve, self.books, manifest, ME)

    @rule(at=sites, tenant=tenants, amount=cores, length=hours | st.none())
    def deploys(self, at: str, tenant: str, amount: int, length: int | None) -> None:
        name = self._name()
        expected = self.model.commit(self._entry("allocation", name, tenant, at, amount, length))
        self._same(expected, commit.commit, self.books, [self._manifest(name, tenant, at, amount, length)], QUICK, ME)

    @rule(at=sites, tenant=tenants, amount=cores, part=st.sampled_from(sorted(PARTS)))
    def deploys_for_a_part_of_the_day(self, at: str, tenant: str, amount: int, part: str) -> None:
        name = self._name()
        entry = replace(self._entry("allocation", name, tenant, at, amount, None), part=part)
        window = {"daily": PARTS[part], "timeZone": "Asia/Shanghai"}
        manifest = self._manifest(name, tenant, at, amount, None, window=window)
        self._same(self.model.commit(entry), commit.commit, self.books, [manifest], QUICK, ME)

    @rule(amount=st.integers(1, CORES))
    def deploys_with_standby(self, amount: int) -> None:
        """Where is for the books to choose; all of it has to run again after the loss of any site."""
        name = self._name()
        survives = [{"lossOf": "site", "keep": "100%", "standby": "shared"}]
        manifest = application(name, namespace="c", instances=amount, cpu=1, survives=survives)
        try:
            booked = commit.commit(self.books, [manifest], QUICK, ME)
        except Refused:
            return
        entries = []
        for line, where in zip(booked.lines, booked.servers, strict=True):
            kind, lost = ("standby", line.lost.removeprefix("site:")) if line.lost else ("allocation", "")
            found = self._entry(kind, name, "c", where.removesuffix("-1"), line.instances, None)
            entries.append(replace(found, lost=lost))
        inside, back = Counter[str](), Counter[str]()
        for each in entries:
            (back if each.lost else inside)[each.lost or each.site] += each.cores
        assert inside == back
        self.model.adopt(entries)
        self.safe.append(name)

    @precondition(lambda self: self.safe)
    @rule(data=st.data())
    def releases_with_standby(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.safe))
        if self._same(self.model.drop(name), release, self.books, f"c/{name}", ME):
            self.safe.remove(name)

    @rule(at=sites, tenant=tenants, amount=cores, length=hours | st.none(), minutes=st.integers(1, 90))
    def holds_room(self, at: str, tenant: str, amount: int, length: int | None, minutes: int) -> None:
        name, ttl = self._name(), minutes * 60_000
        entry = self._entry("hold", name, tenant, at, amount, length, self.clock.now + ttl)
        manifest = self._manifest(name, tenant, at, amount, length)
        done = self._same(self.model.hold(entry), holds.hold, self.books, [manifest], QUICK, ME, ttl=ttl)
        if done is not None:
            self.held.append((name, done.booking.id))

    @precondition(lambda self: self.held)
    @rule(data=st.data(), confirms=st.booleans())
    def confirms_or_cancels(self, data: st.DataObject, confirms: bool) -> None:
        name, identity = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        if confirms:
            self._same(self.model.confirm(name), holds.confirm, self.books, identity, ME)
        else:
            self._same(self.model.take(name, "hold") is not None, holds.cancel, self.books, identity, ME)

    @rule(data=st.data(), amount=cores)
    def releases(self, data: st.DataObject, amount: int) -> None:
        running = [each for each in self.model.entries if each.kind == "allocation" and each.name not in self.safe]
        if running:
            entry = data.draw(st.sampled_from(running))
            expected = self.model.release(entry.name, amount)
            identity = f"{entry.tenant}/{entry.name}"
            self._same(expected, release, self.books, identity, ME, instances=amount)

    @rule(data=st.data())
    def gives_a_reservation_back(self, data: st.DataObject) -> None:
        promised = [each for each in self.model.entries if each.kind == "reservation"]
        if promised:
            entry = data.draw(st.sampled_from(promised))
            self.model.take(entry.name, "reservation")
            reserve.cancel(self.books, entry.tenant, entry.name, ME)

    @rule(at=sites)
    def a_site_is_lost_or_returns(self, at: str) -> None:
        state = "online" if at in self.model.offline else "offline"
        self.model.offline ^= {at}
        stock.set_state(self.books, state, ME, site=at)
        self.model.tidy()

    @rule(minutes=st.integers(1, 8 * 60))
    def time_passes(self, minutes: int) -> None:
        self.clock.goes_on(minutes * 60)
        self.model.passes(minutes * 60_000)

    @rule()
    def the_process_starts_again(self) -> None:
        self.books.close()
        self.books = Books(self.books.database, self.clock)

    @rule()
    def a_newcomer_sees_the_same(self) -> None:
        """What was brought up to date step by step is what is read as a whole."""
        mine = self.books.picture()
        with self.books.database.reading() as connection:
            fresh = Hot(connection).picture
        assert (mine.generation, mine.bookings) == (fresh.generation, fresh.bookings)
        assert sorted(mine.floating) == sorted(fresh.floating)
        assert mine.snapshot.running == fresh.snapshot.running
        assert list(mine.snapshot.applications) == list(fresh.snapshot.applications)
        for name in ("free", "capacity", "usable", "busy"):
            assert (getattr(mine.snapshot, name) == getattr(fresh.snapshot, name)).all(), name

    @invariant()
    def the_same_is_free(self) -> None:
        if not hasattr(self, "books"):
            return
        picture = self.books.picture()
        view = picture.view(self.clock.now)
        found = dict(zip(SITES, (view.free[:, 0] * view.usable // 1000).tolist(), strict=True))
        assert found == {at: self.model.free(at) for at in SITES}

    @invariant()
    def the_same_runs_and_is_promised(self) -> None:
        if not hasattr(self, "books"):
            return
        picture = self.books.picture()
        running = {name: sum(row.instances for row in rows) for name, rows in picture.snapshot.running.items()}
        entries = self.model.entries
        expected: dict[str, int] = {}
        for each in entries:
            if each.kind == "allocation":
                name = f"{each.tenant}/{each.name}"
                expected[name] = expected.get(name, 0) + each.cores
        assert running == expected
        promised = {each.name: each.degraded for each in picture.bookings.values() if each.kind == "reservation"}
        lost = self.model.offline
        assert promised == {each.name: each.site in lost for each in entries if each.kind == "reservation"}
        assert balance(self.books) == []

    def _name(self) -> str:
        self.count += 1
        return f"n{self.count:03}"

    def _entry(
        self, kind: str, name: str, tenant: str, at: str, amount: int, length: int | None, expires: int = FOREVER
    ) -> Entry:
        ends = FOREVER if length is None else self.clock.now + length * HOUR
        return Entry(kind, name, tenant, at, amount, self.clock.now, ends, expires)

    def _manifest(self, name: str, tenant: str, at: str, amount: int, length: int | None, **more: Any) -> Any:
        more |= {} if length is None else {"expires_after": f"{length}h"}
        return application(name, namespace=tenant, instances=amount, cpu=1, where={"site": at}, **more)

    def _same(self, expected: bool, do: Any, *given: Any, **more: Any) -> Any:
        try:
            result = do(*given, **more)
        except Refused:
            assert not expected, "the miniature says yes"
            return None
        assert expected, "the miniature says no"
        return result


TestTheBooks = TheBooks.TestCase
TestTheBooks.settings = settings(max_examples=8, stateful_step_count=30, deadline=None)
