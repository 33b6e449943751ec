"""What the layout models write is brought into the form of the first pass."""

from __future__ import annotations

import pytest

from actors.perception.documents import pdf_layout


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("## **1 Safety**", "## 1 Safety"),
        ("**Danger.** Mains _voltage_ inside, see **Water** .", "Danger. Mains voltage inside, see Water."),
        ("a_b_c and 2 * 3 * 4", "a_b_c and 2 * 3 * 4"),
        ("|No.|Part<br>name|\n|---|---|\n|1|a\\|b|", "| No. | Part name |\n|-|-|\n| 1 | a\\|b |"),
        ("- one\n\n- two\n\n  - deep\n\ntext", "- one\n- two\n  - deep\n\ntext"),
        ("1. one\n\n2. two", "1. one\n2. two"),
        ("**==> picture [10 x 10] intentionally omitted <==**\n\ntext", "\n\ntext"),
        ("93.0 ### Contents", "93.0\n\n### Contents"),
    ],
)
def test_plain(written: str, plain: str) -> None:
    assert pdf_layout.plain(written) == plain
