"""A browser at the console's door. Every test ends with a look at what the browser noticed on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.browser import browsers, sites


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sites.Site]:
    """Where the tests go: anything with an `api_url` and a `console_url` will do."""
    with sites.site(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One browser for all tests."""
    with browsers.chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def browser(driver: webdriver.Chrome, installation: sites.Site) -> Iterator[browsers.Browser]:
    """The console, freshly loaded. Afterwards: no error in the page, no request that left the installation."""
    yield from visited(driver, installation.console_url)


def visited(driver: webdriver.Chrome, console_url: str) -> Iterator[browsers.Browser]:
    """Open the console for one test, and judge at its end what the browser noticed."""
    driver.get_log("browser")
    driver.get_log("performance")
    browser = browsers.Browser(driver, console_url)
    browser.open()
    yield browser
    browser.read_logs()
    assert browser.severe == []
    assert browser.requested
    assert browser.foreign() == []
