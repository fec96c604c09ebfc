"""``python docs/screenshot.py [SECONDS]``: makes ``docs/dashboard.png``, the page of ``mcp-perf demo``.

Needs Debian's ``chromium`` and ``chromium-driver``, and the extra ``test``.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

PICTURE = Path(__file__).with_name("dashboard.png")
SIZE = 1280, 1560


def main() -> None:
    """Run the demo for a while, and take its picture."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0
    with tempfile.TemporaryDirectory() as directory:
        demo = subprocess.Popen(
            [sys.executable, "-m", "mcp_perf", "demo", "--port", "0"], stdout=subprocess.PIPE, text=True
        )
        try:
            address = listening(demo)
            time.sleep(seconds)
            take(f"{address}/metrics/dashboard", directory)
        finally:
            demo.terminate()
            demo.wait()


def listening(demo: subprocess.Popen[str]) -> str:
    """Where the demo says that it is served."""
    for line in demo.stdout or ():
        found = re.search(r"http://[0-9.:]+", line)
        if found is not None:
            return found[0]
    raise SystemExit("the demo does not say where it is served")


def take(url: str, directory: str) -> None:
    """Take the picture of a page, with a browser that keeps what it must in that directory."""
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", f"--user-data-dir={directory}"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        driver.set_window_size(*SIZE)
        driver.get(url)
        time.sleep(8)  # it shows, and all charts are drawn
        driver.save_screenshot(str(PICTURE))
    finally:
        driver.quit()


if __name__ == "__main__":
    main()
