"""What is installed: everything under its right name, and nothing else."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = {path.name for path in (ROOT / "adapters").glob("*.py")}


def python(code: str, cwd: Path) -> str:
    """What a Python started in `cwd` prints; -P keeps even that off its path where it can."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture(scope="module")
def installed() -> list[str]:
    files = importlib.metadata.files("mcp-perf") or []
    return [str(path) for path in files]


def test_every_adapter_is_installed_inside_the_package(installed, tmp_path) -> None:
    """Every file under adapters/ is importable as a module of `mcp_perf.adapters`."""
    code = "import mcp_perf.adapters as a, os; print(sorted(os.listdir(a.__path__[0])))"

    assert set() == NAMES - set(eval(python(code, tmp_path)))


def test_every_package_is_declared() -> None:
    """No package is dropped from the wheel because setup.cfg does not list it."""
    declared = (ROOT / "setup.cfg").read_text()
    packages = {
        ".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "mcp_perf").rglob("__init__.py")
    }

    assert set() == {package for package in packages if f"    {package}\n" not in declared}


def test_no_top_level_adapters(tmp_path) -> None:
    """The name `adapters` is another project's; ours is not on the path of who installs us."""
    code = "import importlib.util; print(importlib.util.find_spec('adapters'))"

    assert "None" == python(code, tmp_path)


def test_types_are_shipped(tmp_path) -> None:
    """The package says that it is typed."""
    code = "import mcp_perf, os; print(os.path.exists(os.path.join(mcp_perf.__path__[0], 'py.typed')))"

    assert "True" == python(code, tmp_path)


def test_core_needs_no_framework(tmp_path) -> None:
    """Without any framework the core, the ASGI and WSGI faces and the command import, and load none."""
    code = (
        "import sys, mcp_perf, mcp_perf.cli\n"
        "from mcp_perf.adapters import asgi, fastapi, wsgi\n"
        "print(sorted({'django', 'flask', 'fastapi', 'starlette', 'opentelemetry'} & set(sys.modules)))"
    )

    assert "[]" == python(code, tmp_path)


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("asgi", ["PerformanceMonitoringMiddleware", "instrument", "metrics_app"]),
        ("wsgi", ["PerformanceMonitoringMiddleware", "instrument", "metrics_app"]),
        ("fastapi", ["PerformanceMonitoringMiddleware", "instrument", "metrics_app"]),
        ("django", ["PerformanceMonitoringMiddleware", "metrics_urls"]),
        ("flask", ["PerformanceMonitoring"]),
    ],
)
def test_names_of_the_adapters(module, names, tmp_path) -> None:
    """Each adapter has the names that users import."""
    python(f"from mcp_perf.adapters.{module} import {', '.join(names)}", tmp_path)
