"""The dashboard in a real browser: it shows what the service does, goes on doing so, and can be used."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
from support import browser, programs
from support.servers import APPS, running, settled, uvicorn

pytestmark = pytest.mark.real

ROUTES = ["/users/{uid}", "/orders", "/broken"]


class Load:
    """Clients that ask for this and that until they are told to stop."""

    def __init__(self, server):
        self._server = server
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(2)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number):
        while not self._over.wait(0.02):
            number += 1
            for path, often in (("/users/5", 1), ("/orders", 2), ("/broken", 9)):
                if number % often == 0:
                    self._server.ask(path)


@pytest.fixture(scope="module")
def server():
    with running(uvicorn("shown:app", "--workers", "2", directory=APPS)) as found:
        yield found


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with browser.browsing(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="module")
def page(driver, server):
    """The page under load, which has shown something; the load ends then."""
    with Load(server):
        time.sleep(4)
        driver.set_window_size(1280, 1600)
        driver.get(f"http://{server.address}/metrics/dashboard")
        first = shown(driver, 1)
        before = fact(driver, "requests")
        shown(driver, first + 1)
        after = fact(driver, "requests")
    # So that what comes later is what the page has.
    time.sleep(2)
    shown(driver, int(driver.find_element("tag name", "body").get_attribute("data-shown")) + 1)
    return before, after


def shown(driver, times):
    """Come back when the page has shown what it was told so many times."""

    def number():
        return int(driver.find_element("tag name", "body").get_attribute("data-shown") or 0)

    assert settled(lambda: number() >= times, True), driver.find_element("id", "state").text
    return number()


def fact(driver, name):
    return int(driver.find_element("css selector", f'[data-fact="{name}"]').text.replace(",", ""))


def rows(driver, table):
    """The rows of a table, as texts."""
    script = """return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)].map(
        (row) => [...row.cells].map((cell) => cell.textContent));"""
    return driver.execute_script(script, table)


def heads(driver, table):
    return driver.find_elements("css selector", f"#{table} thead button")


def test_it_goes_on(page):
    """Under load the page shows more each time, by itself."""
    before, after = page
    assert 0 < before < after


@pytest.mark.usefixtures("page")
def test_numbers_are_those_of_the_summary(driver, server):
    """Once nobody asks any more the page and the summary of its window have the same numbers."""

    def both():
        _, _, body = server.ask("/metrics/summary?window=600")
        http = json.loads(body)["http"]
        expected = {one["route"]: f"{one['requests']:,}" for one in http["routes"]}
        found = {row[1]: row[2] for row in rows(driver, "routes")}
        is_same = expected == found and http["requests"] == fact(driver, "requests")
        return is_same and set(ROUTES) <= set(found)

    assert settled(both, True)


@pytest.mark.usefixtures("page")
def test_windows(driver):
    """No window is offered that is longer than history is kept."""
    script = (
        "return [...document.querySelectorAll('#window option')].map((one) => [one.value, one.disabled]);"
    )
    is_disabled = dict(driver.execute_script(script))
    assert {"60": False, "3600": False, "21600": True} == {
        value: is_disabled[value] for value in ("60", "3600", "21600")
    }


@pytest.mark.usefixtures("page")
def test_sorting(driver):
    """Whoever clicks on the head of a column has the table sorted by it, and the other way round again."""
    pause(driver)
    (head,) = [one for one in heads(driver, "routes") if one.text.startswith("route")]
    head.click()
    up = [row[1] for row in rows(driver, "routes")]
    head.click()
    down = [row[1] for row in rows(driver, "routes")]
    assert (sorted(up, key=str.lower), up[::-1]) == (up, down)
    cell = driver.find_element("css selector", "#routes th:nth-child(2)")
    assert "descending" == cell.get_attribute("aria-sort")
    pause(driver)


@pytest.mark.usefixtures("page")
def test_numbers_are_readable(driver):
    """No number is written with an exponent, whatever it is."""
    values = [0.0000015, 0.00012, 0.0009996, 0.0123, 0.9997, 1.5, 99.96, 1500.4]
    found = driver.execute_script("return arguments[0].map((one) => seconds(one));", values)
    assert ["1.50 µs", "120 µs", "1.00 ms", "12.3 ms", "1.00 s", "1.50 s", "100 s", "1,500 s"] == found
    assert "3,001" == driver.execute_script("return short(3001.16);")


@pytest.mark.usefixtures("page")
def test_going_back(driver):
    """Whoever comes back to the page sees the window that it says it shows."""
    from selenium.webdriver.support.ui import Select

    Select(driver.find_element("id", "window")).select_by_value("60")
    driver.get("about:blank")
    driver.back()
    shown(driver, 1)
    chosen = "return [Number(byId('window').value), state.window];"
    assert settled(lambda: len(set(driver.execute_script(chosen))), 1)
    Select(driver.find_element("id", "window")).select_by_value("600")
    shown(driver, shown(driver, 1) + 1)


@pytest.mark.usefixtures("page")
def test_very_many_routes(driver):
    """A table shows some hundreds, says how many there are besides, and finds each of them by its filter."""
    pause(driver)
    script = """
    const http = state.data.summary.http;
    window.before = http.routes;
    http.routes = [...Array(1000).keys()].map((number) => ({
      ...before[0], route: `/r${number}`, requests: 1000 - number,
      latency_seconds: { ...before[0].latency_seconds, p99: number },
    }));
    http.routes_omitted = 7;
    showTable("routes");"""
    driver.execute_script(script)
    found = rows(driver, "routes")
    assert 301 == len(found)
    assert ["And 700 more: sort or filter to see them. 7 with fewer events are not here."] == found[-1]
    driver.find_element("id", "filter-routes").send_keys("/r777")
    assert ["/r777"] == [row[1] for row in rows(driver, "routes")[:-1]]
    driver.find_element("id", "filter-routes").clear()
    driver.find_element("id", "filter-routes").send_keys(" ")
    (head,) = [one for one in heads(driver, "routes") if one.text.startswith("p99")]
    head.click()
    assert "/r999" == rows(driver, "routes")[0][1]
    driver.execute_script(
        "Object.assign(state.data.summary.http, { routes: before, routes_omitted: 0 });"
        "state.sort = {}; byId('filter-routes').value = ''; showTable('routes');"
    )
    pause(driver)


@pytest.mark.usefixtures("page")
def test_keyboard(driver):
    """All of it can be used by keys alone: sorted, filtered, paused."""
    from selenium.webdriver.common.keys import Keys

    (head,) = [one for one in heads(driver, "routes") if one.text.startswith("errors")]
    head.send_keys(Keys.ENTER)
    assert "/broken" == rows(driver, "routes")[0][1]
    field = driver.find_element("id", "filter-routes")
    field.send_keys("USERS")
    assert ["/users/{uid}"] == [row[1] for row in rows(driver, "routes")]
    field.clear()
    field.send_keys("x" + Keys.BACKSPACE)
    assert 3 <= len(rows(driver, "routes"))
    button = driver.find_element("id", "pause")
    button.send_keys(Keys.SPACE)
    assert ("true", "Go on") == (button.get_attribute("aria-pressed"), button.text)
    button.send_keys(Keys.SPACE)
    driver.find_element("css selector", ".skip").send_keys(Keys.TAB)
    order = []
    for _ in range(3):
        active = driver.switch_to.active_element
        order.append(active.get_attribute("id"))
        active.send_keys(Keys.TAB)
    assert ["window", "pause", "filter-routes"] == order


@pytest.mark.usefixtures("page")
def test_charts_are_drawn(driver):
    """Each chart is there, with its title and what it shows."""
    programs.need_module("plotly")
    charts = driver.find_elements("css selector", ".chart")
    names = [one.get_attribute("data-chart") for one in charts]
    assert names[:4] == ["traffic", "errors", "latency", "heatmap"]
    assert {"in_progress", "database", "workflows", "cpu", "memory"} == set(names[4:])
    titles = driver.find_elements("css selector", ".chart .gtitle")
    assert len(names) == len(titles)
    assert 0 < len(driver.find_elements("css selector", ".chart .scatterlayer .trace"))


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_right_at_any_width(driver, scheme, width, tmp_path):
    """At a desk and on a phone, in the dark and in light, nothing is cut off, and axe finds nothing wrong."""
    programs.need_module("axe_core_python")
    from axe_core_python.selenium import Axe

    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 1400, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    time.sleep(1)  # the charts follow
    inner, whole = driver.execute_script("return [innerWidth, document.documentElement.scrollWidth];")
    picture = Path(tmp_path, f"dashboard-{scheme}-{width}.png")
    driver.save_screenshot(str(picture))
    assert picture.stat().st_size > 10_000
    assert whole <= inner
    background = driver.execute_script("return getComputedStyle(document.body).backgroundColor;")
    assert ("rgb(18, 22, 29)" if scheme == "dark" else "rgb(255, 255, 255)") == background
    violations = Axe().run(driver)["violations"]
    assert [] == [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in violations]


@pytest.mark.usefixtures("page")
def test_no_complaint_and_no_other_host(driver, server):
    """The console has nothing to complain of, and nobody but the service was asked."""
    assert [] == browser.complaints(driver)
    assert {server.address} == browser.hosts(driver)


def pause(driver):
    driver.find_element("id", "pause").click()


def test_user_and_password_in_the_address(driver, server):
    """A page whose address has a user and a password shows what it is asked for."""
    driver.get(f"http://ann:pw@{server.address}/metrics/dashboard")
    shown(driver, 1)
    assert "up to" in driver.find_element("id", "state").text
