"""A real Chromium, and the few moves that a person makes in the console. Waits for conditions, never for time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib import parse

import pytest
from selenium import webdriver
from selenium.common import exceptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

WAIT_S = 60.0
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
MISSING = (
    "{} is not installed, and the console can only be tested in a real browser. On Debian or Ubuntu: "
    "apt-get install chromium chromium-driver"
)
T = TypeVar("T")


def program(*names: str) -> str:
    """Return the path of the first program that is installed; fails the test, saying what to install, if none is."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    pytest.fail(MISSING.format(names[0]), pytrace=False)


@contextmanager
def chromium(profile: Path) -> Iterator[webdriver.Chrome]:
    """Start a browser with a fresh profile and end it."""
    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium", "chromium-browser", "google-chrome")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # The path is given, so that Selenium looks for no driver on the network.
    driver = webdriver.Chrome(options=options, service=Service(program("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


@dataclass(frozen=True)
class Screen:
    """What the page is shown on."""

    name: str = "desktop"
    width: int = 1280
    height: int = 800
    dark: bool = False

    def __str__(self) -> str:
        return f"{self.name}-{'dark' if self.dark else 'light'}"


DESKTOP, PHONE = Screen(), Screen("phone", 390, 844)
SCREENS = (DESKTOP, PHONE, replace(DESKTOP, dark=True), replace(PHONE, dark=True))


class Browser:
    """One page of the console in one browser."""

    def __init__(self, driver: webdriver.Chrome, console_url: str, screen: Screen) -> None:
        self.driver = driver
        self.screen = screen
        self.url = console_url
        self.severe: list[str] = []
        self.requested: list[str] = []

    # ── where ────────────────────────────────────────────────────────────────────────────────────

    def open(self) -> None:
        """Load the console on its screen and wait until it can be used."""
        width, height, phone = self.screen.width, self.screen.height, self.screen.name == "phone"
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if self.screen.dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get(self.url)
        self.one("#question textarea")
        self.wait(lambda: self.driver.execute_script("return document.readyState") == "complete")

    def tab(self, name: str) -> None:
        """Open one of the console's tabs."""

        def chosen() -> bool:
            found = self.seen("button[role=tab]", name)
            if found and found[0].get_attribute("aria-selected") != "true":
                found[0].click()
            return bool(found) and found[0].get_attribute("aria-selected") == "true"

        self.wait(chosen)

    # ── what ─────────────────────────────────────────────────────────────────────────────────────

    def wait(self, condition: Callable[[], T], message: str = "") -> T:
        """Wait until the condition is truthy and return what it gave. Elements may be repainted meanwhile."""
        transient = (exceptions.StaleElementReferenceException, exceptions.ElementClickInterceptedException)
        return WebDriverWait(self.driver, WAIT_S, 0.05, transient).until(lambda _: condition(), message)

    def seen(self, css: str, text: str = "") -> list[WebElement]:
        """Return the visible elements that match, and hold the text if one is given."""
        found = self.driver.find_elements(By.CSS_SELECTOR, css)
        return [element for element in found if element.is_displayed() and text in element.text]

    def one(self, css: str, text: str = "") -> WebElement:
        """Wait for a visible element that matches, and return the first."""
        return self.wait(lambda: self.seen(css, text), f"nothing to see for {css} {text!r}")[0]

    def click(self, css: str, text: str = "") -> None:
        """Click the first visible match, as soon as there is one."""

        def clicked() -> bool:
            found = self.seen(css, text)
            if found:
                found[0].click()
            return bool(found)

        self.wait(clicked, f"nothing to click for {css} {text!r}")

    # ── moves ────────────────────────────────────────────────────────────────────────────────────

    def ask(self, question: str) -> WebElement:
        """Type a question, press Enter, and return the whole answer."""
        before = len(self.seen(".answer.whole"))
        self.one("#question textarea").send_keys(question, Keys.ENTER)
        self.wait(lambda: len(self.seen(".answer.whole")) > before, "the answer does not end")
        return self.seen(".answer.whole")[-1]

    def choose(self, *files: Path) -> None:
        """Choose files and wait until the browser has handed them over."""
        field = self.wait(lambda: self.driver.find_elements(By.CSS_SELECTOR, "#files input[type=file]"))[0]
        field.send_keys("\n".join(map(str, files)))
        self.wait(lambda: len(self.seen("#files .file-preview tr.file")) == len(files), "the files were not taken")

    def add(self, *files: Path) -> None:
        """Upload files and wait until each is ready or refused."""
        self.choose(*files)
        self.click("#add")
        self.wait(lambda: not self.seen("#files .file-preview"), "the upload does not begin")
        self.wait(
            lambda: len(self.seen(".uploads li.good, .uploads li.bad")) == len(files) and self.one("#add").is_enabled(),
            "the uploads do not end",
        )

    def row(self, name: str) -> WebElement:
        """Return a document's row in the list."""
        return self.one("#documents tr[data-document]", name)

    @contextmanager
    def new_tab(self) -> Iterator[None]:
        """Move into the tab that a click has just opened, and back."""
        home = self.driver.current_window_handle
        self.wait(lambda: len(self.driver.window_handles) > 1, "no tab was opened")
        self.driver.switch_to.window(next(one for one in self.driver.window_handles if one != home))
        try:
            yield
        finally:
            self.driver.close()
            self.driver.switch_to.window(home)

    def screenshot(self, name: str) -> None:
        """Keep a picture for people to look at."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.driver.save_screenshot(str(SCREENSHOTS / f"{name}.png"))

    # ── what the browser noticed ─────────────────────────────────────────────────────────────────

    def read_logs(self) -> None:
        """Take over what was logged since the last time: errors of the page, and every address it asked for."""
        logged: list[dict[str, Any]] = self.driver.get_log("browser")
        self.severe += [entry["message"] for entry in logged if entry["level"] == "SEVERE"]
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated"):
                self.requested.append(event["params"].get("request", event["params"])["url"])

    def foreign(self) -> list[str]:
        """Return the addresses outside the installation that were asked for."""
        home = parse.urlsplit(self.url).netloc
        schemes = ("http", "https", "ws", "wss")
        split = [parse.urlsplit(url) for url in self.requested]
        return [url.geturl() for url in split if url.scheme in schemes and url.netloc != home]
