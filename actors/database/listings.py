"""Findings as text for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from actors.database import rehearsals

WIDTH = 100


def findings(found: Sequence[rehearsals.Finding]) -> str:
    """Return what was run, slowest first, then each plan that deserves advice."""
    lines = [f"{'ms':>9}  {'calls':>5}  statement"]
    lines += [
        f"{one.count.longest_s * 1000:9.2f}  {one.count.calls:5d}  {one.shape.text[:WIDTH]}"
        for one in sorted(found, key=lambda each: each.count.longest_s, reverse=True)
    ]
    advised = [one for one in found if one.advice]
    for one in advised:
        lines += ["", one.shape.text]
        lines += [f"    {step.text}" for step in one.plan.steps]
        lines += [f"  → {advice.message}" for advice in one.advice]
    many = f"{len(advised)} deserve advice." if advised else "None deserves advice."
    return "\n".join([*lines, "", f"{len(found)} statements. {many}"])
