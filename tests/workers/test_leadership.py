"""The right of one process to do what one does for all."""

import os
import subprocess
import sys
import textwrap

from support.programs import environment

from mcp_perf.workers.system.leadership import Leadership


def test_who_leaves_lets_another_have_it(tmp_path) -> None:
    """It is one process's, or one holder's, at a time, and free once that one has left."""
    directory = os.open(tmp_path, os.O_RDONLY)
    one, other = Leadership(directory), Leadership(directory)

    assert (True, False) == (one.is_mine(), other.is_mine())
    one.leave()
    assert (True, False) == (other.is_mine(), one.is_mine())
    other.leave()
    os.close(directory)


def test_who_leaves_when_the_process_ends_lets_another_have_it(tmp_path) -> None:
    """The same at the very end, after all finalizers: who is about to end hands over what it has."""
    program = """
    import atexit, os, sys

    def end():
        one.leave()
        print(other.is_mine())

    atexit.register(end)  # first, and so called last
    from mcp_perf.workers.system.leadership import Leadership

    directory = os.open(sys.argv[1], os.O_RDONLY)
    one, other = Leadership(directory), Leadership(directory)
    print(one.is_mine(), other.is_mine())
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), tmp_path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(),
    )
    assert (["True", "False", "True"], "") == (ran.stdout.split(), ran.stderr)
