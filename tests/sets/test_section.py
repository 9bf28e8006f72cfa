"""What is left of a problem when some parties' payoffs are fixed."""

from __future__ import annotations

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, UnknownName
from tests.problems import ellipsoid, hull, simplex_of_issues


def test_a_section_of_an_ellipsoid_is_an_ellipse() -> None:
    """u_1^2 + (u_2 / 2)^2 <= 1 - (c / 4)^2: Nash is at the half-axes over the square root of two."""
    for c in (0.0, 1.0, 3.0):
        cut = bg.section(ellipsoid(), {"three": c})
        half = np.sqrt(1 - (c / 4) ** 2) * np.array([1.0, 2.0])
        for concept in (bg.Nash(), bg.KalaiSmorodinsky(), bg.PerlesMaschler(), bg.EqualArea()):
            solution = bg.solve(cut, concept)
            assert solution.utilities == pytest.approx(half / 2**0.5, abs=1e-9)
            assert bg.verify(solution, trials=300).ok, bg.verify(solution, trials=300)
        frontier = bg.frontier(cut, tol=1e-4)
        assert np.sum((frontier.points / half) ** 2, axis=1) == pytest.approx(np.ones(len(frontier.points)), abs=1e-9)
        talks = bg.solve(cut, bg.AlternatingOffers(factors=(0.9, 0.9)))
        assert bg.verify(talks, trials=300).ok, bg.verify(talks, trials=300)


@pytest.mark.parametrize("make", [ellipsoid, simplex_of_issues, lambda: hull(np.random.default_rng(8).random((20, 3)))])
def test_nash_is_consistent(make: object) -> None:
    """Lensberg (1988): those left agree on what they had."""
    problem = make()  # type: ignore[operator]
    whole = bg.solve(problem, bg.Nash())
    for leaver in range(3):
        rest = bg.section(problem, {problem.parties[leaver]: float(whole.utilities[leaver])})
        kept = [i for i in range(3) if i != leaver]
        assert bg.solve(rest, bg.Nash()).utilities == pytest.approx(whole.utilities[kept], abs=1e-8)


def test_stacks_of_payoffs() -> None:
    pie = bg.split(10, [bg.Linear()] * 3, parties=("a", "b", "c"))
    cuts = bg.section(pie, {"b": [0.0, 4.0, 9.0]})
    assert cuts.parties == ("a", "c") and cuts.shape == (3,)
    solution = bg.solve(cuts, bg.Nash())
    assert solution.utilities == pytest.approx(np.array([[5.0, 5.0], [3.0, 3.0], [0.5, 0.5]]))
    assert solution.terms["b"] == pytest.approx([0.0, 4.0, 9.0])
    beyond = bg.solve(bg.section(pie, {"b": [4.0, 11.0]}), bg.Nash())
    assert beyond.status.tolist() == [bg.Status.OK, bg.Status.NO_AGREEMENT]


def test_deals_are_evaluated_for_those_who_are_left() -> None:
    pie = bg.split(10, [bg.Linear()] * 3, parties=("a", "b", "c"))
    cut = bg.section(pie, {"b": 4.0})
    assert cut.evaluate({"a": 1, "b": 4, "c": 5}).tolist() == [1.0, 5.0]
    with pytest.raises(InvalidProblem, match="less than"):
        cut.evaluate({"a": 1, "b": 3, "c": 6})


def test_refusals() -> None:
    pie = bg.split(10, [bg.Linear()] * 3, parties=("a", "b", "c"))
    with pytest.raises(UnknownName, match="no party named 'd'"):
        bg.section(pie, {"d": 1})
    with pytest.raises(InvalidProblem, match="at least two"):
        bg.section(pie, {"a": 1, "b": 1})
    with pytest.raises(InvalidProblem, match="free disposal"):
        bg.section(bg.lotteries(bg.from_points(np.eye(3), [0, 0, 0]), free_disposal=False), {"party 1": 0.1})
    with pytest.raises(InvalidProblem, match="map names"):
        bg.section(pie, [1])  # type: ignore[arg-type]
