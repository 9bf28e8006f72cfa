"""Pies at the ends of what utilities of money can express."""

from __future__ import annotations

import numpy as np
import pytest

import bargaining as bg
from bargaining.concept import Concept
from bargaining.utilities.base import Utility

CONCEPTS = [bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.Utilitarian()]


@pytest.mark.parametrize("aversion", [0.0, 1e-9, 0.999999999, 1.0, 1.000000001, 30.0, 1000.0])
@pytest.mark.parametrize("concept", CONCEPTS, ids=repr)
def test_risk_aversion_near_one_and_far_from_it(aversion: float, concept: Concept) -> None:
    solution = bg.solve(bg.split(1.0, [bg.CRRA(aversion, 1.0), bg.Power(0.5)], [0.0, 0.1]), concept)
    assert bg.verify(solution, trials=300).ok, bg.verify(solution, trials=300)


@pytest.mark.parametrize("utility", [bg.CRRA(2.0, 1e6), bg.CRRA(1.0, 1e9), bg.Log(1e9), bg.CARA(1e-12)], ids=repr)
def test_who_stakes_next_to_nothing_is_risk_neutral(utility: Utility) -> None:
    # Arrow (1965): at stakes that are small beside wealth risk aversion vanishes, so the pie is shared equally.
    shares = bg.solve(bg.split(100.0, [utility, bg.Linear()]), bg.Nash()).terms
    assert float(shares["party 1"]) == pytest.approx(50.0, rel=2e-4)


@pytest.mark.parametrize("money", [1e3, 1e5])
def test_a_party_that_money_satiates_takes_a_little(money: float) -> None:
    # First-order condition of the product: u_1'(x) / u_1(x) = 1 / (1 - x), with u_1 constant to rounding beyond x = 40.
    solution = bg.solve(bg.split(money, [bg.CARA(1.0), bg.Linear()]), bg.Nash())
    x = float(solution.terms["party 1"])
    assert np.exp(-x) / -np.expm1(-x) == pytest.approx(1.0 / (money - x), rel=1e-9)


def test_a_party_held_to_a_fallback_of_nothing_takes_no_rounding() -> None:
    # The square root turns a rounding error of 1e-16 of money into 1e-8 of utility.
    utilities = [bg.CRRA(0.5, 1.0), bg.CARA(2.0), bg.Power(0.5), bg.Log(1.0)]
    solution = bg.solve(bg.split(1.0, utilities, [0.0, 0.1, 0.0, 0.2]), bg.KalaiSmorodinsky())
    assert np.ptp(solution.fractions) < 1e-12
    assert bg.verify(solution).ok


def test_a_bad_setting_spoils_its_own_game_only() -> None:
    stack = bg.split(1.0, [bg.CARA([2.0, -1.0, 0.0, np.nan, 2.0]), bg.Linear()])
    solution = bg.solve(stack, bg.Nash())
    assert [bg.Status(s).label for s in solution.status] == ["ok", "not finite", "not finite", "not finite", "ok"]
    assert (
        solution.utilities[0].tolist() == bg.solve(bg.split(1.0, [bg.CARA(2.0), bg.Linear()]), bg.Nash()).utilities.tolist()
    )
