"""The case's talks over time: what moves the deal, in which direction, and what they agree with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, OutsideRange, UnknownName

CASE = bg.cases.load("microsoft-openai")
GAMES = ("monthly", "cliff", "declaration", "ruling", "declining")


def played(game: str, first: int | str = 0, **settings: Any) -> Any:
    return bg.solve(CASE.talks(game, first=first, **settings), bg.MarkovPerfect())


@pytest.mark.parametrize("game", GAMES)
def test_every_game_is_an_equilibrium(game: str) -> None:
    found = played(game)
    assert found.probability == pytest.approx(1.0)  # with complete information there is no reason to wait
    assert bg.verify(found, trials=100).ok


def test_monthly_talks_are_alternating_offers() -> None:
    for first in (0, 1):
        concept = bg.AlternatingOffers(CASE.settings()["period"], first=first, breakdown=bg.Breakdown(0.5))
        same = bg.solve(CASE.problem(), concept)
        assert played("monthly", first).utilities == pytest.approx(same.utilities, rel=1e-9)


def test_without_its_event_every_game_is_the_monthly_one() -> None:
    monthly = played("monthly").utilities
    with pytest.warns(OutsideRange):
        declaration = played("declaration", lam_talks=0.0)
    for same in (played("cliff", cliff_loss=0.0), declaration, played("ruling", ruling=0.0)):
        assert same.utilities == pytest.approx(monthly, rel=1e-9)
    unchanged = played("declining", L=0.03)
    again = played("monthly", L=0.03)
    assert unchanged.in_state("from 2026 on, OpenAI proposes") == pytest.approx(again.in_state("OpenAI proposes"), rel=1e-9)


def test_who_proposes_last_before_the_cliff_is_better_off() -> None:
    """Five months to the cliff: who proposes first also proposes last, and can ask for what the other would lose."""
    for first, party in ((0, 0), (1, 1)):
        gains = [played("cliff", first, cliff_loss=loss).utilities[party] for loss in (0.0, 10.0, 20.0)]
        assert np.all(np.diff(gains) > 0)


def test_a_declaration_that_would_end_its_rights_makes_microsoft_give_in() -> None:
    shares = [played("declaration", lam_talks=lam).proposing("Microsoft")[0] for lam in (0.02, 0.08, 0.3)]
    assert np.all(np.diff(shares) < 0)


def test_a_stack_of_talks_is_its_games() -> None:
    losses = np.array([5.0, 15.0])
    stack = played("cliff", cliff_loss=losses)
    for k, loss in enumerate(losses):
        assert stack.utilities[k] == pytest.approx(played("cliff", cliff_loss=loss).utilities, rel=1e-9)


def test_what_the_case_cannot_say_is_refused() -> None:
    with pytest.raises(UnknownName, match="no game named 'weekly'"):
        CASE.talks("weekly")
    with pytest.raises(UnknownName, match="no party named 'Apple'"):
        CASE.talks("cliff", first="Apple")
    with pytest.raises(InvalidProblem, match="between two"):
        CASE.talks("cliff", "three-parties")
    with pytest.raises(InvalidProblem, match="above zero"):
        CASE.talks("cliff", period=0.0)
    with pytest.raises(InvalidProblem, match="from the contract"):
        CASE.talks("cliff", "rational-threats")


def test_rounds_before_the_cliff_are_counted_without_rounding() -> None:
    names = bg.cases.load("microsoft-openai").talks("cliff", period=0.1, cliff=0.3).names
    assert [name for name in names if name.startswith("month")] == ["month 1", "month 2", "month 3"]
