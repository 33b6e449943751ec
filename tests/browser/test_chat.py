"""Asking, reading the answer, and following a citation to its page."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from serve_apps.console import apps as consoles
from tests import installations
from tests.browser import browsers, conftest, sites

QUESTION = "How often should I descale the machine?"
SENTENCE = "Descale the machine every three months, or after 200 litres of water, whichever comes first."


def words(text: str) -> str:
    return " ".join(text.split())


def test_an_answer_cites_its_page(browser: browsers.Browser) -> None:
    answer = browser.ask(QUESTION)
    assert "every three months" in words(answer.find_element(By.CSS_SELECTOR, ".text").text)
    cited = answer.find_elements(By.CSS_SELECTOR, "a.cite")
    assert cited[0].text == "1"
    source = answer.find_element(By.CSS_SELECTOR, ".sources li").text
    assert "arden-e2-manual.pdf · page 9" in source
    assert browser.seen("#examples button") == []
    browser.screenshot("chat-answer")


def test_a_citation_opens_its_page_with_the_quote_marked(browser: browsers.Browser) -> None:
    answer = browser.ask(QUESTION)
    cited = next(
        one for one in answer.find_elements(By.CSS_SELECTOR, "a.cite") if "page 9" in str(one.get_attribute("title"))
    )
    cited.click()
    with browser.new_tab():
        marked = browser.one("mark#quote")
        assert "arden-e2-manual.pdf" in browser.one("header h1").text
        assert "Page 9 of 12" in browser.one("header").text
        shown = browser.driver.execute_script(
            "return [...document.querySelectorAll('mark')].map(m => m.textContent).join('')"
        )
        assert words(shown) in SENTENCE or SENTENCE in words(shown)
        top = browser.driver.execute_script("return arguments[0].getBoundingClientRect().top", marked)
        assert 0 <= top < browser.screen.height
        browser.screenshot("cited-page")


def test_the_receipt_folds_out(browser: browsers.Browser) -> None:
    answer = browser.ask("How often, then, should I descale the machine?")  # nobody asked that before: it is not kept
    assert not answer.find_element(By.CSS_SELECTOR, ".receipt table").is_displayed()
    browser.click(".receipt summary")
    assert "recall" in browser.one(".receipt table").text
    assert "compose" in browser.one(".receipt table").text


def test_what_the_documents_do_not_say_is_said_plainly(browser: browsers.Browser) -> None:
    answer = browser.ask("Who won the football world cup in 1954?")
    assert "abstained" in str(answer.get_attribute("class"))
    assert "Not found in your documents" in answer.text
    assert answer.find_elements(By.CSS_SELECTOR, ".sources") == []
    browser.screenshot("chat-abstained")


def test_an_example_asks_itself(browser: browsers.Browser) -> None:
    browser.click("#examples button", QUESTION)
    assert "every three months" in browser.one(".answer.whole").text
    assert browser.one(".question").text == QUESTION


def test_shift_enter_makes_a_line_and_markup_stays_text(browser: browsers.Browser) -> None:
    field = browser.one("#question textarea")
    field.send_keys(
        "<b>How often</b> should I", Keys.SHIFT, Keys.ENTER, Keys.NULL, "descale ${1+1} {{value}}?", Keys.ENTER
    )
    browser.one(".answer.whole")
    assert browser.one(".question").text == "<b>How often</b> should I\ndescale ${1+1} {{value}}?"
    assert field.get_attribute("value") == ""


# ── an answer that never ends ────────────────────────────────────────────────────────────────────


class Endless:
    """A gateway that answers for ever, and notices when nobody listens any more."""

    def __init__(self, port: int) -> None:
        self.left = threading.Event()
        self.app = FastAPI(lifespan=self._lifespan)
        self._console = consoles.build(f"http://127.0.0.1:{port}", {}, 1024)
        self.app.add_api_route("/healthz", lambda: {"status": "ok"})
        self.app.add_api_route("/v1/documents", lambda: {"data": [], "next": None})
        self.app.add_api_route("/v1/chat/completions", self._answer, methods=["POST"])
        self.app.mount("/console", self._console)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        async with self._console.router.lifespan_context(self._console):
            yield

    def _answer(self) -> StreamingResponse:
        return StreamingResponse(self._frames(), media_type="text/event-stream")

    async def _frames(self) -> AsyncIterator[str]:
        try:
            while True:
                yield 'data: {"choices": [{"index": 0, "delta": {"content": "and on "}}]}\n\n'
                await asyncio.sleep(0.01)
        finally:
            self.left.set()


@pytest.fixture
def endless(driver: webdriver.Chrome) -> Iterator[tuple[browsers.Browser, Endless]]:
    port = installations.free_port()
    gateway = Endless(port)
    with sites.served(gateway.app, port) as url:
        for browser in conftest.visited(driver, f"{url}/console/"):
            yield browser, gateway
        driver.get("about:blank")


def test_an_answer_streams_until_stop_ends_it_here_and_at_the_gateway(
    endless: tuple[browsers.Browser, Endless],
) -> None:
    browser, gateway = endless
    browser.one("#question textarea").send_keys("Go on", Keys.ENTER)
    growing = browser.one(".answer.coming .text", "and on and on").text
    browser.wait(lambda: len(browser.one(".answer.coming .text").text) > len(growing))
    browser.click("#question button", "Stop")
    assert "Stopped." in browser.one(".answer.whole .failure").text
    assert "and on" in browser.one(".answer.whole .text").text
    assert gateway.left.wait(browsers.WAIT_S)
    browser.one("#question button", "Ask")
