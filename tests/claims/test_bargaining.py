"""Rules as solutions of the bargaining problem S = {0 <= x <= c, sum x <= E}, d = 0, and losses from a reference point.

Dagan and Volij (1993), The bankruptcy problem: a cooperative bargaining approach, Mathematical Social Sciences 26, 287-297;
Chun and Thomson (1992), Bargaining problems with claims, Mathematical Social Sciences 24, 19-33.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.awards import award
from bargaining.claims.constrained_equal_awards import ConstrainedEqualAwards
from bargaining.claims.constrained_equal_losses import ConstrainedEqualLosses
from bargaining.claims.proportional_awards import ProportionalAwards
from bargaining.concept import Concept
from bargaining.errors import InvalidProblem
from bargaining.problems.claims import ClaimsProblem
from bargaining.problems.problem import Problem
from tests.claims.problems import Numbers, divided, positive_problems

WIVES = ClaimsProblem(200, (100, 200, 300))
ONE_IS_SMALL = ClaimsProblem(300, (40, 200, 300))
THOUSAND = positive_problems(3, 1000)

DAGAN_VOLIJ: list[tuple[ClaimsProblem, Concept, Any]] = [
    (WIVES, bg.Nash(), (200 / 3, 200 / 3, 200 / 3)),
    (WIVES, bg.Nash((100, 200, 300)), (100 / 3, 200 / 3, 100)),
    (WIVES, bg.KalaiSmorodinsky(), (40, 80, 80)),
    (WIVES, bg.EqualLoss(reference=(100, 200, 300)), (0, 50, 150)),
    (ONE_IS_SMALL, bg.Nash(), (40, 130, 130)),
    (ONE_IS_SMALL, bg.KalaiSmorodinsky(), (200 / 9, 1000 / 9, 1500 / 9)),
]


@pytest.mark.parametrize(("claims", "concept", "expected"), DAGAN_VOLIJ)
def test_published(claims: ClaimsProblem, concept: Concept, expected: Any) -> None:
    deal = bg.solve(claims.problem, concept)
    assert deal.utilities == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert bg.verify(deal).ok


@pytest.mark.parametrize("concept", [bg.Nash(), bg.KalaiSmorodinsky()], ids=repr)
def test_from_minimal_rights_both_divide_the_contested_garment(concept: Concept) -> None:
    garment = ClaimsProblem(200, (100, 200))
    deal = bg.solve(garment.problem.replace(disagreement=garment.minimal_rights), concept)
    assert deal.utilities == pytest.approx([50, 150], rel=1e-12)


def assert_same(utilities: Numbers, awards: Numbers, problem: ClaimsProblem) -> None:
    assert np.max(np.abs(utilities - awards) / problem.estate[:, None]) < 1e-9


@pytest.mark.parametrize("problem", [positive_problems(2, 250), THOUSAND, positive_problems(5, 50)], ids=lambda p: f"{p.n}")
def test_a_stack_by_both_ways(problem: ClaimsProblem) -> None:
    sets = problem.problem
    nash = bg.solve(sets, bg.Nash(), certify=False)
    assert_same(nash.utilities, divided(problem, ConstrainedEqualAwards()), problem)
    smorodinsky = bg.solve(sets, bg.KalaiSmorodinsky(), certify=False)
    cut = problem.replace(claims=problem.truncated)
    assert_same(smorodinsky.utilities, divided(cut, ProportionalAwards()), problem)
    losses = bg.solve(sets, bg.EqualLoss(reference=problem.claims), certify=False)
    assert_same(losses.utilities, divided(problem, ConstrainedEqualLosses()), problem)
    # The concept takes weights for all games alike, the set those of every game.
    weighted = sets.feasible.nash(np.zeros(problem.n), problem.claims)
    assert_same(weighted.utilities, divided(problem, ProportionalAwards()), problem)


def test_a_game_without_numbers_has_a_status_either_way() -> None:
    stack = ClaimsProblem([200, -1, np.nan, 601, 200], [[100, 200, 300]] * 4 + [[-1, 200, 300]])
    deals = bg.solve(stack.problem, bg.Nash())
    assert [bg.Status(code).label for code in deals.status] == ["ok", *["not finite"] * 4]
    assert np.array_equal(deals.status, award(stack, ConstrainedEqualAwards()).status)


def test_who_has_nothing_to_gain_does_not_agree() -> None:
    # There are awards, but no bargaining problem in which all can gain.
    stack = ClaimsProblem([200, 0, 200], [[100, 200, 300], [100, 200, 300], [0, 200, 300]])
    deals = bg.solve(stack.problem, bg.Nash())
    assert [bg.Status(code).label for code in deals.status] == ["ok", "no agreement", "no agreement"]
    assert np.all(award(stack, ConstrainedEqualAwards()).status == bg.Status.OK)
    with pytest.raises(bg.NoAgreement, match="strictly better"):
        bg.solve(ClaimsProblem(200, (0, 200, 300)).problem, bg.Nash())
    with pytest.raises(bg.NoAgreement, match="strictly better"):
        bg.solve(ClaimsProblem(0, (2, 3)), bg.Nash())
    table = bg.compare(ClaimsProblem(0, (2, 3)), [bg.Talmud(), bg.Nash()])
    assert table["status"].tolist() == ["ok", "no agreement"] and table["award claimant 1"].isna().tolist() == [False, True]


# -- losses from a reference point ---------------------------------------------------------------------------------------


def limited_pie(games: int, n: int, rng: np.random.Generator) -> tuple[Problem, Numbers, Numbers]:
    """Draw pies of a sum among parties with caps and fallbacks; return them with the sums and the caps."""
    fallback = rng.uniform(0, 1, (games, n))
    size = np.sum(fallback, axis=1) + rng.uniform(0.1, 3, games)
    caps = fallback + rng.uniform(0.1, 3, (games, n))
    return bg.capped(bg.split(size, [bg.Linear()] * n, fallback=fallback), caps), size, caps


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_smallest_loss_from_any_reference(n: int) -> None:
    """Bisect for the least t at which max(r - t w, d) is feasible; references lie inside, outside and below d."""
    rng = np.random.default_rng(n)
    pies, size, caps = limited_pie(200, n, rng)
    reference, weights = rng.uniform(-1, 5, (200, n)), rng.uniform(0.3, 2, n)
    low, high = np.full(200, -1e3), np.full(200, 1e3)
    for _ in range(80):
        middle = (low + high) / 2
        point = np.maximum(reference - middle[:, None] * weights, pies.disagreement)
        fits = (np.sum(point, axis=1) <= size) & np.all(point <= caps, axis=1)
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
    expected = np.maximum(reference - high[:, None] * weights, pies.disagreement)
    deals = bg.solve(pies, bg.EqualLoss(weights=tuple(weights.tolist()), reference=reference))
    assert deals.utilities == pytest.approx(expected, abs=1e-12)
    assert bg.verify(deals, trials=100).ok


def test_losses_from_the_ideal_point_are_the_usual_ones() -> None:
    curve = bg.from_curve(lambda u: 4 - u**2, disagreement=[0, 0], low=0, high=2)
    usual, other = (bg.solve(curve, bg.EqualLoss(reference=r)).utilities for r in (None, curve.ideal))
    assert other == pytest.approx(usual, rel=1e-12)


def test_gains_over_disagreement_are_losses_below_zero() -> None:
    pie = bg.split(100, [bg.Linear(), bg.CRRA(0.3), bg.Power(0.5)], fallback=[0, 20, 4])
    equal = bg.solve(pie, bg.EqualLoss(reference=pie.disagreement)).utilities
    assert equal == pytest.approx(bg.solve(pie, bg.Egalitarian()).utilities, rel=1e-9)


def test_without_rationality_somebody_falls_below_disagreement() -> None:
    deal = bg.solve(WIVES.problem, bg.EqualLoss(rational=False, reference=(100, 200, 300)))
    # The first can be given nothing, and throw away what is less, but has no money for the others: 50 + 150 = 200.
    assert deal.utilities == pytest.approx([-50, 50, 150])


def test_labels_name_the_reference() -> None:
    assert bg.EqualLoss(reference=(100, 200)).label == "equal loss from (100, 200)"
    assert bg.EqualLoss((1, 2), False, (100, 200)).label == "equal loss (1, 2) from (100, 200), not rational"
    assert bg.EqualLoss(reference=THOUSAND.claims).label == "equal loss from references"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ((100, 200), "each of the 3 parties"),
        ((100, 200, np.nan), "reference = .* is not finite"),
        ((100, 200, 1e12), "so far away that differences between gains.* are lost in rounding"),
        ("abc", "not an array of real numbers"),
        ([[100, 200, 300]] * 2, "single numbers"),
    ],
)
def test_bad_references(reference: Any, words: str) -> None:
    with pytest.raises(InvalidProblem, match=words):
        bg.solve(WIVES.problem, bg.EqualLoss(reference=reference))


def test_bad_references_of_a_stack() -> None:
    stack = ClaimsProblem([200, 200, 200], (100, 200, 300)).problem
    reference = [[100, 200, 300], [100, np.nan, 300], [100, 1e12, 300]]
    deals = bg.solve(stack, bg.EqualLoss(reference=reference))
    assert [bg.Status(code).label for code in deals.status] == ["ok", "not finite", "not finite"]
    assert deals.utilities[0] == pytest.approx([0, 50, 150])
    with pytest.raises(InvalidProblem, match="leading axes"):
        bg.solve(stack, bg.EqualLoss(reference=reference[:2]))
