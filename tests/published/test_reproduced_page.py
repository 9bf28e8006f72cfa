"""The page of reproduced results says what the library computes now."""

from __future__ import annotations

import re

import pytest

from tests.problems import SOLVED
from tests.reproduced import HEAD, PAGE, row


def numbers(cell: str) -> list[float]:
    return [float(word) for word in re.findall(r"[-+\d.e]+", cell)]


def test_the_page_is_in_step() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.startswith(HEAD)
    lines = text[len(HEAD) :].splitlines()
    assert len(lines) == len(SOLVED)
    for line, case in zip(lines, SOLVED, strict=True):
        written, computed = [cell.strip() for cell in line.strip("|").split(" | ")], row(case)
        assert [written[i] for i in (0, 1, 3, 5)] == [computed[i] for i in (0, 1, 3, 5)]
        assert numbers(written[2]) == pytest.approx(numbers(computed[2]), abs=max(case.tolerance, 1e-9))
        assert float(written[4]) <= case.tolerance
