"""What the lists say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from serve_apps.console import listings, shapes

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (5e8, "500 MB"), (2e12, "2000 GB")]
)
def test_sizes(count: float, said: str) -> None:
    assert listings.size(int(count)) == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=3), "today, 12:30"),
        (timedelta(days=30), "2 Feb 2026"),
    ],
)
def test_times(ago: timedelta, said: str) -> None:
    assert f">{said}</time>" in listings.when((NOW - ago).timestamp(), NOW)


def test_a_failed_document_says_why_and_cannot_be_read() -> None:
    document = shapes.Document(id="d", name="<i>.pdf", status="failed", error="It is <damaged>.")
    html = listings.documents([document], NOW)
    assert "It is &lt;damaged&gt;." in html
    assert "<i>" not in html
    assert "/content" not in html
    assert "/file" in html


def test_engines_that_are_not_ready_show_their_remedy() -> None:
    html = listings.capabilities(
        [
            shapes.Capability(name="speech", ready=False, remedy="Install <x>."),
            shapes.Capability(name="language", ready=True, remedy="not shown"),
        ]
    )
    assert html.index("language") < html.index("speech")
    assert "Install &lt;x&gt;." in html
    assert "not shown" not in html


def test_a_part_that_does_not_answer_makes_the_whole_unready() -> None:
    html = listings.readiness(shapes.Readiness(parts={"database": True, "library": False}))
    assert "Not ready" in html
    assert "does not answer" in html
