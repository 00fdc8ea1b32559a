"""Vector bin packing with proven optima: how many of the 60 instances are solved, and proven."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from benchmarks.cases.base import Case, on_time, options, searching
from benchmarks.data import published
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.run import Asked
from planner.manifests.errors import InputProblem, InvalidInput
from planner.worlds import vectorpack

SERVERS = "servers used"
ALL, TO_PROVE = 60, 57


@dataclass(frozen=True, slots=True)
class _Known:
    """name: set/instance. optimum, heuristic: bins, the best of the published heuristics."""

    name: str
    optimum: int
    heuristic: int


@dataclass(frozen=True, slots=True)
class _Solved:
    """used, bound: servers. unplaced: item types that have no place."""

    known: _Known
    used: float
    bound: float
    unplaced: int


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", metavar="PATTERN", default="*", help="instances such as 'triplet/classF_120*' (all)")
    searching(parser, 20.0)


def run(args: argparse.Namespace) -> Outcome:
    folder = published("vectorpack")
    instances = [each for each in _known(folder / "known.csv") if fnmatch(each.name, args.only)]
    if not instances:
        raise InvalidInput(
            [InputProblem("options", None, "only", f"'{args.only}'", "a pattern that an instance meets")]
        )
    outcome, solved = Outcome(), []
    for known in instances:
        asked = Asked.of(known.name, vectorpack.load(folder / f"{known.name}.vbp").world)
        for seed in range(args.seeds):
            found = asked.solve(options(args, seed, then="fewest-servers"))
            term = found.term("fewest-servers")
            outcome.figures.append(found.figure("fewest-servers", SERVERS))
            solved.append(_Solved(known, term.value, term.bound, len(found.plan.unplaced)))
        outcome.figures.append(Figure(known.name, "published heuristics", SERVERS, known.heuristic, known.optimum))
    outcome.targets.extend(_targets(solved, len(instances) == ALL, args.seeds))
    outcome.targets.append(on_time(args, outcome.figures))
    return outcome


def _known(file: Path) -> list[_Known]:
    with file.open(newline="") as text:
        return [
            _Known(f"{row['set']}/{row['instance']}", int(row["optimum"]), int(row["best_heuristic"]))
            for row in csv.DictReader(text)
        ]


def _targets(solved: Sequence[_Solved], complete: bool, seeds: int) -> list[Target]:
    proven = sum(not each.unplaced and each.used == each.bound for each in solved)
    best = sum(not each.unplaced and each.used == each.known.optimum for each in solved)
    worse = [each for each in solved if each.unplaced or each.used > each.known.heuristic]
    false = [each for each in solved if each.bound > each.known.optimum or each.used < each.known.optimum]
    told = f"{proven} of {len(solved)} runs proven, {best} optimal"
    target = TO_PROVE * seeds if complete else len(solved)
    return [
        Target(f"{target} proven optimal", told, proven >= target),
        Target("none worse than the best published heuristic", _named(worse), not worse),
        Target("no bound above an optimum", _named(false), not false),
    ]


def _named(found: Sequence[_Solved]) -> str:
    names = ", ".join(f"{each.known.name} {each.used:g}/{each.known.heuristic}" for each in found[:3])
    return f"{len(found)}: {names}" if found else "none"


CASE = Case(
    "vectorpack",
    "60 published vector bin packing instances against their proven optima",
    (
        ("--time-limit 20", "all 60"),
        ("--only 'triplet/*' --time-limit 5", "a part of them"),
    ),
    _options,
    run,
)
