"""Profiles of real servers name what takes their time, with its share; slow requests say where it went."""

from __future__ import annotations

import contextlib
import json
import threading
from urllib.parse import urlencode

import pytest
from support import browser, programs
from support.profiling import read_speedscope
from support.servers import APPS, gunicorn, running, settled, uvicorn

pytestmark = pytest.mark.real

SHARE = 0.8  # see working.py
SERVERS = {
    "fastapi": uvicorn("profiled_fastapi:app", directory=APPS),
    "flask": gunicorn("profiled_flask:app", worker="gthread", directory=APPS),
    "django": gunicorn("profiled_django:wsgi", worker="gthread", directory=APPS),
    "django-asgi": uvicorn("profiled_django:asgi", "--lifespan", "off", directory=APPS),
}


@pytest.fixture(scope="module")
def server():
    with contextlib.ExitStack() as stack:
        started = {}

        def of(name):
            if name not in started:
                started[name] = stack.enter_context(running(SERVERS[name]))
            return started[name]

        yield of


@contextlib.contextmanager
def asked(server, *paths):
    """Clients, one for each of the paths, that ask again and again."""
    over = threading.Event()

    def ask(path):
        while not over.is_set():
            server.ask(path)

    threads = [threading.Thread(target=ask, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def profile(server, **query):
    """The seconds by stack, each a tuple of names of functions."""
    status, _, body = server.ask("/metrics/profile?" + urlencode({"format": "speedscope", **query}))
    assert 200 == status, body
    found = read_speedscope(body)
    names = [frame["name"].rpartition(".")[2] for frame in found["shared"]["frames"]]
    (one,) = found["profiles"]
    stacks = {}
    for sample, weight in zip(one["samples"], one["weights"], strict=True):
        stack = tuple(names[place] for place in sample)
        stacks[stack] = stacks.get(stack, 0.0) + weight
    return stacks


def seconds(stacks, function):
    return sum(weight for stack, weight in stacks.items() if function in stack)


def share(stacks):
    """That of the hot function in the work."""
    return seconds(stacks, "hot") / seconds(stacks, "work")


@pytest.mark.parametrize("name", SERVERS)
def test_hot_function(server, name) -> None:
    """Under threads and under asyncio a hot function has the share of the time that it takes."""
    one = server(name)
    with asked(one, "/items/5", "/items/6"):
        stacks = profile(one, seconds=8)
    assert seconds(stacks, "work") > 1.0
    assert share(stacks) == pytest.approx(SHARE, abs=0.15)


@pytest.mark.parametrize(
    ("name", "route", "other"),
    [
        ("fastapi", "/items/{item}", "/waits/7"),
        ("fastapi", "/threads/{item}", "/waits/7"),
        ("flask", "/items/<item>", "/waits/7"),
        ("django", "/items/<item>", "/waits/7"),
        ("django-asgi", "/items/<item>", "/awaits/7"),
    ],
)
def test_route(server, name, route, other) -> None:
    """A profile of a route has what serves it, in whatever thread or task, and nothing else."""
    one = server(name)
    with asked(one, "/" + route.split("/")[1] + "/5", other):
        stacks = profile(one, seconds=8, route=route)
        others = profile(one, seconds=1, route="/nowhere")
    assert {} == others
    assert seconds(stacks, "hot") > 0.5
    assert share(stacks) == pytest.approx(SHARE, abs=0.15)
    # Nor is the server there, which serves everybody; a thread may be between two, and told of one.
    strangers = ("waits", "wait", "fetch", "run_forever", "_worker", "<module>", "handle_request")
    assert sum(seconds(stacks, name) for name in strangers) < 0.05 * sum(stacks.values())


@pytest.mark.parametrize(
    ("name", "route", "path", "waiting"),
    [
        ("fastapi", "/waits/{item}", "/waits/5", ["fetch", "wait"]),
        ("flask", "/waits/<item>", "/waits/5", ["wait"]),
        ("django-asgi", "/awaits/<item>", "/awaits/5", ["fetch"]),
        ("django-asgi", "/waits/<item>", "/waits/5", ["wait"]),
    ],
)
def test_waiting(server, name, route, path, waiting) -> None:
    """What a request waits for is in its profile, in child tasks and threads too, marked as what waits."""
    one = server(name)
    with asked(one, path):
        stacks = profile(one, seconds=2, route=route)
        working = profile(one, seconds=1)
    for function in waiting:
        found = {stack: weight for stack, weight in stacks.items() if function in stack}
        assert sum(found.values()) > 1.0
        assert seconds(found, "(waiting)") > 0.5 * sum(found.values())
        assert seconds(working, function) < 0.3


@pytest.mark.parametrize("name", SERVERS)
def test_slow_requests(server, name) -> None:
    """A slow request is in the summary, with the function in which its time went."""
    one = server(name)
    one.ask("/slow")

    def found():
        _, _, body = one.ask("/metrics/summary")
        slow = [each for each in json.loads(body)["http"]["slow_requests"] if each["route"] == "/slow"]
        return bool(slow) and "linger" in json.dumps(slow[0]["stacks"])

    assert settled(found, True)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with browser.browsing(tmp_path_factory.mktemp("browser")) as found:
        yield found


def test_page(server, driver) -> None:
    """The page is drawn, zooms, is searched, and has neither complaints nor other hosts."""
    programs.need_module("axe_core_python")
    from axe_core_python.selenium import Axe

    one = server("fastapi")
    with asked(one, "/items/5"):
        driver.get(f"http://{one.address}/metrics/profile?seconds=1")
    boxes = driver.find_elements("css selector", "#graph svg")
    assert any(
        "hot" in box.find_element("css selector", "title").get_attribute("textContent") for box in boxes
    )
    width = driver.execute_script("return document.querySelector('#graph').getBoundingClientRect().width;")
    (hot,) = [
        box for box in boxes if box.find_element("css selector", "text").get_attribute("textContent") == "hot"
    ]
    driver.execute_script("arguments[0].dispatchEvent(new MouseEvent('click', { bubbles: true }));", hot)
    assert hot.find_element("css selector", "rect").rect["width"] == pytest.approx(width, rel=0.02)
    driver.find_element("id", "out").click()
    driver.find_element("id", "search").send_keys("hot")
    assert "1 found" == driver.find_element("id", "found").text
    assert 1 == len(driver.find_elements("css selector", "#functions tbody tr:not([hidden])"))
    for scheme in ("light", "dark"):
        driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )
        violations = Axe().run(driver)["violations"]
        assert [] == [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in violations]
    assert [] == browser.complaints(driver)
    assert {one.address} == browser.hosts(driver)


def test_keyboard(server, driver) -> None:
    """The graph can be used by keys alone: what is focused is seen, zoomed, and left again."""
    from selenium.webdriver.common.keys import Keys

    one = server("fastapi")
    with asked(one, "/items/5"):
        driver.get(f"http://{one.address}/metrics/profile?seconds=1")

    def active():
        return driver.switch_to.active_element

    def at():
        return int(active().get_attribute("data-depth"))

    def shown():
        return len(driver.find_elements("css selector", "#graph svg:not(.gone)"))

    def stroke():
        return driver.execute_script(
            "return getComputedStyle(arguments[0].querySelector('rect')).strokeWidth;", active()
        )

    driver.find_element("id", "search").send_keys(Keys.TAB)
    assert (0, "6px") == (at(), stroke())
    every = shown()
    for _ in range(3):
        active().send_keys(Keys.ARROW_DOWN)
    assert (3, "6px") == (at(), stroke())
    active().send_keys(Keys.ARROW_UP)
    assert 2 == at()
    # Boxes beside each other, wherever there are two.
    driver.execute_script("goTo(all.find((one) => seen(one.depth).length > 1));")
    first = active().get_attribute("data-left")
    active().send_keys(Keys.ARROW_RIGHT)
    assert float(first) < float(active().get_attribute("data-left"))
    active().send_keys(Keys.ARROW_LEFT)
    assert first == active().get_attribute("data-left")
    active().send_keys(Keys.ENTER)
    assert shown() < every
    zoomed = active()
    assert "100%" == zoomed.get_attribute("width")
    active().send_keys(Keys.ESCAPE)
    assert (every, zoomed) == (shown(), active())
    active().send_keys(Keys.ENTER)
    driver.find_element("id", "out").send_keys(Keys.ENTER)
    assert (every, zoomed) == (shown(), active())
    active().send_keys(Keys.HOME)
    assert 0 == at()
    assert 1 == len(driver.find_elements("css selector", '#graph svg[tabindex="0"]'))
    assert [] == browser.complaints(driver)


def test_slow_requests_on_the_dashboard(server, driver) -> None:
    """The dashboard shows slow requests; what somebody has opened stays open when it asks again."""
    one = server("fastapi")
    one.ask("/slow")
    driver.get(f"http://{one.address}/metrics/dashboard")

    def summaries():
        return driver.find_elements("css selector", "#slow details summary")

    assert settled(lambda: bool(summaries()), True)
    summaries()[0].click()
    before = driver.find_element("tag name", "body").get_attribute("data-shown")
    assert settled(
        lambda: driver.find_element("tag name", "body").get_attribute("data-shown") != before, True
    )
    assert "linger" in driver.find_element("css selector", "#slow details[open]").text
    assert [] == browser.complaints(driver)
