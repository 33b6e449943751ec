"""The page as a whole: both sizes, both colour schemes, names for everything, and what the system says of itself."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By

from tests.browser import browsers

NAMED = {"button", "link", "textbox", "tab", "checkbox", "combobox"}


@pytest.mark.parametrize("browser", browsers.SCREENS, ids=str, indirect=True)
def test_each_tab_fits_its_screen(browser: browsers.Browser) -> None:
    browser.one("#examples button")
    browser.ask("How often should I descale the machine?")
    for tab, landmark in (
        ("Chat", ".sources"),
        ("Documents", "#documents tr[data-document]"),
        ("System", ".engines li"),
    ):
        browser.tab(tab)
        browser.one(landmark)
        wide = browser.driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{tab} is {wide} px wider than the screen"
        browser.screenshot(f"{tab.lower()}-{browser.screen}")


@pytest.mark.parametrize("browser", [browsers.DESKTOP, browsers.PHONE], ids=str, indirect=True)
def test_the_question_is_always_in_sight(browser: browsers.Browser) -> None:
    browser.one("#examples button")
    browser.screenshot(f"start-{browser.screen}")
    for _ in range(3):
        browser.ask("How often should I descale the machine?")
    box = browser.one("#question").rect
    assert box["y"] + box["height"] <= browser.screen.height
    assert browser.driver.execute_script("return document.documentElement.scrollHeight - window.innerHeight") <= 0
    browser.wait(lambda: browser.seen(".answer.whole")[-1].rect["y"] < box["y"], "the last answer is below the fold")


def test_everything_that_can_be_used_has_a_name(browser: browsers.Browser) -> None:
    browser.ask("How often should I descale the machine?")
    for tab, landmark in (
        ("Chat", ".sources"),
        ("Documents", "#documents tr[data-document]"),
        ("System", ".engines li"),
    ):
        browser.tab(tab)
        browser.one(landmark)
        nodes = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        nameless = [
            node["role"]["value"]
            for node in nodes
            if not node["ignored"]
            and node["role"]["value"] in NAMED
            and not node.get("name", {}).get("value", "").strip()
        ]
        assert nameless == [], f"on {tab}"


def test_what_is_ready_and_what_is_not(browser: browsers.Browser) -> None:
    browser.tab("System")
    assert "Ready" in browser.one("#readiness .verdict").text
    engines = browser.wait(lambda: browser.seen("#capabilities li"))
    shown = {str(engine.get_attribute("data-name")): engine for engine in engines}
    assert "ready" in shown["embeddings"].text
    for engine in engines:
        assert engine.find_elements(By.CSS_SELECTOR, ".pill")
