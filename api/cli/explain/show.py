"""An explanation as a person reads it, line by line as it becomes known: at most a screen."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from api.cli.terminal import table
from planner.explain.explanation import Conflict, CounterOffer, Explanation, Explanations, Since, Why
from planner.explain.facts import Tally
from planner.plans.words import many

CAUSES = 6
GROUPS = 8
SHOWN = 2
"""Refusals of a batch that are told in detail."""
COLOUR = {"fits": "green", "infeasible": "red", "displaced": "yellow", "unknown": "yellow"}


class Screen:
    """Prints what is new in each answer. Of a conflict the last word counts: it is shown once it is proven, or when
    nothing more is coming."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.shown = 0
        self.offered = 0
        self.answered = False
        self.last: Explanations | None = None

    def show(self, now: Explanations) -> None:
        if self.last is None:
            self._opening(now)
        self.last = now
        if len(now.refused) > self.shown + 1:
            self._finish(now.refused[self.shown])
        if now.refused and _alone(now):
            self._progress(now.refused[-1])

    def close(self) -> None:
        if self.last is not None and self.last.refused and self.shown < len(self.last.refused):
            self._finish(self.last.refused[-1])

    def _opening(self, now: Explanations) -> None:
        if now.why is not None:
            self.console.print(*_why(now.why), sep="\n")
        elif now.since is not None:
            self.console.print(*_since(now.since), sep="\n")
        elif not now.refused and not now.groups:
            self.console.print(Text.assemble(("fits", "green"), f": {many(now.fits, 'request')}, nothing is refused"))
        elif now.groups:
            self.console.print(_groups(now))

    def _progress(self, now: Explanation) -> None:
        if now.status != "unknown" or "proof" in now.seconds:
            self._answer_once(now)
        if "proof" in now.seconds or now.counter_offers:
            self._conflict_once(now)
        for offer in now.counter_offers[self.offered :]:
            if self.offered == 0:
                self._print([Text(), Text("with each of these it fits; solved again on servers and checked:", "bold")])
            self.offered += 1
            self._print([offered(self.offered, offer)])

    def _answer_once(self, now: Explanation) -> None:
        if not self.answered:
            self.answered = True
            self._print(_head(now))

    def _conflict_once(self, now: Explanation) -> None:
        self._answer_once(now)
        if self.shown == 0:
            self.shown = 1
            self._print(_body(now))

    def _finish(self, now: Explanation) -> None:
        if self.last is not None and not _alone(self.last):
            if self.shown < SHOWN:
                self._print([Text(), *_head(now), *(facts(now.conflict) if now.conflict else [])])
            elif self.shown == SHOWN:
                self._print([Text(), Text("--json tells of more; --application NAME says what would fit", "dim")])
            self.shown += 1
        else:
            self._conflict_once(now)

    def _print(self, parts: list[RenderableType] | Iterator[RenderableType]) -> None:
        for part in parts:
            self.console.print(part)


def _alone(now: Explanations) -> bool:
    """One request is refused at most."""
    return sum(group.requests for group in now.groups) <= 1


def _head(now: Explanation) -> list[RenderableType]:
    told = {"fits": "fits", "infeasible": "does not fit", "displaced": "does not fit here", "unknown": "not known"}
    return [Text.assemble((told[now.status], f"bold {COLOUR[now.status]}"), f": {now.headline}")]


def _body(now: Explanation) -> Iterator[RenderableType]:
    if now.conflict is not None:
        yield from facts(now.conflict)
    else:
        yield Text("the time ran out before a plan or a proof that there is none was found", "yellow")
    for each in now.tallies[:1]:
        yield Text()
        yield tallied(each)


def facts(conflict: Conflict) -> Iterator[RenderableType]:
    how = "proven" if conflict.engine == "proof" else "by bounds"
    least = ", and none of them can be spared" if conflict.minimal else ""
    told = f"cannot all be true ({how}{least}):" if conflict.proven else "no plan was found that keeps all of this:"
    yield Text(told, "bold")
    for sentence in conflict.sentences:
        yield Padding(Text(f"- {sentence}"), (0, 0, 0, 2))


def tallied(tally: Tally) -> Group:
    """What rules servers out: first cause, and those that nothing else rules out."""
    every, have = f"{tally.of_servers:,} servers in {tally.of_sites:,} sites", f"{tally.servers:,} in {tally.sites:,}"
    title = f"of {every} {have} have room for one"
    made = table("ruled out by", "servers", "sites", "by it alone", numbers=("servers", "sites", "by it alone"))
    causes = [cause for cause in tally.causes if cause.servers or cause.servers_alone]
    for cause in causes[:CAUSES]:
        made.add_row(cause.cause, f"{cause.servers:,}", f"{cause.sites:,}", f"{cause.servers_alone:,}")
    return Group(Text(title), made)


def offered(number: int, offer: CounterOffer) -> Padding:
    least = " (the smallest such change, proven)" if offer.least else ""
    return Padding(Text.assemble((f"{number}. {offer.message}", "green"), (least, "dim")), (0, 0, 0, 2))


def _groups(now: Explanations) -> Group:
    made = table("refused for", "requests", "instances", numbers=("requests", "instances"))
    refused = sum(group.requests for group in now.groups)
    title = Text(f"{many(refused, 'request')} refused, {now.fits:,} fit", "bold")
    for group in now.groups[:GROUPS]:
        made.add_row(group.cause, f"{group.requests:,}", f"{group.instances:,}")
    return Group(title, made)


def _why(why: Why) -> Iterator[RenderableType]:
    colour = "green" if why.instances else "yellow"
    question = "why here" if why.instances else "why not there"
    yield Text.assemble((question, f"bold {colour}"), f": {why.application}, {why.place}")
    for sentence in why.sentences:
        yield Text(f"  - {sentence}")


def _since(since: Since) -> Iterator[RenderableType]:
    told = {
        "fits": "it fits today",
        "never fitted": "it did not fit in the earlier world either",
        "unknown": "no set of changes is proven to break it",
        "broken": f"it fitted; {many(len(since.changes), 'change')} of {since.considered:,} broke it",
    }
    each = ", each of them needed" if since.status == "broken" and since.minimal else ""
    yield Text(f"{told[since.status]}{each}", "bold")
    for change in since.changes[:GROUPS]:
        yield Text(f"  - {change.message}")
    if len(since.changes) > GROUPS:
        yield Text(f"  and {len(since.changes) - GROUPS:,} more; --json shows all", "dim")
