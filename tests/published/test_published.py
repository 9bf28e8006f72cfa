"""Every published result is reproduced to its tolerance."""

from __future__ import annotations

import numpy as np
import pytest

import bargaining as bg
from tests.problems import GOODS, SOLVED, Solved, barter, barters, circle, parabola


@pytest.mark.parametrize("case", SOLVED, ids=lambda case: f"{case.title}: {case.concept!r}")
def test_published(case: Solved) -> None:
    solution = bg.solve(case.problem(), case.concept)
    assert np.asarray(case.value(solution)) == pytest.approx(np.asarray(case.expected, dtype=float), abs=case.tolerance)
    assert bg.verify(solution).ok


def test_the_barter_behind_the_nash_solution() -> None:
    """Nash (1950), page 161: Bill hands over book, whip, ball and bat, Jack pen, toy and knife; no other barter does."""
    solution = bg.solve(bg.lotteries(barter()), bg.Nash())
    lottery = solution.lottery
    assert lottery is not None
    (drawn,) = np.flatnonzero(lottery.probabilities)
    moved = barters()[int(lottery.terms["alternative"][drawn])]
    assert [good for good, hand in zip(GOODS, moved, strict=True) if hand] == [
        "book", "whip", "ball", "bat", "pen", "toy", "knife",
    ]  # fmt: skip
    assert bg.solve(barter(), bg.Nash()).ties is None
    assert np.prod(solution.gains) == pytest.approx(60, abs=1e-9)


def test_risk_aversion_of_one_party_helps_the_other() -> None:
    """Kihlstrom, Roth and Schmeidler (1981): with sqrt(u_2) for u_2 the parabola becomes the circle."""
    for concept in (bg.Nash(), bg.KalaiSmorodinsky()):
        before, after = (bg.solve(problem(), concept).utilities[0] for problem in (parabola, circle))
        assert after > before
