"""`python -m benchmarks CASE`: figures as a table or as JSON on stdout, progress on stderr."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.machine import facts, headline
from benchmarks.report import as_json, report
from benchmarks.run import tell
from planner.manifests.errors import InvalidInput
from solver.warmup import warm


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0, with --strict 1 for a missed target, 2 for input that cannot be used."""
    parser = _parser()
    args = parser.parse_args(arguments)
    if not args.case:
        print(parser.format_help())
        return 0
    if args.data:
        os.environ["BAYPLAN_DATA"] = str(args.data)
    command = f"python -m benchmarks {shlex.join(arguments)}"
    try:
        tell("warm up")
        warm()
        outcome = CASES[args.case].run(args)
    except InvalidInput as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 2
    print(
        as_json(outcome, {"command": command, "machine": facts()}) if args.json else report(outcome, headline(command))
    )
    return 1 if args.strict and not all(target.met for target in outcome.targets) else 0


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, CASES))
    listed = "\n".join(f"  {name:{width}}  {case.summary}" for name, case in CASES.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="The benchmark suite. Every plan is checked before it is counted.",
        epilog=f"cases:\n{listed}\n\nexamples:\n{_examples()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s CASE [OPTIONS]",
    )
    cases = parser.add_subparsers(dest="case", metavar="CASE", help="one of those below; CASE --help tells its options")
    for name, case in CASES.items():
        each = cases.add_parser(
            name,
            description=case.summary,
            epilog=f"examples:\n{_examples(name)}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        case.options(each)
        each.add_argument("--json", action="store_true", help="one JSON document instead of tables")
        each.add_argument("--strict", action="store_true", help="exit code 1 when a target is missed")
        each.add_argument("--data", type=Path, metavar="FOLDER", help="published data (BAYPLAN_DATA, ../shared/data)")
    return parser


def _examples(only: str = "") -> str:
    rows = [
        (f"python -m benchmarks {name} {given}".rstrip(), told)
        for name, case in CASES.items()
        if only in ("", name)
        for given, told in case.examples
    ]
    width = max(len(command) for command, _ in rows)
    return "\n".join(f"  {command:{width}}  # {told}" for command, told in rows)
