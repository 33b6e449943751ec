"""A browser at the console's door. Every test ends with a look at what the browser noticed on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests import installations
from tests.browser import browsers


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One browser for all tests."""
    with browsers.chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def browser(
    driver: webdriver.Chrome, installation: installations.Installation, request: pytest.FixtureRequest
) -> Iterator[browsers.Browser]:
    """The console, freshly loaded, on a light desktop or on the screen that the test names."""
    yield from visited(driver, installation.console_url, getattr(request, "param", browsers.Screen()))


def visited(
    driver: webdriver.Chrome, console_url: str, screen: browsers.Screen | None = None
) -> Iterator[browsers.Browser]:
    """Open the console for one test. At its end: no error in the page, no request that left the installation."""
    driver.get("about:blank")  # what the page before says while it is left is not this test's
    driver.get_log("browser")
    driver.get_log("performance")
    browser = browsers.Browser(driver, console_url, screen or browsers.Screen())
    browser.open()
    yield browser
    browser.read_logs()
    assert browser.severe == []
    assert browser.requested
    assert browser.foreign() == []
