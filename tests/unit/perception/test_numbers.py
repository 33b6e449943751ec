"""Numbers read as a spreadsheet shows them."""

from __future__ import annotations

import pytest

from actors.perception.documents import numbers


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1234.5, "", "1234.5"),
        (0.1 + 0.2, "General", "0.3"),
        (5.0, "0.00", "5.00"),
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (-12.5, '#,##0.00 "€";[Red]-#,##0.00 "€"', "-12.50 €"),
        (12, "[$$-409]#,##0.00", "$12.00"),
        (0.075, "0.0%", "7.5%"),
        (3, '0 "pcs"', "3 pcs"),
        (1e21, "0.00E+00", "1e+21"),
        (float(10**15), "", "1e+15"),
        (2.5, "# ?/?", "2.5"),
    ],
)
def test_numbers(value: float, code: str, shown: str) -> None:
    assert numbers.number(value, code) == shown


@pytest.mark.parametrize(
    ("code", "is_date"),
    [("yyyy-mm-dd", True), ("h:mm AM/PM", True), ("[h]:mm:ss", True), ("0.00", False), ('0 "days"', False),
     ("General", False), ("#,##0.00 [$USD]", False)],
)  # fmt: skip
def test_dates_are_told_from_numbers(code: str, is_date: bool) -> None:
    assert numbers.is_date(code) is is_date


@pytest.mark.parametrize(
    ("value", "epoch_1904", "shown"),
    [(46000, False, "2025-12-09"), (1, False, "1900-01-01"), (0.25, False, "06:00"),
     (46000.5, False, "2025-12-09 12:00"),
     (44538, True, "2025-12-09"), (-1, False, "-1"), (1e9, False, "1000000000")],
)  # fmt: skip
def test_moments(value: float, epoch_1904: bool, shown: str) -> None:
    assert numbers.moment(value, epoch_1904) == shown
