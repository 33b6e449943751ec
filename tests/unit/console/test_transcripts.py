"""What a conversation becomes on the page."""

from __future__ import annotations

import re
from urllib import parse

from serve_apps.console import conversations, shapes, transcripts

CITED = shapes.Citation(index=1, document_id="doc_1", name="a&b.pdf", page=9, quote='Say "yes" & go.')


def exchange(**fields: object) -> conversations.Exchange:
    return conversations.Exchange("Why?", finished=True, **fields)  # type: ignore[arg-type]


def test_a_mark_becomes_a_link_to_its_page_and_quote() -> None:
    html = transcripts.conversation([exchange(text="Because. [1] [7]", citations=(CITED,))])
    links = re.findall(r'<a class="cite" href="([^"]*)" target="_blank"', html)
    address = parse.urlsplit(links[0].replace("&amp;", "&"))
    assert len(links) == 1
    assert address.path == "/v1/documents/doc_1/pages/9"
    assert parse.parse_qs(address.query) == {"quote": ['Say "yes" & go.']}
    assert address.fragment == "quote"
    assert "[7]" in html, "a mark without a citation stays as it is"


def test_nothing_from_outside_becomes_markup() -> None:
    hostile = "<script>x</script> [a](javascript:x) ![b](http://elsewhere/c.png)"
    cited = CITED.model_copy(update={"name": '"><script>', "quote": "<script>"})
    html = transcripts.conversation(
        [conversations.Exchange(hostile, text=f"{hostile} [1]", citations=(cited,), failure=hostile, finished=True)]
    )
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert 'href="http' not in html


def test_an_abstention_says_so_and_lists_no_sources() -> None:
    html = transcripts.conversation([exchange(text="I cannot tell.", abstained=True)])
    assert "Not found in your documents" in html
    assert "sources" not in html


def test_the_receipt_shows_the_stages_that_took_time() -> None:
    receipt = shapes.Receipt(recall_ms=11.24, compose_ms=6.0, total_ms=18.4, engine="extractive")
    html = transcripts.conversation([exchange(text="So.", receipt=receipt)])
    assert "Receipt · 18 ms" in html
    assert "11.2 ms" in html
    assert "reason" not in html


def test_markdown_in_an_answer_is_rendered() -> None:
    html = transcripts.conversation([exchange(text="**Caution.**\n\n| a | b |\n|---|---|\n| 1 | 2 |")])
    assert "<strong>Caution.</strong>" in html
    assert "<td>2</td>" in html
