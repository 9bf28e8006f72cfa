"""Properties of the cooperative solutions: weights, units, many parties, certificates."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.concept import Concept, StrategicModel
from bargaining.errors import NoAgreement
from bargaining.problems.problem import Problem
from tests.problems import kinked, peaks

CONCEPTS = [
    bg.Nash(),
    bg.Nash(weights=(0.7, 0.3)),
    bg.KalaiSmorodinsky(),
    bg.AlternatingOffers(period=0.25, impatience=(0.1, 0.2)),
]
FACTORS = (1e-6, 1e-3, 1.0, 1e3, 1e6)


def sale(issue_units: tuple[float, float] = (1, 1), money: tuple[float, float] = (1, 1)) -> Problem:
    """A sale with curvature, a corner and a constraint, in any units."""
    (p, q), (b, s) = issue_units, money

    def buyer(price: Any, quality: Any) -> Any:
        return b * (12 * np.sqrt(1 + quality / q) - (price / p) ** 1.1)

    def seller(price: Any, quality: Any) -> Any:
        return s * (price / p - 0.3 * (quality / q) ** 2)

    return bg.from_issues(
        [bg.Issue("price", 0, 100 * p), bg.Issue("quality", 0, 10 * q)],
        {"buyer": buyer, "seller": seller},
        [2 * b, 1 * s],
        constraints=lambda price, quality: 60 - price / p - 4 * quality / q,
    )


@pytest.mark.parametrize("concept", CONCEPTS, ids=repr)
def test_units_change_nothing_but_units(concept: Concept | StrategicModel) -> None:
    base = bg.solve(sale(), concept)
    for p, b in product(FACTORS, FACTORS):
        units, money = (p, 1 / p), (b, 1 / b)
        other = bg.solve(sale(units, money), concept)
        assert other.gains / money == pytest.approx(base.gains, rel=1e-10)
        assert other.terms["price"] / units[0] == pytest.approx(float(base.terms["price"]), rel=1e-8)
        assert other.terms["quality"] / units[1] == pytest.approx(float(base.terms["quality"]), rel=1e-7)


def test_nash_weights_are_scaled_and_may_be_zero() -> None:
    pie = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x}, [0.1, 0.2])
    assert bg.solve(pie, bg.Nash((3, 1))).gains == pytest.approx([0.525, 0.175], abs=1e-11)
    assert bg.solve(pie, bg.Nash((1, 0))).gains == pytest.approx([0.7, 0.0], abs=1e-9)
    assert bg.solve(pie, bg.Nash((0, 5))).gains == pytest.approx([0.0, 0.7], abs=1e-9)


def test_nash_of_many_parties_divides_a_pie_by_weights() -> None:
    weights = np.array([0.1, 0.2, 0.3, 0.4])

    def party(name: str) -> Any:
        return lambda **shares: shares[name]

    names = ["a", "b", "c", "d"]
    pie = bg.from_issues(
        [bg.Issue(name) for name in names],
        {name.upper(): party(name) for name in names},
        [0.0, 0.1, 0.0, 0.1],
        constraints=lambda a, b, c, d: 1 - (a + b + c + d),
    )
    solution = bg.solve(pie, bg.Nash(tuple(weights)))
    assert solution.gains == pytest.approx(0.8 * weights, abs=1e-10)
    ideal = bg.solve(pie, bg.KalaiSmorodinsky())
    assert ideal.fractions == pytest.approx(np.full(4, 0.25), abs=1e-10)


def test_kalai_smorodinsky_equalises_fractions_of_the_rational_ideal_gain() -> None:
    solution = bg.solve(sale(), bg.KalaiSmorodinsky())
    assert solution.fractions[0] == pytest.approx(solution.fractions[1], rel=1e-10)
    problem = solution.problem
    for i in (0, 1):  # the ideal point respects the other's disagreement payoff
        best = problem.feasible.reach(problem.disagreement, np.eye(2)[i])
        assert best.utilities[i] == pytest.approx(problem.ideal[i])
        assert best.utilities[1 - i] >= problem.disagreement[1 - i] - 1e-9


def test_normals_are_slopes_of_the_frontier() -> None:
    """On u1^2 + u2^2 <= 1 the normal at any point is the point itself."""
    disc = bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")],
        {"a": lambda x: x, "b": lambda y: y},
        [0.2, 0.0],
        constraints=lambda x, y: 1 - x * x - y * y,
    )
    for concept in (bg.Nash((0.6, 0.4)), bg.KalaiSmorodinsky(), bg.AlternatingOffers(factors=(0.8, 0.9))):
        solution = bg.solve(disc, concept)
        ratio = solution.normal / solution.utilities
        assert ratio[0] == pytest.approx(ratio[1], rel=1e-6)
        assert np.linalg.norm(solution.utilities) == pytest.approx(1.0, abs=1e-11)


def hump(x: Any, place: float, width: float) -> Any:
    return np.exp(-(((x - place) / width) ** 2))


def test_the_higher_hump_is_found_though_the_start_is_nearer_the_lower() -> None:
    problem = bg.from_issues(
        [bg.Issue("x")],
        {
            "a": lambda x: hump(x, 0.4, 0.15) + 3 * hump(x, 0.9, 0.05),
            "b": lambda x: hump(x, 0.4, 0.15) + 3 * hump(x, 0.9, 0.05) + 0.1 * x,
        },
        [0, 0],
    )
    assert float(bg.solve(problem, bg.Nash()).terms["x"]) == pytest.approx(0.9, abs=0.01)


def test_a_saddle_at_the_start_is_left() -> None:
    """u = (x - 1/2)(y - 1/2) is stationary at the centre; its best deals are two corners."""
    problem = bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")],
        {"a": lambda x, y: (x - 0.5) * (y - 0.5), "b": lambda x, y: 2 * (x - 0.5) * (y - 0.5)},
        [-0.1, -0.1],
    )
    for concept in (bg.Nash(), bg.KalaiSmorodinsky(), bg.AlternatingOffers(factors=(0.9, 0.9))):
        assert bg.solve(problem, concept).gains == pytest.approx([0.35, 0.6], abs=1e-9)


def test_agreement_far_from_the_start_is_found() -> None:
    """Only deals near x = 0.2 beat disagreement; a climb from the centre ends at x = 0.7."""

    def both(x: Any) -> Any:
        return np.exp(-50 * (x - 0.2) ** 2) + 0.5 * np.exp(-10 * (x - 0.7) ** 2)

    problem = bg.from_issues([bg.Issue("x")], {"a": both, "b": both}, [0.7, 0.7])
    assert float(bg.solve(problem, bg.Nash()).terms["x"]) == pytest.approx(0.2042, abs=1e-3)


def test_a_gap_that_does_not_close_is_called_local() -> None:
    """The set is not convex: a line through its best deal does not support it."""

    def step(z: Any) -> Any:
        return 1 / (1 + np.exp(-z))

    problem = bg.from_issues(
        [bg.Issue("x")], {"a": lambda x: step(12.77 * (x - 0.57)), "b": lambda x: step(56.1 * (0.356 - x))}, [0, 0]
    )
    solution = bg.solve(problem, bg.Nash())
    grid = problem.evaluate({"x": np.linspace(0, 1, 200_001)})
    assert np.prod(solution.gains) == pytest.approx(np.max(np.prod(grid, axis=1)), rel=1e-6)
    assert solution.certificate.gap > 1
    assert "LOCAL" in repr(solution)


def test_utilitarian_needs_a_deal_better_for_all_and_no_more() -> None:
    """An alternative to each party's taste is no agreement; an ideal point that was not found is no reason against one."""
    with pytest.raises(NoAgreement):
        bg.solve(bg.from_points([[1, 0], [0, 1]], [0, 0]), bg.Utilitarian())
    problem = peaks()
    assert np.any(problem.best.status != bg.Status.OK)
    assert np.sum(bg.solve(problem, bg.Utilitarian()).utilities) == pytest.approx(3, abs=1e-9)


def test_utilitarian_is_certified_by_its_own_weights() -> None:
    """A floor's price is no part of the line that supports the deals above the floor."""
    dented = bg.from_curve(lambda u: (1 - u) ** 3, [0, 0], low=0, high=1)  # u + (1 - u)^3 <= 1
    wedge = bg.lotteries(bg.from_points([[0, 2], [1, 0]], [0.2, 0.2]))
    for problem, weights, value in (
        (dented, (1, 1), [0, 1]),
        (bg.capped(wedge, [5, 2]), (1, 0.1), [0.9, 0.2]),
        (bg.capped(wedge, [5, 1.9]), (1, 1), [0.2, 1.6]),
    ):  # fmt: skip
        solution = bg.solve(problem, bg.Utilitarian(weights))
        assert solution.utilities == pytest.approx(value, abs=1e-9)
        assert abs(solution.certificate.gap) <= 1e-9 and "LOCAL" not in repr(solution)


@pytest.mark.parametrize("share", [0.1, 1e-3, 1e-6])
def test_utilitarian_ties_are_seen_on_the_rational_part_however_short(share: float) -> None:
    half = 0.5 * (1 - share)
    line = bg.lotteries(bg.from_points([[0, 1], [1, 0]], [half, half]))
    ties = bg.solve(line, bg.Utilitarian()).ties
    assert ties is not None
    assert np.sort(ties.utilities[:, 0]) == pytest.approx([half, 1 - half], abs=1e-12)


def test_what_was_proved_is_said() -> None:
    """A closed line is a proof where the best deal is found for sure, and evidence elsewhere."""
    utilities = {"a": lambda x: x**0.5, "b": lambda x: 1 - x}
    sure = [
        bg.split(1, [bg.Linear(), bg.Log()]), bg.lotteries(bg.from_points([[0, 1], [1, 0]], [0, 0])),
        bg.from_issues([bg.Issue("x")], utilities, [0, 0], concave=True),
    ]  # fmt: skip
    unsure = bg.from_issues([bg.Issue("x")], utilities, [0, 0])
    for problem in sure:
        assert "(proof)" in repr(bg.solve(problem, bg.Nash())) and bg.frontier(problem).proved
    for problem in (unsure, bg.lotteries(unsure)):
        assert "(no proof)" in repr(bg.solve(problem, bg.Nash()))
        assert not bg.frontier(problem).proved and "if no better deals were missed" in repr(bg.frontier(problem))


def test_a_concept_of_ones_own_works_at_once() -> None:
    from dataclasses import dataclass

    from bargaining.sets.base import Answer

    @dataclass(frozen=True)
    class Even(Concept):
        """Equal gains."""

        @property
        def label(self) -> str:
            return "even"

        def outcome(self, problem: Problem) -> Answer:
            return problem.feasible.reach(problem.disagreement, np.ones(problem.n))

    pie = bg.from_issues([bg.Issue("x")], {"a": lambda x: 3 * x, "b": lambda x: 1 - x}, [0, 0])
    assert bg.solve(pie, Even()).utilities == pytest.approx([0.75, 0.75])
    assert list(bg.compare(pie, [Even(), bg.Nash()])["concept"]) == ["even", "Nash"]


@pytest.mark.parametrize("step", [0.01, 0.015, 0.02])
def test_small_raiffa_steps_come_to_an_end(step: float) -> None:
    """Near the frontier such steps are lost in rounding while a little more than rounding is left."""
    small, limit = (bg.solve(kinked(), bg.Raiffa(share)).utilities for share in (step, 0))
    assert small == pytest.approx(limit, abs=step)


@pytest.mark.parametrize("parties", [2, 3, 4])
def test_equal_loss_is_weakly_efficient(parties: int) -> None:
    """Also where some are held to disagreement, and with that payoff the ideal gains of the others are out of reach."""
    assert bg.axioms.search("weak_efficiency", bg.EqualLoss(), parties=parties, trials=100).violation is None


def test_equal_loss_holds_one_of_three_to_disagreement() -> None:
    hull = bg.lotteries(bg.from_points([[10, 0, 0], [0, 10, 0], [0, 0, 1]], disagreement=[0, 0, 0]))
    # Losses are those of (5, 5, 0): a loss of 1 already leaves the third with nothing.
    assert bg.solve(hull, bg.EqualLoss()).utilities == pytest.approx([5, 5, 0], abs=1e-9)
