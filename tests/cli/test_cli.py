"""The command ``mcp-perf`` itself: what it says of itself, and of options that it does not understand."""

from importlib.metadata import version

import pytest

from mcp_perf.cli import main


def test_without_a_command_it_helps(capsys):
    """Whoever types nothing is shown what there is to type."""
    assert 0 == main([])
    assert "demo" in capsys.readouterr().out


def test_it_tells_its_version(capsys):
    """The version is the installed one."""
    assert 0 == main(["--version"])
    assert f"mcp-perf {version('mcp-perf')}\n" == capsys.readouterr().out


@pytest.mark.parametrize("port", ["-1", "65536", "http", "80.5", "", "٣", "9" * 5000])
def test_a_port_that_is_none_is_told(capsys, port):
    """The error names the option, what is allowed and what was given; the status is 2."""
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["demo", f"--port={port}"])
    expected = f"argument --port: must be a whole number from 0 to 65535, not {port!r}\n"
    assert capsys.readouterr().err.endswith(expected)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e999", "soon", ""])
def test_a_time_that_is_none_is_told(capsys, seconds):
    """The error names the option, what is allowed and what was given; the status is 2."""
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["demo", f"--seconds={seconds}"])
    expected = f"argument --seconds: must be a positive number of seconds, not {seconds!r}\n"
    assert capsys.readouterr().err.endswith(expected)


def test_ctrl_c_before_a_command_has_begun_leaves_no_traceback(monkeypatch):
    """The status is what a shell reports of an interrupted program."""

    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr("mcp_perf.demo.command.run", interrupted)
    assert 130 == main(["demo"])
