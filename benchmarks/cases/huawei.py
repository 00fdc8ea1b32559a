"""Huawei's VM requests on its racks: what is admitted where it is tight, how few servers it takes, what stays free."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from benchmarks.cases.base import Case, on_time, options, positive, searching
from benchmarks.cases.scheduled import scheduled
from benchmarks.data import published
from benchmarks.figures import Figure, Outcome, Target, middle
from benchmarks.run import Asked, tell, worth
from planner.worlds import huawei_vm

SETS = ("c1", "c2", "c3")
PLACED, VMS = "vCPU placed", "VMs placed"
GOALS = {"fewest-servers": "servers used", "largest-slots": "16C64G slots left"}
POSSIBLE = {("c1", 65): 1.0, ("c2", 65): 0.9995, ("c3", 65): 0.9631}
"""Part of the vCPU asked for that the pattern LP leaves possible on the first racks, without NUMA (capacity only)."""
NUMA_65 = 56_200
"""vCPU of c1 to reach with NUMA on 65 racks; at most 56,712 are possible."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", choices=(*SETS, "all"), default="c1", help="request set (c1)")
    parser.add_argument("--racks", type=positive, metavar="N", help="only the first N of the 100 racks")
    parser.add_argument("--numa", action="store_true", help="keep the NUMA cells of servers and VMs")
    parser.add_argument("--then", choices=tuple(GOALS), help="the goal once all are placed")
    searching(parser, None)


def run(args: argparse.Namespace) -> Outcome:
    outcome = Outcome()
    args.time_limit = args.time_limit or _time(args)
    for name in SETS if args.set == "all" else (args.set,):
        tell(f"huawei {name}: import")
        measured = _measured(name, args)
        outcome.figures.extend(measured.figures)
        outcome.targets.extend(_targets(measured, args))
    if args.then and args.time_limit >= 60 and args.set == "all":
        outcome.targets.append(_proven(args, outcome.figures))
    outcome.targets.append(on_time(args, outcome.figures))
    return outcome


def _time(args: argparse.Namespace) -> float:
    if args.then:
        return 15.0
    if args.racks:
        return 120.0 if args.numa else 60.0
    return 10.0 if args.numa else 30.0


@dataclass(frozen=True, slots=True)
class _Measured:
    """worth: all vCPU asked for."""

    name: str
    worth: int
    figures: list[Figure]


def _measured(name: str, args: argparse.Namespace) -> _Measured:
    imported = huawei_vm.load(published("huawei-vm"), f"vms_{name}.csv", args.racks, args.numa)
    asked = Asked.of(f"{name}, {args.racks or 100} racks{', NUMA' if args.numa else ''}", imported.world)
    goal = {"then": args.then} if args.then else {}
    question = asked.question(options(args, 0, **goal))
    figures = scheduled(asked, question, {"unplaced": PLACED} | GOALS)
    for seed in range(args.seeds):
        solved = asked.solve(options(args, seed, **goal))
        figures.append(solved.figure("unplaced", PLACED, worth(question)))
        count = sum(row.instances for row in solved.plan.placements)
        figures.append(Figure(asked.instance, "bayplan", VMS, count, seed=seed, seconds=solved.seconds))
        if args.then:
            figures.append(solved.figure(args.then, GOALS[args.then]))
    return _Measured(name, worth(question), figures)


def _targets(measured: _Measured, args: argparse.Namespace) -> list[Target]:
    name, asked = measured.name, measured.worth
    placed = middle(measured.figures, PLACED)
    part = f"{placed.median:,.0f} of {asked:,.0f} vCPU, {placed.median / asked:.2%}"
    if args.then:
        goal = middle(measured.figures, GOALS[args.then])
        text = f"{name}, {args.then}: at most 1 % from the proven bound, nothing left out"
        met = (goal.gap or 0.0) <= 0.01 and placed.least == asked
        return [Target(text, f"{goal.median:,.0f}, gap {goal.gap or 0.0:.2%}; {part}", met)]
    if not args.racks:
        vms = middle(measured.figures, VMS)
        found = f"{vms.least:,.0f} VMs in {vms.seconds:.1f} s"
        return [Target(f"{name}: all VMs in {args.time_limit:g} s", found, placed.least == asked)]
    if args.numa and (name, args.racks) == ("c1", 65):
        return [Target(f"{name}: {NUMA_65:,} vCPU with NUMA", part, placed.median >= NUMA_65)]
    if not args.numa and (name, args.racks) in POSSIBLE:
        possible = POSSIBLE[name, args.racks]
        text = f"{name}: at most 1.5 % below the pattern bound of {possible:.2%} of vCPU, in whole groups"
        return [Target(text, part, placed.median >= 0.985 * possible * asked)]
    return []


def _proven(args: argparse.Namespace, figures: list[Figure]) -> Target:
    names = dict.fromkeys(figure.instance for figure in figures)
    gaps = [middle(figures, GOALS[args.then], instance=name).gap for name in names]
    proven = sum(gap == 0 for gap in gaps)
    return Target(f"{args.then}: two of three proven optimal", f"{proven} proven", proven >= 2)


CASE = Case(
    "huawei",
    "4,998 VMs with affinity, anti-affinity and fault domains on 1,710 servers in 100 racks",
    (
        ("--set all", "all racks: everything fits"),
        ("--set c1 --racks 65 --time-limit 60 --seeds 3", "tight admission"),
        ("--set c1 --racks 65 --numa --time-limit 120", "the same with NUMA cells"),
        ("--set all --then fewest-servers --time-limit 15", "consolidation; also largest-slots"),
    ),
    _options,
    run,
)
