"""The frontier: exact on polygons, certified on curves, honest about dents."""

from __future__ import annotations

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, NotConvex


def disc() -> bg.Problem:
    return bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")],
        {"a": lambda x: x, "b": lambda y: y},
        [0.0, 0.0],
        constraints=lambda x, y: 1 - x * x - y * y,
    )


@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-6])
def test_error_bound_holds_on_a_circle(tol: float) -> None:
    front = bg.frontier(disc(), tol)
    assert front.error <= tol
    assert np.linalg.norm(front.points, axis=1) == pytest.approx(1.0, abs=1e-10)
    middles = 0.5 * (front.points[1:] + front.points[:-1])
    true = np.max(1 - np.linalg.norm(middles, axis=1))
    assert true <= front.error * (1 + 1e-6) + 1e-12
    # Calls grow like tol ** -1/2 (Rote 1992).
    assert front.calls <= 3.0 / np.sqrt(tol)


def test_a_polygon_needs_only_its_vertices() -> None:
    trade = bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")],
        {"one": lambda x, y: 3 * x + y, "two": lambda x, y: (1 - x) + 2 * (1 - y)},
        [0.5, 0.25],
    )
    front = bg.frontier(trade, 1e-9)
    assert front.points == pytest.approx(np.array([[0.5, 17 / 6], [3, 2], [3.875, 0.25]]), abs=1e-9)
    assert front.calls <= 7


def test_points_are_deals() -> None:
    front = bg.frontier(disc(), 1e-3)
    again = front.problem.evaluate({name: np.clip(value, 0, 1 - 1e-12) for name, value in front.terms.items()})
    assert again == pytest.approx(front.points, abs=1e-9)


def test_a_dent_is_an_error_with_its_place() -> None:
    dent = bg.from_issues([bg.Issue("x")], {"a": lambda x: x**2, "b": lambda x: (1 - x) ** 2}, [0, 0])
    with pytest.raises(NotConvex, match=r"falls 50\.00% short") as caught:
        dent.feasible.boundary(dent.disagreement, dent.best, 1e-4)
    assert caught.value.evidence["depth"] == pytest.approx(0.5, abs=1e-6)


def test_what_has_no_frontier_says_why() -> None:
    with pytest.raises(bg.NoAgreement):
        bg.frontier(disc().replace(disagreement=[2, 2]))
    with pytest.raises(InvalidProblem, match="stack"):
        bg.frontier(disc().replace(disagreement=[[0, 0], [0.1, 0.1]]))
    with pytest.raises(InvalidProblem, match="at least 1e-10 and at most 1"):
        bg.frontier(disc(), tol=0)
    three = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x, "c": lambda x: x - x * x}, [0, 0, 0])
    with pytest.raises(InvalidProblem, match="two parties"):
        bg.frontier(three)


def test_no_point_of_a_frontier_is_dominated() -> None:
    """The first party's best deals all have x = 1; only the one with y = 1 is efficient."""
    problem = bg.from_issues([bg.Issue("x"), bg.Issue("y")], {"a": lambda x: x, "b": lambda x, y: 1 - x + y}, [0, 0])
    assert bg.frontier(problem).points == pytest.approx(np.array([[0, 2], [1, 1]]), abs=1e-9)


def test_a_shallow_dent_counts_against_the_tolerance() -> None:
    shallow = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x - 0.01 * x * (1 - x)}, [0, 0])
    assert bg.frontier(shallow, tol=0.01).error == pytest.approx(0.0025, abs=1e-4)
    with pytest.raises(NotConvex):
        shallow.feasible.boundary(shallow.disagreement, shallow.best, 1e-3)
    front = bg.frontier(shallow, tol=1e-3)
    assert front.dented and not front.proved and front.error <= 1e-3


def test_a_frontier_with_a_dent_is_followed_along_rays() -> None:
    dent = bg.from_issues([bg.Issue("x")], {"a": lambda x: x**2, "b": lambda x: (1 - x) ** 2}, [0, 0])
    front = bg.frontier(dent, tol=1e-4)
    assert np.sqrt(front.points[:, 0]) + np.sqrt(front.points[:, 1]) == pytest.approx(1.0, abs=1e-9)
    assert front.points[0] == pytest.approx([0, 1], abs=1e-6) and front.points[-1] == pytest.approx([1, 0], abs=1e-6)
    assert front.dented and not front.proved and front.error <= 1e-4
    assert "not convex" in repr(front)


def test_a_tiny_rational_region_is_traced_as_well_as_rounding_allows() -> None:
    problem = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x * x}, [0.5, 0.75 - 1e-6])
    front = bg.frontier(problem, tol=1e-5)
    assert front.error <= 2e-5
    assert front.gains[-1, 0] == pytest.approx(1e-6, rel=1e-2)


def test_no_agreement_carries_the_same_evidence_everywhere() -> None:
    pie = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x}, [0.7, 0.7])
    with pytest.raises(bg.NoAgreement) as one:
        bg.frontier(pie)
    with pytest.raises(bg.NoAgreement) as two:
        bg.solve(pie, bg.Nash())
    assert one.value.shortfall == pytest.approx(two.value.shortfall)
    assert one.value.shortfall == pytest.approx([0.2, 0.2], abs=1e-9)


def test_an_empty_set_has_no_frontier_for_the_same_reason_as_no_solution() -> None:
    empty = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x}, [0, 0], constraints=lambda x: -1 - x)
    with pytest.raises(InvalidProblem, match="no deal meets the constraints"):
        bg.frontier(empty)
