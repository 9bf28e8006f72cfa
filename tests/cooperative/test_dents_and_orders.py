"""Concepts for sets with dents, and lexicographic ones, against enumeration."""

from __future__ import annotations

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, NotConvex, UnknownName
from tests.problems import hull

RNG = np.random.default_rng(3)


def dented(d: float) -> bg.Problem:
    """The curve sqrt(u_1) + sqrt(u_2) = 1: a dent from end to end, so that far from d the ends are best."""
    return bg.from_issues([bg.Issue("x")], {"a": lambda x: x**2, "b": lambda x: (1 - x) ** 2}, [d, d])


@pytest.mark.parametrize("d", [-2.0, -1.0, -0.3])
def test_all_maximisers_are_found(d: float) -> None:
    solution = bg.solve(dented(d), bg.NashSet())
    grid = np.linspace(0, 1, 200_001)
    product = (grid**2 - d) * ((1 - grid) ** 2 - d)
    best = grid[product >= product.max() - 1e-12]
    found = [float(solution.terms["x"])] if solution.ties is None else solution.ties.terms["x"].tolist()
    assert sorted(found) == pytest.approx([best[0], best[-1]] if np.ptp(best) > 0.1 else [best.mean()], abs=1e-5)


def test_all_maximisers_in_a_stack() -> None:
    solution = bg.solve(
        dented(-1.0).replace(disagreement=[[-1.0, -1.0], [-0.05, -0.05], [np.nan, 0], [3, 3]]), bg.NashSet()
    )
    assert solution.status.tolist() == [bg.Status.OK, bg.Status.OK, bg.Status.NOT_FINITE, bg.Status.NO_AGREEMENT]
    assert solution.ties is not None and solution.ties.games.tolist() == [0, 0]
    assert solution.terms["x"][1] == pytest.approx(0.5, abs=1e-9)


def test_the_way_to_the_nash_point_of_the_hull() -> None:
    """The hull of the dented curve is the triangle below u_1 + u_2 = 1, so that the way is the diagonal."""
    assert bg.solve(dented(-0.1), bg.ConleyWilkie()).utilities == pytest.approx([0.25, 0.25], abs=1e-9)
    assert bg.solve(dented(-0.1), bg.ConleyWilkie((0.7, 0.3))).utilities[0] > 0.25


def test_concepts_that_measure_refuse_a_dent_they_find() -> None:
    for concept in (bg.EqualArea(), bg.AveragePayoff(), bg.PerlesMaschler(), bg.Raiffa()):
        with pytest.raises(NotConvex, match=r"bg\.lotteries"):
            bg.solve(dented(-0.1), concept)
        stack = bg.solve(dented(-0.1).replace(disagreement=[[-0.1, -0.1], [np.nan, 0]]), concept)
        assert stack.status.tolist() == [bg.Status.NOT_CONVEX, bg.Status.NOT_FINITE]
        assert bg.solve(bg.lotteries(dented(-0.1)), concept).utilities == pytest.approx([0.5, 0.5], abs=1e-8)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_leximin_of_lists_is_that_of_sorting(n: int) -> None:
    for _ in range(40):
        points = RNG.integers(1, 5, (8, n)).astype(float)
        ranks = np.sort(points, axis=1)
        best = max(map(tuple, ranks))
        solution = bg.solve(bg.from_points(points, np.zeros(n)), bg.LexicographicEgalitarian())
        assert tuple(np.sort(solution.utilities)) == best
        expected = {tuple(point) for point, rank in zip(points, ranks, strict=True) if tuple(rank) == best}
        found = [solution.utilities] if solution.ties is None else list(solution.ties.utilities)
        assert {tuple(u) for u in found} == expected


@pytest.mark.parametrize("n", [3, 4])
def test_leximin_of_hulls_is_that_of_linear_programs(n: int) -> None:
    """By the textbook: after each maximin, whoever cannot be raised alone is held there."""
    from scipy.optimize import linprog

    def most(points: np.ndarray, weights: np.ndarray, floors: np.ndarray, rising: np.ndarray) -> float:
        rows = np.concatenate([-points.T, rising[:, None]], axis=1)
        found = linprog(
            [*(-points @ weights), -1.0 if rising.any() else 0.0], rows, -floors, [[1.0] * len(points) + [0.0]], [1.0],
            bounds=[(0, None)] * len(points) + [(None, None)],
        )  # fmt: skip
        return -float(found.fun)

    for _ in range(5):
        caps = np.concatenate([RNG.uniform(0.1, 0.4, 1), np.full(n - 1, np.inf)])
        points = np.minimum(RNG.dirichlet(np.ones(n), 12), caps)
        level, held = np.zeros(n), np.zeros(n, bool)
        while not held.all():
            t = most(points, np.zeros(n), np.where(held, level - 1e-12, 0.0), (~held).astype(float))
            level = np.where(held, level, t)
            room = [most(points, np.eye(n)[i], level - 1e-11, np.zeros(n)) - level[i] for i in range(n)]
            held = held | (np.array(room) < 1e-8)
        assert bg.solve(hull(points), bg.LexicographicEgalitarian()).utilities == pytest.approx(level, abs=1e-8)


def test_lexicographic_solutions_leave_nothing() -> None:
    """Roth's (1979) failure of Kalai-Smorodinsky, for which it misses the set, and Imai's (1983) repair."""
    points = bg.from_points([[0, 0, 0], [1, 0, 1], [0, 1, 1]], disagreement=[0, 0, 0])
    loose = bg.lotteries(points)
    weak = bg.solve(loose, bg.KalaiSmorodinsky())
    assert weak.utilities == pytest.approx([0.5, 0.5, 0.5]) and weak.spare == pytest.approx([0, 0, 0.5])
    assert bg.solve(loose, bg.LexicographicKalaiSmorodinsky()).utilities == pytest.approx([0.5, 0.5, 1.0])
    with pytest.raises(bg.NoAgreement, match="without free disposal the ray"):
        bg.solve(bg.lotteries(points, free_disposal=False), bg.KalaiSmorodinsky())


def test_yu_runs_from_the_utilitarian_to_the_equal_loss_solution() -> None:
    problem = bg.from_curve(lambda u: 4 - u**2, [0, 0], low=0, high=2, concave=True)
    grid = np.linspace(0, 2, 400_001)
    for p in (1.0, 1.5, 2.0, 4.0, 30.0):
        distance = (2 - grid) ** p + (grid**2) ** p
        assert bg.solve(problem, bg.Yu(p)).utilities[0] == pytest.approx(grid[np.argmin(distance)], abs=1e-5)
    assert bg.solve(problem, bg.Yu(np.inf)).utilities == pytest.approx([1, 3], abs=1e-9)
    assert bg.solve(problem, bg.Yu(2000.0)).utilities == pytest.approx([1, 3], abs=1e-2)
    square = bg.solve(problem, bg.Yu(2, (1.0, 0.5))).utilities
    rescaled = bg.rescaled(problem, [1.0, 0.5])
    assert bg.solve(rescaled, bg.Yu(2)).utilities == pytest.approx(square * [1.0, 0.5], abs=1e-9)


def test_equal_loss_of_three_stops_at_disagreement() -> None:
    """Herrero and Marco (1993): on u_1 + u_2 + u_3 <= 1 with u_1 <= 0.1, party 1 loses all it could have."""
    small = bg.capped(bg.split(1, [bg.Linear()] * 3), [0.1, np.inf, np.inf])
    assert bg.solve(small, bg.EqualLoss()).utilities == pytest.approx([0.0, 0.5, 0.5])
    free = bg.solve(small, bg.EqualLoss(rational=False))
    assert free.utilities == pytest.approx([-0.4, 0.5, 0.5])  # what is thrown away below nothing serves nobody
    uneven = bg.solve(bg.split(1, [bg.Linear()] * 2), bg.EqualLoss((3, 1)))
    assert uneven.utilities == pytest.approx([0.25, 0.75])


def test_a_reference_moves_the_outcome() -> None:
    pie = bg.split(10, [bg.Linear()] * 2)
    assert bg.solve(pie, bg.GuptaLivne((0, 0))).utilities == pytest.approx([5, 5])
    assert bg.solve(pie, bg.GuptaLivne((6, 2))).utilities == pytest.approx([6 + 4 / 6, 2 + 8 / 6])
    with pytest.raises(InvalidProblem, match="not feasible"):
        bg.solve(pie, bg.GuptaLivne((8, 4)))
    with pytest.raises(InvalidProblem, match="less than disagreement"):
        bg.solve(pie, bg.GuptaLivne((-1, 4)))
    stack = bg.solve(bg.split([10, 5], [bg.Linear()] * 2), bg.GuptaLivne((6, 2)))
    assert stack.status.tolist() == [bg.Status.OK, bg.Status.INFEASIBLE]


def test_settings_that_cannot_be_meant() -> None:
    pie = bg.split(1, [bg.Linear()] * 2, parties=("lab", "cloud"))
    refused = [
        (bg.Dictatorial("labs"), UnknownName, "did you mean 'lab'"), (bg.Dictatorial(2), InvalidProblem, "from 0 to 1"),
        (bg.Dictatorial(True), InvalidProblem, "number from 0 to 1"), (bg.Yu(0.5), InvalidProblem, "from 1 to infinity"),
        (bg.Yu(np.nan), InvalidProblem, "from 1 to infinity"), (bg.Yu(2, (1, 0)), InvalidProblem, "positive"),
        (bg.EqualLoss((1, 0)), InvalidProblem, "positive"), (bg.EqualLoss((1, 2, 3)), InvalidProblem, "2 parties"),
        (bg.Raiffa(0.001), InvalidProblem, "too small"), (bg.Raiffa(1.5), InvalidProblem, "at most 1"),
        (bg.Raiffa(np.nan), InvalidProblem, "finite"), (bg.GuptaLivne((1,)), InvalidProblem, "last axis"),
        (bg.GuptaLivne((np.nan, 0)), InvalidProblem, "finite"), (bg.NashSet((1, -1)), InvalidProblem, "negative"),
    ]  # fmt: skip
    for concept, error, words in refused:
        with pytest.raises(error, match=words):
            bg.solve(pie, concept)


def test_every_concept_is_in_the_catalogue() -> None:
    found = bg.concepts()
    assert {"nash", "perles-maschler", "raiffa", "lexicographic-kalai-smorodinsky"} <= set(found)
    assert all(isinstance(concept, bg.Concept) for concept in found.values())
    assert not {"dictatorial", "gupta-livne", "proportional"} & set(found)


def test_a_way_down_to_a_hull_asks_floors_of_those_held_alone() -> None:
    """From beyond the simplex, with party 3 held to 0.2, parties 1 and 2 come down to 0.4 each."""
    feasible = hull(np.eye(3)).feasible
    found = feasible.reach([2.0, 2.0, 0.2], [1.0, 1.0, 0.0])
    assert found.utilities == pytest.approx([0.4, 0.4, 0.2], abs=1e-9)
    assert feasible.reach([2.0, 2.0, 1.2], [1.0, 1.0, 0.0]).status == bg.Status.NO_AGREEMENT
