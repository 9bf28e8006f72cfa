"""Write docs/reproduced.md: every published result beside what the library says. Run `python -m tests.reproduced`."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

import bargaining as bg
from tests.problems import SOLVED, Solved

PAGE = Path(__file__).parents[1] / "docs" / "reproduced.md"

HEAD = """# Published results, reproduced

Each row is a result with an exact answer in the literature: what the library computes, what was published, and the largest
difference. Every row is also a test (`tests/published/test_published.py`, data in `tests/problems.py`), which fails if the
difference exceeds its tolerance or the solution fails re-examination by `bg.verify`. The page is written by
`python -m tests.reproduced`, and a test keeps it in step.

| result | concept | computed | published | difference | source |
|---|---|---|---|---|---|
"""


def words(value: Any) -> str:
    """Say a number, a vector or a list of vectors with ten digits."""
    array = np.asarray(value, dtype=float)
    if array.ndim:
        return ("({})" if array.ndim == 1 else "{}").format(", ".join(words(entry) for entry in array))
    return f"{float(array):.10g}"


def settings(value: Any) -> str:
    """Say a concept with those of its settings that are not the usual ones."""
    if not is_dataclass(value):
        return repr(value)
    told = [
        f"{field.name}={settings(getattr(value, field.name))}"
        for field in fields(value)
        if getattr(value, field.name) != field.default
    ]
    return f"{type(value).__name__}({', '.join(told)})"


def row(case: Solved) -> list[str]:
    """Return the cells of a case."""
    value = case.value(bg.solve(case.problem(), case.concept))
    gap = float(np.max(np.abs(np.asarray(value) - np.asarray(case.expected, dtype=float))))
    return [case.title, f"`{settings(case.concept)}`", words(value), words(case.expected), f"{gap:.0e}", case.source]


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(f"| {' | '.join(row(case))} |\n" for case in SOLVED)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
