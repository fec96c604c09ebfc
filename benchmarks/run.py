"""``python benchmarks/run.py [name ...] [--rounds N]``: measure, and print a table."""

from __future__ import annotations

import argparse
import os
import platform

import decorators
import exemplars
import http_frameworks
import peers
import render
import routes
import scrape
import shared
import store
import tracing
from interleaving import GENERATIONS, SLICE_SECONDS, interleave
from measure import Reading, Subject

SUBJECTS = {
    **http_frameworks.SUBJECTS,
    **routes.SUBJECTS,
    **decorators.SUBJECTS,
    **store.SUBJECTS,
    **peers.SUBJECTS,
    **shared.SUBJECTS,
    **render.SUBJECTS,
    **scrape.SUBJECTS,
    **tracing.SUBJECTS,
    **exemplars.SUBJECTS,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what measuring costs.")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(SUBJECTS))
    parser.add_argument("--rounds", type=int, default=1200, help="how many, 1200 if not given")
    parser.add_argument(
        "--generations",
        type=int,
        default=GENERATIONS,
        help=f"how often processes are made anew for them, {GENERATIONS} times if not given",
    )
    parser.add_argument(
        "--slice",
        type=float,
        default=SLICE_SECONDS,
        metavar="SECONDS",
        help=f"how long each works in its turn, {SLICE_SECONDS} if not given",
    )
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(SUBJECTS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: there are {', '.join(SUBJECTS)}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {arguments.rounds} rounds, µs")
    print(f"{'':48}{'whole':>9} {'added':>9}  {'ratio':>6} {'of 95 %':>13}")
    for name in arguments.names or SUBJECTS:
        try:
            subject = SUBJECTS[name]()
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("mcp_perf"):
                raise
            print(f"{name}: skipped, {error.name} is not installed")
        else:
            samples = interleave(subject.variants, arguments.rounds, arguments.generations, arguments.slice)
            report(subject, Reading(subject, samples))


def report(subject: Subject, reading: Reading) -> None:
    print(subject.title)
    for name, variant in subject.variants.items():
        line = f"  {name:46}{reading.whole(name) * 1e6:9.2f}"
        if variant.over != name:
            line += f" {reading.added(name) * 1e6:9.2f}"
        if variant.over != name and name != subject.reference:
            ratio, low, high = reading.ratio(name)
            line += f"  {ratio:6.2f} {low:6.2f}-{high:.2f}"
            if variant.target is not None:
                line += f"  at most {variant.target}: {'PASS' if ratio <= variant.target else 'over'}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
