"""The edge of three parties' sets: points on rays, weakly efficient where an independent question says so; refusals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, NoAgreement
from bargaining.problems.problem import Problem
from tests import problems


def pie() -> Problem:
    return bg.split(10, [bg.Linear(), bg.Power(0.5), bg.Log(2)])


def cloud() -> Problem:
    return bg.from_points(np.random.default_rng(1).random((30, 3)), [0.1] * 3)


GAMES: dict[str, Callable[[], Problem]] = {
    "pie": pie,
    "capped": problems.capped_simplex,
    "ellipsoid": problems.ellipsoid,
    "hull": lambda: bg.lotteries(cloud()),
    "stairs": cloud,
}


@pytest.mark.parametrize("name", GAMES)
def test_points_lie_on_their_rays_and_spare_is_what_a_deal_adds(name: str) -> None:
    game = GAMES[name]()
    found = bg.surface(game, rays=16)
    assert found.points.shape == (136, 3)
    assert found.triangles.shape == (225, 3)
    level = np.sum(found.fractions, axis=-1, keepdims=True)
    assert np.allclose(found.fractions, level * found.shares, atol=1e-9)
    ideal = game.gains(game.ideal)
    slack = 1e-6  # so that the floor leaves an inside
    above = game.feasible.support(1 / ideal, floor=found.points - slack * ideal)
    more = np.sum((above.utilities - found.points) / ideal, axis=-1)
    inner = np.all(found.shares > 0, axis=-1)  # at the rim, a little slack buys much where marginal utility is infinite
    assert np.array_equal((more > 1e-4)[inner], found.weak[inner])


def test_published_surfaces() -> None:
    ball = bg.surface(problems.ellipsoid(), rays=9)
    assert np.allclose(np.sum(ball.fractions**2, axis=-1), 1.0, atol=1e-9)
    assert not np.any(ball.weak)
    roth = bg.surface(bg.lotteries(bg.from_points([[0, 0, 0], [1, 0, 1], [0, 1, 1]], [0, 0, 0])), rays=5)
    # with free disposal, efficient only where u3 = 1 = u1 + u2
    assert np.array_equal(~roth.weak, np.isclose(roth.points[:, 2], 1.0) & np.isclose(roth.points[:, :2].sum(axis=1), 1.0))


def test_triangles_cover_the_grid_once() -> None:
    found = bg.surface(pie(), rays=7)
    a, b, c = np.moveaxis(found.shares[found.triangles], 1, 0)
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=-1)
    assert np.allclose(areas, areas[0])
    assert len(np.unique(np.sort(found.triangles, axis=1), axis=0)) == len(found.triangles) == 36


def test_repr_says_what_is_weak() -> None:
    assert "136 points" in repr(bg.surface(pie(), rays=16))
    assert "only weakly efficient" in repr(bg.surface(problems.capped_simplex(), rays=16))


def test_refusals() -> None:
    with pytest.raises(InvalidProblem, match=r"three parties; the problem has 2\. Use bg\.frontier"):
        bg.surface(problems.pie())
    with pytest.raises(InvalidProblem, match=r"two parties; the problem has 3\. Use bg\.surface"):
        bg.frontier(pie())
    with pytest.raises(InvalidProblem, match="stack of shape"):
        bg.surface(pie().replace(disagreement=np.zeros((2, 3))))
    with pytest.raises(InvalidProblem, match="no Problem"):
        bg.surface(bg.Nash())  # type: ignore[arg-type]
    for rays in (1, 2.5, 10**6, "many"):
        with pytest.raises(InvalidProblem, match="rays"):
            bg.surface(pie(), rays=rays)  # type: ignore[arg-type]
    bare = bg.lotteries(bg.from_points([[0, 0, 0], [1, 0, 1], [0, 1, 1]], [0, 0, 0]), free_disposal=False)
    with pytest.raises(InvalidProblem, match="without free disposal"):
        bg.surface(bare)
    with pytest.raises(NoAgreement):
        bg.surface(bg.from_points([[1, 1, 1]], [2, 2, 2]))
