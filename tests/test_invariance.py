"""Changes that must not matter do not: units, the order of parties, copies and dominated points, a game's company."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import bargaining as bg
from bargaining.concept import Concept, StrategicModel
from bargaining.problems.problem import Problem
from tests.problems import problems

PROBLEMS = problems()
COVARIANT: list[Concept | StrategicModel] = [bg.Nash(), bg.Nash((0.7, 0.3)), bg.KalaiSmorodinsky()]
TALKS = bg.AlternatingOffers(factors=(0.9, 0.8))
settings.register_profile("lean", max_examples=60, deadline=None, derandomize=True)
settings.load_profile("lean")

units = st.floats(-9, 9).map(lambda power: 10.0**power)
clouds = arrays(float, st.tuples(st.integers(1, 12), st.just(2)), elements=st.floats(1 / 64, 1.0, width=32))


def solved(problem: Problem, concept: Any) -> np.ndarray[Any, Any]:
    return bg.solve(problem, concept, certify=False).utilities


@pytest.mark.parametrize("name", ["linear pie", "risk-averse pie", "kinked polygon", "parabola", "points", "Edgeworth box"])
@given(one=units, two=units)
@settings(max_examples=12)
def test_covariant_concepts_move_with_units(name: str, one: float, two: float) -> None:
    problem = PROBLEMS[name]()
    scale = np.array([one, two])
    concepts = COVARIANT if problem.feasible.convex is False else [*COVARIANT, TALKS]
    for concept in concepts:
        assert solved(bg.rescaled(problem, scale), concept) / scale == pytest.approx(solved(problem, concept), rel=1e-12)


@given(one=units, two=units)
@settings(max_examples=12)
def test_sets_built_in_other_units_give_the_same_deal(one: float, two: float) -> None:
    """No wrapper undoes the units here: money, points and curves are themselves in them."""
    scale = np.array([one, two])
    points = np.array([[0.0, 12], [6, 10], [9, 4], [10, 0]])
    pairs = [
        (bg.split(1, [bg.CRRA(2, 0.1), bg.Log(3)]), bg.split(one, [bg.CRRA(2, 0.1 * one), bg.Log(3 * one)]), None),
        (bg.from_points(points, [1, 2]), bg.from_points(points * scale, scale * [1, 2]), scale),
        (*(bg.lotteries(bg.from_points(points * s, [1, 2] * s)) for s in (np.ones(2), scale)), scale),
        (bg.from_curve(lambda u: 4 - u**2, [0, 1]), bg.from_curve(lambda u: two * (4 - (u / one) ** 2), [0, two]), scale),
    ]
    for plain, moved, factor in pairs:
        for concept in COVARIANT if plain.feasible.convex is False else [*COVARIANT, TALKS]:
            if factor is None:  # a pie in other money is divided alike
                money = [list(bg.solve(p, concept, certify=False).terms.values()) for p in (plain, moved)]
                assert np.array(money[1]) / one == pytest.approx(np.array(money[0]), rel=1e-11)
            else:
                assert solved(moved, concept) / factor == pytest.approx(solved(plain, concept), rel=1e-11)


@given(one=units, two=units)
@settings(max_examples=20)
def test_utilities_written_in_other_units_give_the_same_deal(one: float, two: float) -> None:
    """The solver itself sees the units here: utilities are functions that carry them."""

    def trade(a: float, b: float) -> Problem:
        return bg.from_issues(
            [bg.Issue("x"), bg.Issue("y")],
            {"one": lambda x, y: a * (3 * x + y**0.5), "two": lambda x, y: b * ((1 - x) ** 0.8 + 2 * (1 - y))},
            [0.1 * a, 0.2 * b],
        )

    for concept in [*COVARIANT, TALKS]:
        terms = [np.array(list(bg.solve(p, concept).terms.values())) for p in (trade(1, 1), trade(one, two))]
        assert terms[0] == pytest.approx(terms[1], abs=1e-9)


@given(points=clouds)
def test_copies_and_dominated_points_change_nothing(points: np.ndarray[Any, Any]) -> None:
    more = np.concatenate([points, points[:1], 0.5 * points])
    for make in (lambda p: bg.from_points(p, [0, 0]), lambda p: bg.lotteries(bg.from_points(p, [0, 0]))):
        for concept in (bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.Proportional((2, 1))):
            assert solved(make(more), concept) == pytest.approx(solved(make(points), concept), rel=1e-12)
        best = [bg.Utilitarian().welfare(make(p), solved(make(p), bg.Utilitarian())) for p in (more, points)]
        assert best[0] == pytest.approx(best[1], rel=1e-12)


@given(points=clouds)
def test_parties_may_change_places(points: np.ndarray[Any, Any]) -> None:
    one, two = (bg.lotteries(bg.from_points(p, [0, 0])) for p in (points, points[:, ::-1]))
    for concept in (bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian()):
        assert solved(one, concept) == pytest.approx(solved(two, concept)[::-1], rel=1e-12)
    first, second = (bg.solve(p, bg.AlternatingOffers(factors=(0.8, 0.8), first=i)) for p, i in ((one, 0), (two, 1)))
    assert first.utilities == pytest.approx(second.utilities[::-1], rel=1e-11)


def for_three(order: list[int]) -> list[Problem]:
    """Problems of three parties, whose places are taken in some order."""
    utilities, d = [bg.Linear(), bg.Power(0.5), bg.CRRA(2, 1)], np.array([0.1, 0.2, 0.3])
    points = np.random.default_rng(8).random((30, 3))
    weights = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 1.0], [1.0, 1.0, 2.0]])

    def payoff(party: int) -> Any:
        return lambda a, b, c: sum(w * np.sqrt(v) for w, v in zip(weights[party], (a, b, c), strict=True))

    money = bg.from_issues(
        [bg.Issue(name, 1e-6) for name in "abc"], {str(i): payoff(i) for i in order}, [0.5] * 3,
        constraints=lambda a, b, c: 1 - a - b - c, concave=True,
    )  # fmt: skip
    return [
        bg.split(10, [utilities[i] for i in order], d[order]),
        bg.from_points(points[:, order], d[order]),
        bg.lotteries(bg.from_points(points[:, order], d[order])),
        money,
    ]


@pytest.mark.parametrize("order", [[0, 2, 1], [1, 2, 0], [2, 1, 0]], ids=str)
@pytest.mark.parametrize("kind", range(4), ids=["pie", "points", "hull", "issues"])
def test_three_parties_may_change_places(kind: int, order: list[int]) -> None:
    one, two = for_three([0, 1, 2])[kind], for_three(order)[kind]
    for concept in (bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.Utilitarian()):
        assert solved(two, concept) == pytest.approx(solved(one, concept)[order], abs=1e-9)


@pytest.mark.parametrize("swap", ["parabola", "pie"])
def test_two_parties_may_change_places_on_curves_and_pies(swap: str) -> None:
    one, two = {
        "parabola": (bg.from_curve(lambda u: 4 - u**2, [0, 1]), bg.from_curve(lambda u: np.sqrt(4 - u), [1, 0])),
        "pie": (bg.split(1, [bg.Log(), bg.CARA(2)], [0, 0.2]), bg.split(1, [bg.CARA(2), bg.Log()], [0.2, 0])),
    }[swap]
    for concept in (bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.Utilitarian()):
        assert solved(two, concept) == pytest.approx(solved(one, concept)[::-1], abs=1e-9)
    first, second = (bg.solve(p, bg.AlternatingOffers(factors=(0.8, 0.8), first=i)) for p, i in ((one, 0), (two, 1)))
    assert first.utilities == pytest.approx(second.utilities[::-1], rel=1e-9)


@given(points=clouds)
def test_a_polygon_is_the_hull_that_supporting_lines_find(points: np.ndarray[Any, Any]) -> None:
    """Mixtures by interior point, for any number of parties, against the closed forms for two."""
    from bargaining.sets.lotteries import Lotteries

    problem = bg.lotteries(bg.from_points(points, [0, 0]))
    general = problem.replace(feasible=Lotteries(problem.feasible.deals))
    for concept in (bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.Proportional((2, 1))):
        assert solved(general, concept) == pytest.approx(solved(problem, concept), abs=1e-8)


EVERY_KIND = [
    "linear pie", "risk-averse pie", "kinked polygon", "parabola", "points", "Edgeworth box", "hull for three",
    "hull of many for three", "lotteries over a dent", "capped pie", "rescaled polygon",
]  # fmt: skip


@pytest.mark.parametrize("name", EVERY_KIND)
def test_neither_order_nor_company_changes_a_game(name: str) -> None:
    """To the last bit: games of a stack one way round, the other way round, some hopeless, and each by itself."""
    problem = PROBLEMS[name]()
    rng = np.random.default_rng(7)
    share = rng.uniform(-0.2, 0.6, (60, 1))
    d = problem.disagreement + np.abs(share) * (problem.ideal - problem.disagreement)
    d[share[:, 0] < 0] = problem.ideal + 1.0  # hopeless
    for concept in (bg.Nash(), bg.KalaiSmorodinsky()):
        there = bg.solve(problem.replace(disagreement=d), concept)
        back = bg.solve(problem.replace(disagreement=d[::-1]), concept)
        assert np.array_equal(there.utilities, back.utilities[::-1], equal_nan=True)
        assert np.array_equal(there.status, back.status[::-1])
        some = bg.solve(problem.replace(disagreement=d[20:23]), concept)
        assert np.array_equal(there.utilities[20:23], some.utilities, equal_nan=True)
        good = int(np.flatnonzero(there.status == bg.Status.OK)[5])
        assert np.array_equal(there.utilities[good], bg.solve(problem.replace(disagreement=d[good]), concept).utilities)
