"""The page of reproduced results says what the library computes now."""

from __future__ import annotations

import re

import pytest

from tests.problems import SOLVED
from tests.reproduced import HEAD, PAGE, REFERENCES, posture, row


def numbers(cell: str) -> list[float]:
    return [float(word) for word in re.findall(r"[-+\d.e]+", cell)]


def test_the_page_is_in_step() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.startswith(HEAD)
    assert text.endswith(REFERENCES)
    lines = text[len(HEAD) : -len(REFERENCES)].splitlines()
    rows = [*((row(case), case.tolerance) for case in SOLVED), (posture(), 1e-9)]
    assert len(lines) == len(rows)
    for line, (computed, tolerance) in zip(lines, rows, strict=True):
        written = [cell.strip() for cell in line.strip("|").split(" | ")]
        assert [written[i] for i in (0, 1, 3, 5, 6)] == [computed[i] for i in (0, 1, 3, 5, 6)]
        assert numbers(written[2]) == pytest.approx(numbers(computed[2]), abs=max(tolerance, 1e-9))
        assert float(written[4]) <= tolerance


def test_every_source_is_listed() -> None:
    entries = REFERENCES.split("\n- ")[1:]
    for case in SOLVED:
        for source in case.source.split("; "):
            author, year = re.match(r"(?:van )?[A-Z][A-Za-z']+", source), re.search(r"\d{4}[ab]?", source)
            assert author is not None
            assert any(entry.startswith(author[0]) and (year is None or f"({year[0]})" in entry) for entry in entries), (
                source
            )
