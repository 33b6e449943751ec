"""Views: what a process may conclude from the changes it knows of."""

from __future__ import annotations

from actors import messages
from actors.cache import views


def after(view: views.View, head: int, **changed: int) -> views.View:
    return views.advanced(view, messages.News(head, changed), view.read_at + 1)


NEW = views.started(messages.News(10, {}), 0.0)


def test_an_entry_is_true_until_something_it_stands_on_changes() -> None:
    view = after(NEW, 12, a=11, b=12)
    assert view.verdict(11, ("a",)) == "true"
    assert view.verdict(10, ("a",)) == "stale"
    assert view.verdict(11, ("a", "b")) == "stale"
    assert view.verdict(10, ("c",)) == "true"
    assert view.verdict(12, ("a", "b", "c")) == "true"


def test_what_is_older_than_the_view_is_not_known() -> None:
    assert NEW.verdict(9, ("a",)) == "unknown"
    assert NEW.verdict(10, ("a",)) == "true"
    assert NEW.verdict(0, ()) == "true"


def test_changes_add_up_and_the_reading_moves_on() -> None:
    view = after(after(NEW, 11, a=11), 12, b=12)
    assert (view.position, view.floor, view.read_at) == (12, 10, 2.0)
    assert view.verdict(10, ("a",)) == "stale"


def test_too_much_news_is_a_new_beginning() -> None:
    view = views.advanced(NEW, messages.News(99, {"a": 50}, whole=False), 1.0)
    assert (view.floor, view.position, view.changed) == (99, 99, {})
    many = views.advanced(NEW, messages.News(10**6, {str(n): n for n in range(views.MOST + 1)}), 1.0)
    assert many.verdict(10**6 - 1, ("0",)) == "unknown"


def test_a_ledger_that_went_back_is_another_ledger() -> None:
    assert views.advanced(after(NEW, 20, a=20), messages.News(5, {}), 3.0) == views.View(3.0, 5, 5)
