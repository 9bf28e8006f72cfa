"""The case's page says what the code computes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import bargaining as bg
from bargaining import cases

PAGE = Path(__file__).parents[2] / "docs" / "microsoft-openai.md"
CASE = cases.load("microsoft-openai")
ROWS = {
    match[1]: [cell.strip() for cell in match[0].strip("| \n").split("|")]
    for match in re.finditer(r"^\| `([a-z0-9-]+)` \|.*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
}


def test_every_scenario_has_a_row() -> None:
    assert list(ROWS) == ["baseline", *CASE.scenarios]


@pytest.mark.parametrize("name", ROWS)
def test_row(name: str) -> None:
    scenario = None if name == "baseline" else name
    game = CASE.problem(scenario)
    nash, talks = (bg.solve(game, CASE.concepts(scenario)[concept]) for concept in ("nash", "rubinstein"))
    terms = {key: float(value) for key, value in nash.terms.items()}
    expected = [
        f"{terms['stake']:.3f}",
        f"{terms['stake'] / 0.830:.3f}",
        f"{terms['access']:.2f}",
        f"{terms['safety']:.2f}",
        " / ".join(f"{gain:.1f}" for gain in nash.gains),
        f"{float(talks.terms['stake']):.3f}",
    ]
    assert ROWS[name][2:] == expected
    assert terms["revenue_share"] == 0.2
    assert np.all(nash.gains > 0)


def test_page_and_docstring_state_the_limits() -> None:
    text = PAGE.read_text(encoding="utf-8") + (bg.cases.microsoft_openai.__doc__ or "")
    for words in (
        "Never to be claimed",
        "predicts the deal",
        "prior predictive",
        "95 % interval",
        "VirnetX",
        "no welfare measure",
    ):
        assert words in text
