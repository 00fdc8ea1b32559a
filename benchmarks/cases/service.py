"""The service under load, on PostgreSQL: bookings at a rate, beside a batch, ten times too many, and watchers."""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack

from benchmarks.books.world import ME, fresh, opened
from benchmarks.cases.base import Case, positive
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.postgres import server
from benchmarks.run import tell
from benchmarks.service.load import Told
from benchmarks.service.processes import memory
from benchmarks.service.running import serving
from benchmarks.service.scenes import Scenes, settled
from planner.inventory.world import World
from planner.ledger import stock
from planner.worlds.generate import GenerateOptions, generate

PARTS = ("bookings", "batch", "overload", "watchers")
REST = 5.0
"""Seconds after something large, until memory is looked at."""
GOOD = frozenset({200, 202, 429, 503})


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part (all of them)")
    parser.add_argument("--servers", type=positive, metavar="N", default=100_000, help="loaded (100,000)")
    parser.add_argument("--rate", type=float, metavar="N", default=100.0, help="bookings a second (100)")
    parser.add_argument("--seconds", type=float, metavar="N", default=60.0, help="of bookings; half of it else (60)")
    parser.add_argument("--bundles", type=positive, metavar="N", default=300, help="of the batch (300)")
    parser.add_argument("--watchers", type=positive, metavar="N", default=1000, help="of one search (1,000)")
    parser.add_argument("--database", metavar="URL", help="an empty PostgreSQL, instead of one of its own")


def run(args: argparse.Namespace) -> Outcome:
    outcome = Outcome()
    tell(f"service: books of {args.servers:,} servers")
    sites = max(args.servers // 100, 5)
    world = generate(GenerateOptions(sites=sites, servers=args.servers, load=0.5, seed=1, requests=args.bundles))
    with ExitStack() as stack:
        own = None if args.database else stack.enter_context(server())
        url = args.database or (own.url if own else "")
        _stock(url, world)
        where, pid = stack.enter_context(serving("--database", url))
        scenes = Scenes(where, pid, world, f"load{int(time.time())}", own.pid if own else None)
        _figure(outcome, "memory of the service, MiB", memory(scenes.pid))
        scenes.steady("warm", min(args.rate, 20), 3.0)
        for part in args.part or PARTS:
            tell(f"service: {part}")
            {"bookings": _bookings, "batch": _batch, "overload": _overload, "watchers": _watchers}[part](
                args, scenes, outcome
            )
        time.sleep(REST)
        _figure(outcome, "memory of the service at the end, MiB", memory(scenes.pid))
    return outcome


def _stock(url: str, world: World) -> None:
    books = opened(fresh(url))
    running = {row.application for row in world.allocations}
    known = tuple(each for each in world.applications if each.id in running)
    stock.import_world(books, World(world.inventory, known, world.allocations, world.runtimes, world.generation), ME)
    books.close()


def _bookings(args: argparse.Namespace, scenes: Scenes, outcome: Outcome) -> None:
    before, stored = scenes.worked(), scenes.stored()
    told = scenes.steady("steady", args.rate, args.seconds)
    _latencies(outcome, "bookings", told)
    parts = {"the service": scenes.worked() - before, "the load": told.processor}
    if scenes.database:
        parts["PostgreSQL"] = scenes.stored() - stored
    for name, seconds in parts.items():
        _figure(outcome, f"processor of {name}, ms a booking", 1000 * seconds / len(told.seconds))
    text = f"{args.rate:g} bookings a second for {args.seconds:g} s: no error, p99 under 250 ms"
    _target(outcome, text, told, set(told.statuses) == {200} and told.percentile(0.99) < 250)


def _batch(args: argparse.Namespace, scenes: Scenes, outcome: Outcome) -> None:
    before = memory(scenes.pid)
    told, state = scenes.beside_a_batch(args.rate / 5, args.seconds / 2)
    _figure(outcome, "memory beside the batch, MiB", memory(scenes.pid))
    _latencies(outcome, "beside a batch", told)
    text = f"{args.rate / 5:g} single requests a second beside a batch of {args.bundles} bundles: p99 under 500 ms"
    good = state == "running" and set(told.statuses) == {200} and told.percentile(0.99) < 500
    _target(outcome, text, told, good, f"; batch {state}")
    time.sleep(REST)
    stays = memory(scenes.pid) - before
    text = f"memory comes back within {REST:g} s of the batch, but for what was booked"
    outcome.targets.append(Target(text, f"{stays:+.0f} MiB", stays < 100))


def _overload(args: argparse.Namespace, scenes: Scenes, outcome: Outcome) -> None:
    quiet = scenes.steady("quiet", args.rate / 2, 5.0)
    before = memory(scenes.pid)
    told, sizes = scenes.too_much(10 * args.rate, args.seconds / 2)
    took = [since for since, _ in settled(scenes, args.rate / 2, 10.0, 2 * quiet.percentile(0.5) + 20)][-1]
    _latencies(outcome, "overload", told)
    _figure(outcome, "memory before the overload, MiB", before)
    _figure(outcome, "memory at most in the overload, MiB", max(sizes))
    _figure(outcome, "memory after the overload, MiB", memory(scenes.pid))
    text = f"{10 * args.rate:g} a second for {args.seconds / 2:g} s: only 2xx, 429 and 503; memory flat, within 10 %"
    good = set(told.statuses) <= GOOD and max(sizes) < 1.1 * before
    _target(outcome, text, told, good, f"; {before:.0f} MiB before, {max(sizes):.0f} MiB at most")
    outcome.targets.append(Target("back to normal within 5 s", f"{took:.1f} s, one of them to see it", took <= 6))


def _watchers(args: argparse.Namespace, scenes: Scenes, outcome: Outcome) -> None:
    found, more = scenes.watchers(args.watchers)
    _figure(outcome, "memory of watchers, MiB", more)
    text = f"{args.watchers:,} watchers: under 200 MiB, and none misses the end"
    told = f"{more:.0f} MiB, {found.ends:,} told of the end, {found.events:,} events"
    outcome.targets.append(Target(text, told, more < 200 and found.ends == found.watchers))


def _latencies(outcome: Outcome, scene: str, told: Told) -> None:
    for part in (0.5, 0.95, 0.99, 1.0):
        name = "max" if part == 1 else f"p{round(100 * part)}"
        outcome.figures.append(Figure("service", scene, f"{name}, ms", told.percentile(part)))


def _figure(outcome: Outcome, measure: str, value: float) -> None:
    outcome.figures.append(Figure("service", "all", measure, value))


def _target(outcome: Outcome, text: str, told: Told, met: bool, more: str = "") -> None:
    counts = ", ".join(f"{count:,} x {status}" for status, count in sorted(told.statuses.items()))
    codes = f" ({', '.join(sorted(told.codes))})" if told.codes else ""
    p50, p99 = told.percentile(0.5), told.percentile(0.99)
    outcome.targets.append(Target(text, f"{counts}{codes}; p50 {p50:.0f} ms, p99 {p99:.0f} ms{more}", met))


CASE = Case(
    "service",
    "the service on PostgreSQL with 100,000 servers: bookings at a rate, beside a batch, overload, watchers",
    (
        ("", "all of it, some five minutes"),
        ("--part bookings --seconds 20", "bookings alone"),
        ("--servers 20000 --part watchers", "who watches a search, and what it costs"),
    ),
    _options,
    run,
)
