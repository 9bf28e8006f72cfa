"""Strikes: published wages, the credibility of a strike, bounds from the extensive form, stacks, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, NoAgreement, UnknownName
from bargaining.problems.problem import Problem


def pie(size: float = 1.0, fallback: Any = None) -> Problem:
    return bg.split(size, [bg.Linear(), bg.Linear()], fallback, parties=("union", "firm"))


def bounds(delta: float, old: float, steps: int = 4000) -> tuple[float, float, float, float]:
    """The lowest and the highest wage, with the union and with the firm proposing, by shrinking them from [0, 1].

    After a refusal the union has (1 - delta) s + delta w for w in what may come next, with s = w_0, or s = 0 where a strike
    is credible: where the best that follows it is no worse than the least that follows if the union fails to strike.
    """
    low_u, high_u, low_f, high_f = 0.0, 1.0, 0.0, 1.0
    for _ in range(steps):
        # A refusal of the union's proposal: the firm's lowest payoff sets the highest wage that it accepts.
        strike = delta * high_f >= (1 - delta) * old + delta * low_f
        work = (1 - delta) * (1 - old) + delta * (1 - high_f)
        least = min(work, delta * (1 - high_f)) if strike else work
        most = (1 - delta) * (1 - old) + delta * (1 - low_f)
        new_u = (1 - most, 1 - least)
        # A refusal of the firm's: the union's least and most after it, striking or not as it likes.
        new_f = ((1 - delta) * old + delta * low_u, (1 - delta) * old + delta * high_u)
        (low_u, high_u), (low_f, high_f) = new_u, new_f
    return low_u, high_u, low_f, high_f


def test_published_interval() -> None:
    """Fernandez and Glazer (1991), American Economic Review 81; Haller and Holden (1990): up to (1 + d w0) / (1 + d)."""
    found = bg.solve(pie(), bg.Strikes(0.9, 0.3))
    assert found.status == bg.Status.UNDETERMINED
    assert found.lowest == pytest.approx([0.3, 1 - 127 / 190], abs=1e-14)
    assert found.highest == pytest.approx([127 / 190, 0.7], abs=1e-14)
    assert bg.verify(found).ok


@pytest.mark.parametrize("delta", [0.3, 0.7, 0.95])
@pytest.mark.parametrize("old", [0.0, 0.05, 0.2, 0.45, 0.6, 0.95])
def test_bounds_of_the_extensive_form(delta: float, old: float) -> None:
    """The operators of highest and lowest payoffs close on the interval, and open it to w_0 where no strike is credible."""
    low_u, high_u, low_f, high_f = bounds(delta, old)
    for first, low, high in (("union", low_u, high_u), ("firm", low_f, high_f)):
        found = bg.solve(pie(), bg.Strikes(delta, old, first=first))
        assert (found.lowest[0], found.highest[0]) == pytest.approx((low, high), abs=1e-12)
        assert found.lowest + found.highest[::-1] == pytest.approx([1, 1])


def test_a_strike_is_credible_up_to_the_square_of_the_factor() -> None:
    """At w_0 = delta^2 the interval still is one; beyond it the union has the old wage."""
    at = bg.solve(pie(), bg.Strikes(0.8, 0.64))
    assert (at.lowest[0], at.highest[0]) == pytest.approx((0.64, 1 - 0.8 + 0.64))
    beyond = bg.solve(pie(), bg.Strikes(0.8, 0.6401))
    assert beyond.status == bg.Status.OK
    assert beyond.utilities == pytest.approx([0.6401, 0.3599], abs=1e-14)


def test_sizes_strike_payoffs_and_units() -> None:
    """Only shares of what there is to gain matter: the old wage is 0.3 of it."""
    shares = bg.solve(pie(), bg.Strikes(0.9, 0.3))
    for problem, old, scale in (
        (pie(12, [1, 1]), 4.0, [10, 10]),
        (bg.rescaled(pie(12, [1, 1]), [3.0, 1.0]), 12.0, [30, 10]),
    ):
        found = bg.solve(problem, bg.Strikes(0.9, old))
        for end in ("lowest", "highest"):
            assert problem.gains(getattr(found, end)) == pytest.approx(getattr(shares, end) * scale)
    other = bg.solve(pie(), bg.Strikes(0.9, 0.3, union="firm"))
    assert other.lowest == pytest.approx(shares.lowest[::-1]) and other.highest == pytest.approx(shares.highest[::-1])


def test_a_stack_is_its_games() -> None:
    d = np.array([[0.0, 0.0], [0.1, 0.2], [0.25, 0.4], [0.4, 0.1], [0.1, 0.8], [0.6, 0.6], [np.nan, 0]])
    stack = bg.solve(pie().replace(disagreement=d), bg.Strikes(0.8, 0.3))
    bad = [bg.Status.INFEASIBLE, bg.Status.INFEASIBLE, bg.Status.NO_AGREEMENT, bg.Status.NOT_FINITE]
    assert stack.status.tolist() == [bg.Status.UNDETERMINED] * 3 + bad
    for k in range(3):
        alone = bg.solve(pie().replace(disagreement=d[k]), bg.Strikes(0.8, 0.3))
        assert stack.lowest[k] == pytest.approx(alone.lowest, abs=1e-14)
        assert stack.highest[k] == pytest.approx(alone.highest, abs=1e-14)
    assert np.all(np.isnan(stack.lowest[3:])) and bg.verify(stack).ok


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "factor": (lambda: bg.Strikes(1.0, 0.3), InvalidProblem, "strictly between 0 and 1"),
    "wage": (lambda: bg.Strikes(0.9, np.inf), InvalidProblem, "one finite number"),
    "more than all": (lambda: bg.solve(pie(), bg.Strikes(0.9, 1.1)), InvalidProblem, "its best deal, 1"),
    "less than a strike": (lambda: bg.solve(pie(1, [0.2, 0]), bg.Strikes(0.9, 0.1)), InvalidProblem, "in a strike, 0.2"),
    "curved": (
        lambda: bg.solve(bg.split(1, [bg.Power(0.5), bg.Linear()]), bg.Strikes(0.9, 0.3)), InvalidProblem, "straight",
    ),
    "points": (
        lambda: bg.solve(bg.from_points([[0, 1], [0.5, 0.5], [1, 0]], [0, 0]), bg.Strikes(0.9, 0.3)), InvalidProblem,
        "straight",
    ),
    "three parties": (
        lambda: bg.solve(bg.split(1, [bg.Linear()] * 3), bg.Strikes(0.9, 0.3)), InvalidProblem, "about two parties",
    ),
    "union": (lambda: bg.solve(pie(), bg.Strikes(0.9, 0.3, union="state")), UnknownName, "no party named 'state'"),
    "nothing": (lambda: bg.solve(pie(1, [0.6, 0.6]), bg.Strikes(0.9, 0.3)), NoAgreement, "no deal"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_has_no_meaning_is_refused(name: str) -> None:
    call, error, message = BAD[name]
    with pytest.raises(error, match=message):
        call()


def test_ends_that_do_not_follow_from_each_other_are_found_out() -> None:
    found = bg.solve(bg.split(1, [bg.Linear(), bg.Linear()]), bg.Strikes(0.9, 0.3))
    assert bg.verify(found).ok
    assert not bg.verify(replace(found, lowest=np.zeros(2), highest=np.ones(2))).ok
    even = np.array([0.5, 0.5])
    assert not bg.verify(replace(found, utilities=even, lowest=even, highest=even, status=np.int8(bg.Status.OK))).ok
