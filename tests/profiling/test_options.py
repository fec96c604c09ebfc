"""What may be asked of a profile."""

from __future__ import annotations

import pytest

from mcp_perf.profiling import Options, options_of


@pytest.mark.parametrize(
    ("query", "accept", "expected"),
    [
        ("", "", Options(format="collapsed")),
        ("", "text/html,*/*", Options(format="html")),
        ("format=speedscope", "text/html", Options(format="speedscope")),
        ("seconds=60&hz=250&format=html", "", Options(seconds=60, hz=250)),
        ("route=/items/{id}&format=html", "", Options(route="/items/{id}")),
        ("route=&seconds=&idle=&hz=&names=&format=html", "", Options()),
        ("idle=1&names=1&format=html&other=x", "", Options(idle=True, names=True)),
    ],
)
def test_right(query, accept, expected) -> None:
    """Each option has its default; what means nothing here is ignored."""
    assert expected == options_of(query, accept)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("seconds=0", "^seconds must be a whole number from 1 to 60, not '0'$"),
        ("seconds=61", "seconds must be a whole number from 1 to 60"),
        ("seconds=1.5", "seconds must be"),
        ("seconds=" + "9" * 10_000, "seconds must be .{0,120}$"),
        ("hz=251", "^hz must be a whole number from 1 to 250, not '251'$"),
        ("hz=-1", "hz must be"),
        ("hz=\u0665", "hz must be"),
        ("format=svg", "^format must be one of html, collapsed, speedscope, not 'svg'$"),
        ("idle=yes", "^idle must be 0 or 1, not 'yes'$"),
        ("names=2", "names must be 0 or 1"),
        ("hz=1&hz=2", "^hz must be given once$"),
        ("&".join(["a=1"] * 200), "at most 100 parameters"),
    ],
)
def test_wrong(query, message) -> None:
    """What is wrong is said in one sentence: the option, what is allowed, and what was asked."""
    with pytest.raises(ValueError, match=message):
        options_of(query)


def test_idle() -> None:
    """What waits counts where a route was asked for, unless somebody says otherwise."""
    assert (False, True) == (Options().with_idle, Options(route="/a").with_idle)
    assert (True, False) == (Options(idle=True).with_idle, Options(route="/a", idle=False).with_idle)
