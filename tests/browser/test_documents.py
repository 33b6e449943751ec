"""Putting files into the library, seeing how far they are, and taking them out again."""

from __future__ import annotations

from pathlib import Path

import httpx
import pymupdf
from selenium.webdriver.common.by import By

from tests.browser import browsers


def pdf(path: Path, text: str, pages: int = 1, **options: object) -> Path:
    """Write a PDF."""
    document = pymupdf.open()
    for number in range(pages):
        document.new_page().insert_textbox((60, 60, 540, 780), f"{text} Page {number + 1}.", fontsize=12)
    document.save(path, **options)
    return path


def test_an_upload_shows_progress_appears_in_the_list_and_answers(browser: browsers.Browser, tmp_path: Path) -> None:
    text = "The Velmora lighthouse was painted turquoise in 1931 by its keeper, Ansgar Rehn. "
    file = pdf(tmp_path / "lighthouse.pdf", text, pages=3)
    browser.tab("Documents")
    browser.choose(file)
    browser.driver.execute_script(
        "window.bars = 0; const count = () => window.bars += document.querySelectorAll('.uploads progress').length;"
        "new MutationObserver(count).observe(document.body, {childList: true, subtree: true});"
    )
    browser.click("#add")
    said = browser.one(".uploads li.good").text
    assert "lighthouse.pdf" in said
    assert "3 pages" in said
    assert browser.driver.execute_script("return window.bars") > 0, "no progress was shown"
    row = browser.row("lighthouse.pdf")
    assert row.find_element(By.CSS_SELECTOR, ".pill").text == "ready"
    browser.screenshot("documents-uploaded")
    browser.tab("Chat")
    answer = browser.ask("In which year was the Velmora lighthouse painted?")
    assert "1931" in answer.text
    assert "lighthouse.pdf" in answer.text


def test_a_bad_file_says_why_and_leaves_nothing(browser: browsers.Browser, tmp_path: Path) -> None:
    bad, good = tmp_path / "torn.pdf", tmp_path / "note.txt"
    bad.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 20)
    good.write_text("The cellar key hangs behind the blue door.")
    browser.tab("Documents")
    browser.add(bad, good)
    refused = browser.one(".uploads li.bad")
    assert "torn.pdf" in refused.text
    assert len(refused.find_element(By.CSS_SELECTOR, ".state").text) > 20, "no reason was given"
    assert "note.txt" in browser.one(".uploads li.good").text
    browser.row("note.txt")
    assert browser.seen("#documents tr[data-document]", "torn.pdf") == []
    browser.screenshot("documents-refused")


def test_an_encrypted_file_asks_for_its_password(browser: browsers.Browser, tmp_path: Path) -> None:
    locked = pdf(
        tmp_path / "sealed.pdf",
        "The seal was broken in Oslo. ",
        encryption=pymupdf.PDF_ENCRYPT_AES_256,
        user_pw="opensesame",
        owner_pw="owner",
    )
    browser.tab("Documents")
    browser.add(locked)
    assert "password" in browser.one(".uploads li.bad").text.lower()
    browser.one("#password input").send_keys("opensesame")
    browser.add(locked)
    assert "sealed.pdf" in browser.one(".uploads li.good").text
    assert browser.one("#password input").get_attribute("value") == "", "the password is still in the page"


def test_a_name_with_markup_stays_text(browser: browsers.Browser, api: httpx.Client) -> None:
    name = "<img src=x onerror=alert(1)> ${1+1} {{value}}.txt"
    api.post("/v1/documents", files={"file": (name, b"Names are shown as they are.")}).raise_for_status()
    browser.tab("Documents")
    assert browser.row(name).find_element(By.CSS_SELECTOR, "th").text == name
    assert browser.driver.find_elements(By.CSS_SELECTOR, "#documents img") == []


def test_delete_asks_first(browser: browsers.Browser, tmp_path: Path) -> None:
    file = tmp_path / "farewell.txt"
    file.write_text("This note is about to go.")
    browser.tab("Documents")
    browser.add(file)
    browser.row("farewell.txt").find_element(By.CSS_SELECTOR, "[data-ask]").click()
    browser.screenshot("documents-confirm")
    browser.row("farewell.txt").find_element(By.CSS_SELECTOR, "[data-keep]").click()
    browser.row("farewell.txt").find_element(By.CSS_SELECTOR, "[data-ask]").click()
    browser.row("farewell.txt").find_element(By.CSS_SELECTOR, "[data-delete]").click()
    browser.wait(lambda: not browser.seen("#documents tr[data-document]", "farewell.txt"), "the row is still there")


def test_a_document_can_be_read(browser: browsers.Browser) -> None:
    browser.tab("Documents")
    browser.row("arden-e2-manual.pdf").find_element(By.CSS_SELECTOR, "th a").click()
    with browser.new_tab():
        assert "Page 1 of 12" in browser.one("header").text
    links = browser.row("arden-e2-manual.pdf").find_elements(By.CSS_SELECTOR, ".choices a")
    assert [link.text for link in links] == ["Markdown", "Original"]
