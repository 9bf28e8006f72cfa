"""The case's page says what the code computes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import bargaining as bg
from bargaining import cases

PAGE = Path(__file__).parents[2] / "docs" / "microsoft-openai.md"
TEXT = PAGE.read_text(encoding="utf-8")
CASE = cases.load("microsoft-openai")
ROWS = {
    match[1]: [cell.strip() for cell in match[0].strip("| \n").split("|")]
    for match in re.finditer(r"^\| `([a-z0-9-]+)` \|.*$", TEXT, re.MULTILINE)
}
THREE = "three-parties"
SEATS = [*CASE.concepts(THREE).values(), bg.Nash(weights=(0.5, 0.25, 0.25))]


def test_every_scenario_has_a_row() -> None:
    assert list(ROWS) == ["baseline", *(name for name in CASE.scenarios if name != THREE)]
    assert f"`{THREE}`" in TEXT


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


@pytest.mark.parametrize("concept", SEATS, ids=lambda concept: concept.label)
def test_row_of_three_parties(concept: bg.Concept) -> None:
    deal = bg.solve(CASE.problem(THREE), concept)
    terms = {key: float(value) for key, value in deal.terms.items()}
    merged = bg.Nash() if isinstance(concept, bg.Nash) else concept
    expected = [
        concept.label,
        f"{terms['stake']:.3f}",
        f"{terms['stake'] / 0.830:.3f}",
        f"{terms['nonprofit_stake']:.3f}",
        f"{terms['access']:.2f}",
        " / ".join(f"{gain:.1f}" for gain in deal.gains),
        f"{float(bg.solve(CASE.problem(), merged).gains[0]):.1f}",
    ]
    assert f"| {' | '.join(expected)} |" in TEXT


# a change to the three-party baseline, then the term it moves, and what the page says of it and of Microsoft's gain
CHANGES = [
    ({"n_share": 0.02}, "nonprofit_stake", "0.18", "25.3"),
    ({"n_share": 0.55}, "nonprofit_stake", "0.52", "25.3"),
    ({"psi_N": 0.7}, "access", "0.76", "20.8"),
    ({"psi_N": 1.3}, "access", "0.95", "27.7"),
    ({"b_f": 0.3}, "approval", "1.00", "29.6"),
]


@pytest.mark.parametrize(("change", "term", "value", "gain"), CHANGES, ids=str)
def test_what_moves_three_parties(change: dict[str, float], term: str, value: str, gain: str) -> None:
    deal = bg.solve(CASE.problem(THREE, **change), bg.Nash())
    assert (f"{float(deal.terms[term]):.2f}", f"{float(deal.gains[0]):.1f}") == (value, gain)
    section = TEXT.split("## Three parties")[1].split("## Limits")[0]
    assert gain in section
    assert value in section or term == "approval"


@pytest.mark.parametrize("game", ["monthly", "cliff", "declaration", "ruling", "declining"])
def test_rows_of_talks(game: str) -> None:
    for first, party in enumerate(("Microsoft", "OpenAI")):
        talks = bg.solve(CASE.talks(game, first=first), bg.MarkovPerfect())
        assert bool(talks.agree[0, first])
        deal, gains = talks.offers[0][first].terms, talks.utilities - CASE.problem().disagreement
        stake, share, access = (float(deal[term]) for term in ("stake", "revenue_share", "access"))
        assert f"| {game} | {party} | {stake:.3f} | {share:.2f} | {access:.2f} | {gains[0]:.1f} / {gains[1]:.1f} |" in TEXT


def test_row_of_the_naive_midpoint() -> None:
    problem, terms = CASE.problem(), CASE.deals["press-midpoint"].terms
    one, two = problem.gains(problem.evaluate(problem.feasible.complete(terms)))
    assert f"| 0.270 | 0.15 | 0.50 | {one:.1f} / {two:.1f} |" in TEXT


def test_page_and_docstring_state_the_limits() -> None:
    text = TEXT + (bg.cases.microsoft_openai.__doc__ or "")
    for words in (
        "Never to be claimed",
        "predicts the deal",
        "prior predictive",
        "95 % interval",
        "VirnetX",
        "no welfare measure",
    ):
        assert words in text
