"""A real browser, driven by selenium: Debian's Chromium, headless."""

from __future__ import annotations

import contextlib
import json
import os
from urllib.parse import urlsplit

from support import programs


@contextlib.contextmanager
def browsing(directory):
    """A browser that keeps what it must in a directory of the test."""
    programs.need_module("selenium")
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = programs.need("chromium")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    for argument in ("--headless=new", *sandbox, "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={directory}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(programs.need("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def complaints(driver):
    """What the console has to complain of."""
    return [one["message"] for one in driver.get_log("browser") if one["level"] in ("SEVERE", "WARNING")]


def hosts(driver):
    """The hosts that were asked for something."""
    found = set()
    for one in driver.get_log("performance"):
        message = json.loads(one["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = urlsplit(message["params"]["request"]["url"])
            if url.scheme not in ("data", "blob", "chrome"):
                found.add(url.netloc)
    return found
