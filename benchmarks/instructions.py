"""``python benchmarks/instructions.py name``: the same comparison in instructions, which no noise changes.

Needs valgrind. Each variant runs twice under it, with few and with more requests; the difference is what they
took. Caches and branches, which cost time and no instructions, are not in it.
"""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys

from http_frameworks import SUBJECTS
from measure import BARE, MINIMUM, OURS

WARM_UP = 60
REQUESTS = 200


def main(name: str) -> None:
    taken = {variant: _difference(name, variant) for variant in (BARE, MINIMUM, OURS)}
    added = {variant: count - taken[BARE] for variant, count in taken.items()}
    print(
        f"{name}: {added[MINIMUM]:,.0f} instructions for the minimum, {added[OURS]:,.0f} for mcp_perf: "
        f"{added[OURS] / added[MINIMUM]:.2f}"
    )


def _difference(name: str, variant: str) -> float:
    few, more = (_count(name, variant, WARM_UP + requests) for requests in (0, REQUESTS))
    return (more - few) / REQUESTS


def _count(name: str, variant: str, requests: int) -> int:
    run = subprocess.run(
        [
            *("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"),
            *(sys.executable, __file__, name, variant, str(requests)),
        ],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"Collected : (\d+)", run.stderr)
    if found is None:
        raise RuntimeError(f"valgrind has counted nothing:\n{run.stderr}")
    return int(found[1])


def work(name: str, variant: str, requests: str) -> None:
    """What runs under valgrind."""
    run = SUBJECTS[name]().variants[variant].make()
    gc.collect()
    gc.freeze()
    gc.disable()
    run(int(requests))


if __name__ == "__main__":
    work(*sys.argv[1:]) if len(sys.argv) > 2 else main(*sys.argv[1:])
