"""What ties manifests to each other and to an inventory must be there: masters, resources, attributes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from planner.inventory.calendar import overlap
from planner.inventory.inventory import Inventory, Sites
from planner.inventory.latency import whereabouts
from planner.manifests.application import Application
from planner.manifests.documents import Source
from planner.manifests.errors import InputProblem, Path, did_you_mean, one_of, shown


def validate(
    applications: Sequence[Application],
    inventory: Inventory | None,
    known: Collection[str],
    sources: Sequence[Source] = (),
) -> list[InputProblem]:
    """Every problem of the applications taken together.

    inventory: None leaves out what depends on it. known: ids that may be referred to although they are not among
    `applications`, such as those that run already. sources: where each application was written; without them it is
    `applications` of a request.
    """
    written = tuple(sources) or tuple(Source("request", ("applications", row)) for row in range(len(applications)))
    entries = [_Entry(each, source) for each, source in zip(applications, written, strict=True)]
    own = {entry.id for entry in entries}
    problems = [*_duplicates(entries), *_cycles(entries)]
    for entry in entries:
        problems += _references(entry, own, known)
        problems += _window(entry)
        if inventory is not None:
            problems += _resources(entry, inventory)
            problems += _devices(entry, inventory)
            problems += _where(entry, inventory)
            problems += _within(entry, inventory.sites)
    return problems


@dataclass(frozen=True, slots=True)
class _Entry:
    application: Application
    source: Source

    @property
    def id(self) -> str:
        return self.application.id

    @property
    def master(self) -> str | None:
        master = self.application.spec.master
        return None if master is None else self.application.refers_to(master.application)


def _duplicates(entries: Sequence[_Entry]) -> Iterator[InputProblem]:
    first: dict[str, _Entry] = {}
    for entry in entries:
        earlier = first.setdefault(entry.id, entry)
        if earlier is not entry:
            line = earlier.source.line(("metadata", "name"))
            place = f"line {line}" if line else "an earlier application"
            yield entry.source.problem(
                ("metadata", "name"), f"{shown(entry.id)} for the second time", f"a name other than that of {place}"
            )


def _cycles(entries: Sequence[_Entry]) -> Iterator[InputProblem]:
    """Each cycle once, at its first application in the input."""
    by_id = {entry.id: entry for entry in entries}
    done: set[str] = set()
    for entry in entries:
        chain: list[str] = []
        step: str | None = entry.id
        while step in by_id and step not in done and step not in chain:
            chain.append(step)
            step = by_id[step].master
        if step in chain:
            cycle = chain[chain.index(step) :]
            start = min(cycle, key=list(by_id).index)
            turn = cycle.index(start)
            told = " → ".join([*cycle[turn:], *cycle[:turn], start])
            yield by_id[start].source.problem(
                ("spec", "master", "application"), f"the cycle {told}", "a chain of masters that ends"
            )
        done.update(chain)


def _references(entry: _Entry, own: set[str], known: Collection[str]) -> Iterator[InputProblem]:
    spec = entry.application.spec
    if spec.master is not None:
        yield from _reference(entry, ("spec", "master", "application"), spec.master.application, own, known)
    for row, rule in enumerate(spec.apart_from):
        for position, name in enumerate(rule.applications):
            path = ("spec", "apartFrom", row, "applications", position)
            yield from _reference(entry, path, name, own, known)
            if entry.application.refers_to(name) == entry.id:
                yield entry.source.problem(path, "the application itself", "another one (or spread with maxInstances)")


def _reference(
    entry: _Entry, path: tuple[str | int, ...], name: str, own: set[str], known: Collection[str]
) -> Iterator[InputProblem]:
    meant = entry.application.refers_to(name)
    if meant not in own and meant not in known:
        ids = {*own, *known} - {entry.id}
        near = f" (did you mean 'default/{name}'?)" if name in own or name in known else did_you_mean(meant, ids)
        expected = f"an application that is here{near}"
        found = shown(name) if name == meant else f"{shown(name)}, which means {shown(meant)}"
        yield entry.source.problem(path, found, expected)


def _window(entry: _Entry) -> Iterator[InputProblem]:
    window = entry.application.spec.window
    if window is not None and not overlap([window], [None]):
        yield entry.source.problem(("spec", "window"), "a window that never opens", "one with some time in it")


def _resources(entry: _Entry, inventory: Inventory) -> Iterator[InputProblem]:
    known = inventory.resources
    for name in entry.application.spec.resources:
        if name not in known:
            expected = f"{one_of(known)}, the resources of the servers{did_you_mean(name, known)}"
            yield entry.source.problem(("spec", "resources", name), "an unknown resource", expected)


def _devices(entry: _Entry, inventory: Inventory) -> Iterator[InputProblem]:
    if entry.application.spec.gpu_share and "gpu" not in inventory.resources:
        yield entry.source.problem(("spec", "gpuShare"), "a share of a GPU", "servers with a column gpu")


def _where(entry: _Entry, inventory: Inventory) -> Iterator[InputProblem]:
    known = dict.fromkeys(("site", *inventory.sites.attributes, *inventory.servers.labels))
    for row, demand in enumerate(entry.application.spec.demand):
        for key in demand.where:
            if key not in known:
                expected = f"one that sites have: {', '.join(known)}{did_you_mean(key, known)}"
                path = ("spec", "demand", row, "where", key)
                yield entry.source.problem(path, "an unknown attribute or label", expected)


def _within(entry: _Entry, sites: Sites) -> Iterator[InputProblem]:
    """The users' place has to be one: else nothing says how far they are."""
    for row, demand in enumerate(entry.application.spec.demand):
        if demand.within is None:
            continue
        path = ("spec", "demand", row, "within", "of")
        wrong = list(_attributes(entry, path, demand.within.of.attributes, sites))
        yield from wrong
        if not wrong and not len(whereabouts(sites, demand.within.of)):
            expected = "a place that has one: the sites there stand for the users"
            yield entry.source.problem(path, "a place without a site whose coordinates are known", expected)


def _attributes(
    entry: _Entry, path: Path, attributes: Mapping[str, Sequence[str]], sites: Sites
) -> Iterator[InputProblem]:
    known = ("site", *sites.attributes)
    for key, values in attributes.items():
        if key not in known:
            expected = f"one that sites have: {', '.join(known)}{did_you_mean(key, known)}"
            yield entry.source.problem((*path, key), "an unknown attribute or label", expected)
            continue
        for value in values:
            if not sites.having(key, [value]).any():
                there = sites.name if key == "site" else sites.attributes[key].values
                parts = {part for each in there for part in (each, *each.split(";")) if part}
                expected = f"the {key} of a site{did_you_mean(value, sorted(parts))}"
                yield entry.source.problem((*path, key), shown(value), expected)
