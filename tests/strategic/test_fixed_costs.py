"""Fixed costs of delay: Rubinstein's shares, curved frontiers, the continuum, stacks, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, NoAgreement, NotConverged, NotConvex, UnknownName
from bargaining.problems.problem import Problem


def pie(size: float = 1.0, fallback: Any = None) -> Problem:
    return bg.split(size, [bg.Linear(), bg.Linear()], fallback, parties=("Ann", "Bob"))


def polygon() -> Problem:
    return bg.lotteries(bg.from_points([[0, 4], [3, 3], [4, 0]], [0, 0]))


@pytest.mark.parametrize(
    ("costs", "first", "share"),
    [
        ((0.1, 0.2), 0, 1.0),
        ((0.1, 0.2), 1, 0.9),
        ((0.2, 0.1), 0, 0.1),
        ((0.2, 0.1), "Bob", 0.0),
        ((2, 3), 0, 1),
        ((3, 2), 1, 0),
    ],
)
def test_the_party_with_the_lower_cost_takes_nearly_all(costs: Any, first: Any, share: float) -> None:
    """Rubinstein (1982), Econometrica 50, Conclusion I: 1, or 1 - c_1 if 2 is first; c_2 if party 1 has the higher cost."""
    found = bg.solve(pie(), bg.FixedCosts(costs, first))
    assert found.utilities == pytest.approx([share, 1 - share], abs=1e-12)
    assert found.probability == 1.0
    assert bg.verify(found).ok


def test_gains_are_counted_from_disagreement() -> None:
    found = bg.solve(pie(10, [1, 2]), bg.FixedCosts((0.5, 0.4)))
    assert found.utilities == pytest.approx([1.4, 8.6], abs=1e-12)  # all but c_2 of the seven to gain


@pytest.mark.parametrize("costs", [(0.1, 0.1), (0.03, 0.05), (0.3, 0.1), (1e-4, 2e-4)])
def test_on_a_curved_frontier_costs_are_the_distance_between_proposals(costs: tuple[float, float]) -> None:
    """On u_2 = 1 - u_1^2 the chord from y to x falls by c_2 over c_1: X^2 - (X - c_1)^2 = c_2, if not beyond an end."""
    c1, c2 = costs
    problem = bg.split(1, [bg.Power(0.5), bg.Linear()])
    expected = np.clip((c2 / c1 + c1) / 2, None, 1.0)
    if expected <= c1:
        expected = np.sqrt(c2)
    first, second = (bg.solve(problem, bg.FixedCosts(costs, who)) for who in (0, 1))
    assert first.utilities == pytest.approx([expected, 1 - expected**2], abs=1e-9)
    low = max(expected - c1, 0)
    assert second.utilities == pytest.approx([low, 1 - low**2], abs=1e-9)


def test_at_a_corner_of_the_frontier_the_answer_is_unique() -> None:
    """Around (3, 3) of a frontier that falls by 1/3, then by 3: the chord over equal costs c falls by 1 from 3 - 3c/4."""
    for c in (0.1, 0.5):
        found = bg.solve(polygon(), bg.FixedCosts((c, c)))
        assert found.utilities == pytest.approx([3 + c / 4, 3 - 3 * c / 4], abs=1e-9)


@pytest.mark.parametrize(
    ("problem", "costs", "low", "high"),
    [
        (pie(), (0.1, 0.1), 0.1, 1.0),  # Rubinstein (1982): from c to 1
        (pie(5.0, [1, 1]), (0.5, 0.5), 1.5, 4.0),
        (bg.rescaled(pie(), [2.0, 1.0]), (0.2, 0.1), 0.2, 2.0),
        (polygon(), (0.1, 0.3), 3.1, 4.0),
        (polygon(), (0.3, 0.1), 0.3, 3.0),
    ],
)
def test_equal_costs_leave_a_continuum(problem: Problem, costs: Any, low: float, high: float) -> None:
    with pytest.raises(InvalidProblem, match=rf"equal fixed costs leave a continuum.* from {low:.6g} to {high:.6g}"):
        bg.solve(problem, bg.FixedCosts(costs))
    stack = bg.solve(problem.replace(disagreement=problem.disagreement[None]), bg.FixedCosts(costs))
    assert stack.status.tolist() == [bg.Status.UNDETERMINED]
    assert (stack.lowest[0, 0], stack.highest[0, 0]) == pytest.approx((low, high), abs=1e-9)
    assert np.all(np.isnan(stack.utilities)) and bg.verify(stack).ok


def test_costs_too_small_to_tell_are_not_called_unique() -> None:
    with pytest.raises(InvalidProblem, match="continuum"):
        bg.solve(pie(), bg.FixedCosts((2e-8, 2e-8)))
    for cost in (1e-9, 1e-11, 1e-13):
        with pytest.raises(NotConverged):
            bg.solve(pie(), bg.FixedCosts((cost, cost)))
    curved = bg.solve(bg.split(1, [bg.Power(0.5), bg.Linear()]), bg.FixedCosts((1e-7, 1e-7)))
    assert curved.utilities == pytest.approx([0.5, 0.75], abs=1e-6)


def test_monotone_iteration_from_both_ends_agrees() -> None:
    """The highest and the lowest payoff, by repeating the game from the best and from the worst payoffs."""
    rng = np.random.default_rng(1)
    for _ in range(10):
        a, c = rng.uniform(0.3, 0.9), rng.uniform(0.05, 0.4, 2)
        own = np.array([0.0, 1.0])
        for _ in range(5000):
            second = 1 - np.maximum(own - c[0], 0) ** (1 / a)
            own = (1 - np.maximum(second - c[1], 0)) ** a
        found = bg.solve(bg.split(1, [bg.Power(a), bg.Linear()]), bg.FixedCosts(tuple(c)))
        assert own == pytest.approx([found.utilities[0]] * 2, abs=1e-7)


def test_a_stack_is_its_games() -> None:
    rng = np.random.default_rng(3)
    d = np.concatenate([rng.uniform(0, 0.4, (4, 2)), [[0.7, 0.7], [np.nan, 0.0]]])
    problem = bg.split(1, [bg.Power(0.5), bg.Linear()]).replace(disagreement=d)
    stack = bg.solve(problem, bg.FixedCosts((0.1, 0.15), 1))
    assert stack.status.tolist() == [bg.Status.OK] * 4 + [bg.Status.NO_AGREEMENT, bg.Status.NOT_FINITE]
    for k in range(4):
        alone = bg.solve(problem.replace(disagreement=d[k]), bg.FixedCosts((0.1, 0.15), 1))
        assert stack.utilities[k] == pytest.approx(alone.utilities, abs=1e-12)
    assert np.all(np.isnan(stack.lowest[4:])) and bg.verify(stack).ok


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "no cost": (lambda: bg.FixedCosts((0.0, 0.1)), InvalidProblem, "two positive numbers"),
    "three costs": (lambda: bg.FixedCosts((0.1, 0.1, 0.1)), InvalidProblem, "two positive numbers"),  # type: ignore[arg-type]
    "three parties": (
        lambda: bg.solve(bg.split(1, [bg.Linear()] * 3), bg.FixedCosts((0.1, 0.2))), InvalidProblem, "about two parties",
    ),
    "who": (lambda: bg.solve(pie(), bg.FixedCosts((0.1, 0.2), "Cat")), UnknownName, "no party named 'Cat'"),
    "number": (lambda: bg.solve(pie(), bg.FixedCosts((0.1, 0.2), 2)), InvalidProblem, "from 0 to 1"),
    "nothing": (lambda: bg.solve(pie(1, [0.6, 0.6]), bg.FixedCosts((0.1, 0.2))), NoAgreement, "no deal"),
    "dent": (
        lambda: bg.solve(bg.from_points([[0, 4], [1, 1], [4, 0]], [0, 0]), bg.FixedCosts((0.1, 0.2))), NotConvex, "dent",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_has_no_meaning_is_refused(name: str) -> None:
    call, error, message = BAD[name]
    with pytest.raises(error, match=message):
        call()


def test_ends_that_do_not_follow_from_each_other_are_found_out() -> None:
    found = bg.solve(bg.split(1, [bg.Linear(), bg.Linear()]), bg.FixedCosts((0.1, 0.2)))
    assert bg.verify(found).ok
    assert not bg.verify(replace(found, lowest=np.zeros(2), highest=np.ones(2))).ok
    even = np.array([0.5, 0.5])
    assert not bg.verify(replace(found, utilities=even, lowest=even, highest=even, status=np.int8(bg.Status.OK))).ok


def test_a_part_of_a_continuum_is_not_all_of_it() -> None:
    """Every point of a continuum repeats itself: ends that leave some of them out are found out."""
    found = bg.solve(bg.split(np.array([1.0]), [bg.Linear(), bg.Linear()]), bg.FixedCosts((0.1, 0.1)))
    assert bg.verify(found).ok
    point = np.array([[0.5, 0.5]])
    one = replace(found, utilities=point, lowest=point, highest=point, status=np.zeros(1, np.int8), residual=np.zeros(1))
    part = replace(found, lowest=np.array([[0.5, 0.4]]), highest=np.array([[0.6, 0.5]]))
    assert not bg.verify(one).ok and not bg.verify(part).ok
