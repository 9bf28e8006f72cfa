"""Alternating offers: the limit of short rounds, breakdown, acceptance, corners, many games."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

import bargaining as bg
from bargaining.problems.problem import Problem
from bargaining.sets.base import Offers
from tests.programs import random_games


def parabola() -> Problem:
    """u2 = 1 - u1^2: the asymmetric Nash solution is u1 = sqrt(a / (a + 2 (1 - a)))."""
    return bg.from_issues([bg.Issue("x")], {"one": lambda x: x, "two": lambda x: 1 - x * x}, [0, 0], impatience=[0.1, 0.3])


def flagship() -> Problem:
    return bg.cases.load("microsoft-openai").problem("required-returns")


@pytest.mark.parametrize("problem", [parabola(), flagship()], ids=["parabola", "flagship"])
def test_offers_straddle_the_nash_limit_and_close_on_it(problem: Problem) -> None:
    talks = bg.AlternatingOffers(period=0)
    weights = tuple(talks.limit_weights(problem))
    assert weights == pytest.approx(tuple((1 / problem.impatience) / np.sum(1 / problem.impatience)))
    limit = bg.solve(problem, bg.Nash(weights)).utilities
    assert bg.solve(problem, talks).utilities == pytest.approx(limit, rel=1e-10)
    widths = []
    for period in (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-7):
        proposals = bg.solve(problem, bg.AlternatingOffers(period=period)).equilibrium.proposals
        first, second = (proposal.utilities for proposal in proposals)
        assert first[0] > limit[0] > second[0]
        assert second[1] > limit[1] > first[1]
        widths.append((first[0] - second[0]) / period)
    # The gap between the proposals is proportional to the period: the slope settles.
    assert widths[2:] == pytest.approx([widths[-1]] * 4, rel=2e-3)


def test_parabola_in_closed_form_for_every_length_of_round() -> None:
    """x1 = v, x2 = m1 v; m2 (1 - m1^2 v^2) = 1 - v^2 gives v^2 = (1 - m2) / (1 - m1^2 m2)."""
    for period in (10.0, 1.0, 0.1, 1e-2, 1e-3, 2e-4, 1e-5, 1e-7, 1e-9, 1e-12):
        patience = -np.expm1(-0.3 * period)
        expected = np.sqrt(patience / -np.expm1(-(2 * 0.1 + 0.3) * period))
        found = bg.solve(parabola(), bg.AlternatingOffers(period=period)).utilities[0]
        assert found == pytest.approx(expected, rel=3e-11), period


def test_equilibrium_conditions_hold() -> None:
    solution = bg.solve(parabola(), bg.AlternatingOffers(period=0.5, first="two"))
    one, two = (proposal.utilities for proposal in solution.equilibrium.proposals)
    m = np.exp(-0.5 * np.array([0.1, 0.3]))
    assert one[1] == pytest.approx(m[1] * two[1], rel=1e-11)
    assert two[0] == pytest.approx(m[0] * one[0], rel=1e-11)
    assert solution.utilities == pytest.approx(two)
    assert solution.equilibrium.slack == pytest.approx([0, 0], abs=1e-10)


def test_breakdown_payoffs_pull_the_outcome() -> None:
    """With a hazard h that pays b, the limit is Nash with origin (r d + h b) / (r + h) and weights 1 / (r + h).

    Pie 2, d = (.02/.06, .05/.10), r = (.06, .10), h = .15, b = (.1, .3): origin (1/6, 19/50), weight 25/46
    (Binmore, Rubinstein and Wolinsky 1986, with Muthoo 1999, chapters 4 and 6).
    """
    pie = bg.from_issues([bg.Issue("x", 0, 2)], {"a": lambda x: x, "b": lambda x: 2 - x}, [0.02 / 0.06, 0.05 / 0.10])
    event = bg.Breakdown(hazard=0.15, payoffs=(0.1, 0.3))
    limit = bg.solve(pie, bg.AlternatingOffers(period=0, impatience=(0.06, 0.10), breakdown=event))
    assert limit.utilities == pytest.approx([0.95652173913, 1.04347826087], abs=1e-10)
    near = bg.solve(pie, bg.AlternatingOffers(period=1e-3, impatience=(0.06, 0.10), breakdown=event))
    assert near.utilities == pytest.approx(limit.utilities, abs=1e-3)


def test_a_proposer_at_every_bound_leaves_slack() -> None:
    """Player 1's best deal is a corner that gives player 2 more than it needs: reported as slack, not as failure."""
    problem = bg.from_issues([bg.Issue("x")], {"a": lambda x: 1 + x, "b": lambda x: 5 + x - 2 * x**2}, [0, 0])
    solution = bg.solve(problem, bg.AlternatingOffers(factors=(0.5, 0.5)))
    assert float(solution.terms["x"]) == 1.0
    assert solution.equilibrium.slack[1] == pytest.approx(4 - 0.5 * 5.125, abs=1e-9)


def test_random_stacks_satisfy_the_equilibrium_conditions() -> None:
    rng = np.random.default_rng(7)
    for family in ("quadratic", "logarithmic", "ces", "linear", "coupled"):
        problem = random_games(family, 4, 2, 200, rng)
        factors = rng.uniform(0.3, 0.999, (200, 2))
        offers = problem.feasible.offers(problem.disagreement, factors)
        assert_stationary(problem, offers, factors)


def assert_stationary(problem: Problem, offers: Offers, factors: Any) -> None:
    assert np.all(offers.first.status == bg.Status.OK)
    assert np.all(offers.second.status == bg.Status.OK)
    one = offers.first.utilities - problem.disagreement
    two = offers.second.utilities - problem.disagreement
    spread = problem.feasible.spread()
    assert np.all(one[:, 1] - factors[:, 1] * two[:, 1] >= -1e-9 * spread[:, 1])
    assert np.all(two[:, 0] - factors[:, 0] * one[:, 0] >= -1e-9 * spread[:, 0])
    for own, answer in ((0, offers.first), (1, offers.second)):  # no better deal for the proposer that is accepted
        responder = answer.utilities[:, 1 - own]
        floor = np.empty_like(problem.disagreement)
        floor[:, own] = problem.disagreement[:, own]
        least = factors[:, 1 - own] * (two if own == 0 else one)[:, 1 - own]
        floor[:, 1 - own] = problem.disagreement[:, 1 - own] + least
        rival = problem.feasible.reach(floor, np.eye(2)[own])
        assert np.all(rival.utilities[:, own] <= answer.utilities[:, own] + 1e-8 * spread[:, own])
        assert np.all(responder >= floor[:, 1 - own] - 1e-9 * spread[:, 1 - own])


def test_stacks_agree_with_single_games() -> None:
    case = bg.cases.load("microsoft-openai")
    talks = bg.AlternatingOffers(period=1 / 12, impatience=(0.085, 0.2))
    stack = bg.solve(case.problem(L=[0.1, 0.25, 0.4]), talks)
    for game, loss in enumerate((0.1, 0.25, 0.4)):
        alone = bg.solve(case.problem(L=loss), talks)
        assert stack.utilities[game] == pytest.approx(alone.utilities, rel=1e-11)


def test_proposals_are_best_replies_on_sets_that_are_not_convex() -> None:
    problem = bg.from_issues(
        [bg.Issue("x")],
        {
            "a": lambda x: x + 0.8 * np.exp(-50 * (x - 0.2) ** 2),
            "b": lambda x: 1 - x + 0.3 * np.exp(-100 * (x - 0.65) ** 2),
        },
        [0, 0],
    )
    solution = bg.solve(problem, bg.AlternatingOffers(factors=(0.8, 0.9)))
    grid = problem.evaluate({"x": np.linspace(0, 1, 20_001)})
    for proposer in (0, 1):
        accepted = grid[:, 1 - proposer] >= solution.equilibrium.thresholds[1 - proposer]
        best = np.max(grid[accepted, proposer])
        assert solution.equilibrium.proposals[proposer].utilities[proposer] >= best - 1e-4


def test_short_rounds_at_a_corner_of_the_frontier() -> None:
    """Next to a vertex the proposals have a kink in the period; their own deals stay feasible."""
    trade = bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")],
        {"one": lambda x, y: 3 * x + y, "two": lambda x, y: (1 - x) + 3 * (1 - y)},
        [0, 0],
        impatience=[1.0, 0.2499 / 0.7501],
    )
    m = np.exp(-trade.impatience * 3e-4)

    def frontier(u: float) -> float:
        return 4 - u / 3 if u <= 3 else 3 - 3 * (u - 3)

    own = brentq(lambda v: frontier(v) - m[1] * frontier(m[0] * v), 1e-9, 4 - 1e-9, xtol=1e-15)
    solution = bg.solve(trade, bg.AlternatingOffers(period=3e-4))
    assert solution.utilities == pytest.approx([own, frontier(own)], abs=1e-8)
    assert trade.evaluate(solution.terms) == pytest.approx(solution.utilities, abs=1e-8)


def test_the_company_of_a_stack_changes_nothing() -> None:
    rates = [[0.1, 0.3], [1e6, 1e6], [0.2, 0.2]]
    talks = bg.AlternatingOffers(period=1e-9)
    together = bg.solve(parabola().replace(impatience=rates), talks).utilities
    for game, pair in enumerate(rates):
        assert np.array_equal(bg.solve(parabola().replace(impatience=pair), talks).utilities, together[game])


def test_waiting_for_ever_may_be_worth_less_than_disagreement() -> None:
    """Breakdown pays (0, 0.9): gains count from there, and so does the certificate."""
    problem = bg.from_issues([bg.Issue("x")], {"one": lambda x: x, "two": lambda x: 1 - x * x}, [0.6, 0.5])
    breakdown = bg.Breakdown(hazard=5, payoffs=(0, 0.9))
    solution = bg.solve(problem, bg.AlternatingOffers(period=0.1, impatience=(0.1, 0.1), breakdown=breakdown))
    assert solution.utilities[0] < 0.6
    assert abs(solution.certificate.gap) <= 1e-9


@pytest.mark.parametrize("talks", [
    bg.AlternatingOffers(period=150, impatience=(0.1, 0.2)), bg.AlternatingOffers(period=1e5, impatience=(0.1, 0.2)),
    bg.AlternatingOffers(factors=(1e-300, 1e-30)),
    bg.AlternatingOffers(period=1, impatience=(0.1, 0.2), breakdown=bg.Breakdown(1e3)),
], ids=["long", "endless", "factors", "breakdown"])  # fmt: skip
@pytest.mark.parametrize("problem", [parabola(), bg.split(1, [bg.Linear(), bg.Power(0.5)])], ids=["issues", "pie"])
def test_where_everything_melts_the_first_proposal_is_an_ultimatum(problem: Problem, talks: bg.AlternatingOffers) -> None:
    solution = bg.solve(problem, talks)
    assert solution.gains == pytest.approx([float(problem.ideal[0]), 0.0], abs=1e-6)
    assert bg.verify(solution, trials=300).ok
