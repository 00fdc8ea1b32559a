"""What a case is: its options, and what it measures with them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.figures import Figure, Outcome, Target
from planner.manifests.documents import Source
from planner.manifests.validation import parse
from planner.plans.plan import SolveOptions

LATE = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Case:
    """examples: (options, what they measure)."""

    name: str
    summary: str
    examples: Sequence[tuple[str, str]]
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Outcome]


def searching(parser: argparse.ArgumentParser, time_limit: float | None, seeds: int = 1) -> None:
    """The options of a case that searches. time_limit: seconds, None where it depends on the question."""
    told = f"{time_limit:g}" if time_limit else "depends on the question"
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", default=time_limit, help=f"a plan's ({told})")
    parser.add_argument("--seeds", type=positive, metavar="N", default=seeds, help=f"runs, seeds 0 to N-1 ({seeds})")
    parser.add_argument("--workers", type=positive, metavar="N", default=2, help="search lanes (2)")


def on_time(args: argparse.Namespace, figures: Sequence[Figure]) -> Target:
    """A search ends soon after its limit, with whatever it has then."""
    latest = max(each.seconds or 0.0 for each in figures if each.seed is not None)
    text = f"a plan of {args.time_limit:g} s comes at most {LATE:g} s later"
    return Target(text, f"{latest:.1f} s at most", latest <= args.time_limit + LATE)


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"found {text}, expected at least 1")
    return number


def options(args: argparse.Namespace, seed: int, **more: object) -> SolveOptions:
    """Those of `searching`, as a request has them. Raises InvalidInput."""
    given = {"timeLimit": args.time_limit, "seed": seed, "workers": args.workers}
    return parse(SolveOptions, given | more, Source("options"))
