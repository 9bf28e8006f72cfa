"""Solutions that measure areas, lengths and steps, against closed forms and computations that share no code with them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import betaincinv

import bargaining as bg
from bargaining.errors import NotConverged
from bargaining.problems.problem import Problem
from bargaining.sets.polygon import Polygon
from tests.problems import circle, hull, parabola, pie

RNG = np.random.default_rng(7)


def polygons(count: int) -> list[np.ndarray]:
    """Vertices of random frontiers, from the first party's utility 0 to the second's 0, in order: slopes fall."""
    found = []
    for _ in range(count):
        k = int(RNG.integers(2, 9))
        angles = np.sort(RNG.uniform(0, np.pi / 2, k))
        steps = RNG.uniform(0.2, 1.0, k)[:, None] * np.stack([np.cos(angles), -np.sin(angles)], axis=1)
        path = np.concatenate([[[0.0, 0.0]], np.cumsum(steps, axis=0)])
        found.append(path - [0.0, path[-1, 1]])
    return found


def beta_pie(a: float, b: float) -> tuple[Problem, list[float]]:
    """u_1 = x^a, u_2 = (1 - x)^b: sqrt(-du_1 du_2) is the density of a Beta((a + 1) / 2, (b + 1) / 2) law in x."""
    x = float(betaincinv((a + 1) / 2, (b + 1) / 2, 0.5))
    return pie(bg.Power(a), bg.Power(b)), [x**a, (1 - x) ** b]


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.3, 0.6), (1.0, 0.5), (0.9, 0.95)])
def test_perles_maschler_on_pies_and_curves(a: float, b: float) -> None:
    problem, expected = beta_pie(a, b)
    curve = bg.from_curve(lambda u: (1 - u ** (1 / a)) ** b, [0, 0], low=0, high=1, concave=True)
    for described in (problem, curve):
        assert bg.solve(described, bg.PerlesMaschler()).utilities == pytest.approx(expected, abs=1e-8)


def test_a_frontier_flatter_than_the_solver_can_tell_is_refused() -> None:
    """Near its end u_2 = 1 - u_1^(20/3) falls by less than 1e-13 over a hundredth of the way, where lengths add up."""
    problem, expected = beta_pie(0.15, 1.0)
    assert bg.solve(problem, bg.PerlesMaschler()).utilities == pytest.approx(expected, abs=1e-8)
    curve = bg.from_curve(lambda u: 1 - u ** (1 / 0.15), [0, 0], low=0, high=1, concave=True)
    with pytest.raises(NotConverged, match="Perles-Maschler"):
        bg.solve(curve, bg.PerlesMaschler())


@pytest.mark.parametrize("power", [1.0, 0.5, 0.25])
def test_symmetric_smooth_sets_are_shared_evenly(power: float) -> None:
    for concept in (bg.EqualArea(), bg.AveragePayoff(), bg.PerlesMaschler(), bg.Raiffa(), bg.Raiffa(step=0)):
        expected = [0.5**power] * 2
        assert bg.solve(pie(bg.Power(power), bg.Power(power)), concept).utilities == pytest.approx(expected, abs=1e-9)


def test_quarter_ellipse() -> None:
    """Areas, lengths and steps are affine: an ellipse with half-axes 3 and 1/2 is a rescaled circle."""
    ellipse = bg.from_curve(lambda u: 0.5 * np.sqrt(1 - (u / 3) ** 2), [0, 0], low=0, high=3, concave=True)
    for concept in (bg.EqualArea(), bg.AveragePayoff(), bg.PerlesMaschler(), bg.Raiffa()):
        found = bg.solve(ellipse, concept).utilities
        assert found == pytest.approx([3 / 2**0.5, 0.5 / 2**0.5], abs=1e-9)
        assert bg.solve(circle(), concept).utilities == pytest.approx([2**0.5] * 2, abs=1e-9)


def halves(pieces: np.ndarray) -> tuple[int, float]:
    """The piece in which half of the whole is reached, and the share of it that is needed."""
    total = np.cumsum(pieces)
    k = int(np.searchsorted(total, total[-1] / 2))
    return k, float((total[-1] / 2 - (total[k] - pieces[k])) / pieces[k])


@pytest.mark.parametrize("path", polygons(12), ids=lambda path: f"{len(path)} vertices")
def test_polygons_by_hand(path: np.ndarray) -> None:
    """The frontier of each runs from (0, h) to (b, 0), so that areas and lengths have no other parts."""
    problem, size = hull(path), np.max(path, axis=0)

    def check(concept: bg.Concept, expected: np.ndarray) -> None:
        assert bg.solve(problem, concept).utilities / size == pytest.approx(expected / size, abs=1e-12)

    edges = np.diff(path, axis=0)
    lengths = np.sqrt(np.abs(edges[:, 0] * edges[:, 1]))
    k, share = halves(lengths)
    check(bg.PerlesMaschler(), path[k] + share * edges[k])
    triangles = 0.5 * np.abs(path[:-1, 0] * path[1:, 1] - path[1:, 0] * path[:-1, 1])
    k, share = halves(triangles)
    check(bg.EqualArea(), path[k] + share * edges[k])
    centre = np.sum(triangles[:, None] * (path[:-1] + path[1:]) / 3, axis=0)
    beyond = path[:, 0] * centre[1] - path[:, 1] * centre[0]  # changes sign where the ray crosses the frontier
    k = int(np.flatnonzero((beyond[:-1] < 0) & (beyond[1:] >= 0))[0])
    check(bg.AveragePayoff(), path[k] + beyond[k] / (beyond[k] - beyond[k + 1]) * edges[k])
    for step in (1.0, 0.5):
        check(bg.Raiffa(step), raiffa(lambda x: np.interp(x, *path.T), lambda y: np.interp(y, *path[::-1, ::-1].T), step))


def raiffa(top: Callable[[float], float], right: Callable[[float], float], step: float) -> np.ndarray:
    """Raiffa's steps, written out for two parties: `top` is the frontier, `right` its inverse."""
    x, y = 0.0, 0.0
    for _ in range(int(40 / step)):
        x, y = x + step * (right(y) - x) / 2, y + step * (top(x) - y) / 2
    return np.array([x, y])


@pytest.mark.parametrize("step", [1.0, 0.5, 0.1])
def test_discrete_raiffa_on_a_curve(step: float) -> None:
    expected = raiffa(lambda x: 4 - x * x, lambda y: float(np.sqrt(4 - y)), step)
    assert bg.solve(parabola(), bg.Raiffa(step)).utilities == pytest.approx(expected, abs=1e-9)


def flow(top: Callable[[float], float], right: Callable[[float], float]) -> np.ndarray:
    """Raiffa's path by another integrator, for two parties."""

    def slope(_: float, u: np.ndarray) -> list[float]:
        return [(right(u[1]) - u[0]) / 2, (top(u[0]) - u[1]) / 2]

    return np.asarray(solve_ivp(slope, (0, 40), [0.0, 0.0], method="DOP853", rtol=1e-13, atol=1e-15).y[:, -1])


def test_continuous_raiffa_on_smooth_frontiers() -> None:
    path = flow(lambda x: 4 - x * x, lambda y: np.sqrt(max(4 - y, 0.0)))
    assert bg.solve(parabola(), bg.Raiffa(step=0)).utilities == pytest.approx(path, abs=1e-9)
    path = flow(lambda x: max(1 - x**2, 0.0), lambda y: np.sqrt(max(1 - y, 0.0)))
    assert bg.solve(pie(bg.Power(0.5)), bg.Raiffa(step=0)).utilities == pytest.approx(path, abs=1e-9)


def test_continuous_raiffa_across_an_edge() -> None:
    """On {(0, 2), (1/2, 7/4), (2, 0)} party 2's best point changes edge at x = 1/2, after which both are on the steep edge.

    Until then z' = A z around the point where both lines meet, with A = [[-1, -6/7], [-1/2, -1]] / 2, since party 1's best
    point is a_1 = 2 - 6 y / 7 throughout; from there to the frontier the path is straight, towards the edge's midpoint.
    """
    a = 0.5 * np.array([[-1.0, -6 / 7], [-0.5, -1.0]])
    rest = np.linalg.solve(np.array([[1.0, 6 / 7], [0.5, 1.0]]), [2.0, 2.0])
    values, vectors = np.linalg.eig(a)
    weights = np.linalg.solve(vectors, -rest)
    x = lambda t: float((rest + vectors @ (weights * np.exp(values * t)))[0]) - 0.5  # noqa: E731
    d = rest + vectors @ (weights * np.exp(values * brentq(x, 0.0, 5.0, xtol=1e-15)))
    ends = np.array([[2 - 6 * d[1] / 7, d[1]], [d[0], 7 / 6 * (2 - d[0])]])
    found = bg.solve(hull([[0, 2], [0.5, 1.75], [2, 0]]), bg.Raiffa(step=0)).utilities
    assert found == pytest.approx(ends.mean(axis=0), abs=1e-12)


def test_smaller_steps_tend_to_the_continuous_path() -> None:
    limit = bg.solve(parabola(), bg.Raiffa(step=0)).utilities
    away = [float(np.max(np.abs(bg.solve(parabola(), bg.Raiffa(p)).utilities - limit))) for p in (1.0, 0.3, 0.1, 0.03)]
    assert away[0] > away[1] > away[2] > away[3] and away[3] < 2e-3
    assert away[2] / away[3] == pytest.approx(10 / 3, rel=0.1)  # an error in proportion to the step


def test_raiffa_for_many_parties_splits_what_is_linear_evenly() -> None:
    for n in (2, 3, 5, 8):
        prices = RNG.uniform(0.5, 3.0, n)
        d = RNG.uniform(0.0, 0.1, n)
        expected = d + (1 - prices @ d) / prices / n
        for step in (1.0, 0.5):
            assert bg.solve(hull(np.diag(1 / prices), d), bg.Raiffa(step)).utilities == pytest.approx(expected, abs=1e-9)


def test_polygons_in_stacks_are_those_alone() -> None:
    points = RNG.random((10, 9, 2))
    stack = hull(points, np.full((10, 2), 0.1))
    assert isinstance(stack.feasible, Polygon)
    for concept in (bg.EqualArea(), bg.AveragePayoff(), bg.PerlesMaschler(), bg.Raiffa(), bg.Raiffa(step=0)):
        together = bg.solve(stack, concept).utilities
        alone = [bg.solve(hull(cloud, [0.1, 0.1]), concept).utilities for cloud in points[:3]]
        assert together[:3] == pytest.approx(np.array(alone), abs=1e-13)
