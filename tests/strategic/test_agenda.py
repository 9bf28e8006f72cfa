"""Agendas: known shares, corners, talks that end after many periods solved by hand, stacks, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.problems.problem import Problem

Curve = tuple[float, float]
"""Worth w and power p of an issue to a party: a share s of it gives w s^p."""


def pie(one: Curve, two: Curve, fallback: Any = None) -> Problem:
    worth, powers = zip(one, two, strict=True)
    return bg.rescaled(bg.split(1, [bg.Power(p) for p in powers], fallback, parties=("Ann", "Bob")), list(worth))


def straight(one: float, two: float, fallback: Any = None) -> Problem:
    return bg.rescaled(bg.split(1, [bg.Linear(), bg.Linear()], fallback, parties=("Ann", "Bob")), [one, two])


def solved(problem: Problem, model: bg.Agenda) -> bg.IssueByIssue:
    found = bg.solve(problem, model)
    assert isinstance(found, bg.IssueByIssue)
    return found


def by_hand(curves: Sequence[tuple[Curve, Curve]], factors: Any, periods: int = 3000, least: Any = 0.0) -> Any:
    """Gains over `least` (issue, opener, party) and shares (issue, proposer) proposed for Ann, of talks with a last period.

    Backwards in time, from nothing: the proposer gives the other just what a refusal is worth next period, or nothing; if
    that is more than there is, or leaves the proposer less than a refusal, it lets the period pass (the share is NaN).
    """
    count = len(curves)
    least = np.broadcast_to(least, (count, 2))
    values, shares = np.zeros((count + 1, 2, 2)), np.zeros((count, 2))
    for _ in range(periods):
        after = np.array(factors) * values
        values = np.zeros_like(values)
        for k, issue in enumerate(curves):
            for i in (0, 1):
                j = 1 - i
                worth, power = issue[j]
                needed = (after[k, j, j] - after[k + 1, j, j] + least[k, j]) / worth
                given = min(max(needed, 0.0), 1.0) ** (1 / power)
                values[k, i, j] = worth * given**power - least[k, j] + after[k + 1, j, j]
                values[k, i, i] = issue[i][0] * (1 - given) ** issue[i][1] - least[k, i] + after[k + 1, j, i]
                shares[k, i] = 1 - given if i == 0 else given
                if needed > 1 or values[k, i, i] < after[k, j, i]:
                    values[k, i], shares[k, i] = after[k, j], np.nan
    return values[:count], shares


def test_known_shares() -> None:
    """Issues in order, the acceptor opening the next (Fershtman 1990; Busch and Horstmann 1997), X (4, 3), Y (1, 2), 0.9.

    By hand: who opens Y has 1 / 1.9 of it; x = 559/760 of X if the first proposes, 243/380 if the second does.
    """
    found = solved(straight(4, 3), bg.Agenda(0.9, later=(straight(1, 2),)))
    assert found.deals[0]["Ann"] == pytest.approx(float(Fraction(559, 760)), abs=1e-14)
    assert found.deals[0]["Ann"] == pytest.approx(0.7355263157894731, abs=1e-14)
    assert found.deals[1]["Bob"] == pytest.approx(1 / 1.9, abs=1e-14)
    assert found.utilities == pytest.approx([3.368421052631577, 1.7407894736842122], abs=1e-13)
    other = solved(straight(4, 3), bg.Agenda(0.9, later=(straight(1, 2),), first="Bob"))
    assert other.deals[0]["Ann"] == pytest.approx(0.6394736842105259, abs=1e-14)
    for result in (found, other):
        assert result.unique and result.probability == 1 and result.dates.tolist() == [0, 1]
        assert bg.verify(result).ok
    assert (found.proposers.tolist(), other.proposers.tolist()) == ([0, 1], [1, 0])


def test_the_first_issue_as_the_price_of_opening_the_second() -> None:
    """The corner of Fershtman (1990): with X (3, 1), Y (1, 2), 0.9, Bob gives up all of X to open Y.

    Opening Y without any of X is worth 0.9 * 2 / 1.9 to Bob, more than to refuse and propose on X a period later.
    """
    found = solved(straight(3, 1), bg.Agenda(0.9, later=(straight(1, 2),)))
    assert found.deals[0]["Ann"] == 1
    assert found.utilities == pytest.approx([3 + 0.9 * 0.9 / 1.9, 0.9 * 2 / 1.9], abs=1e-14)
    assert found.talks[0].slack[0, 0, 1] > 0.05  # what Bob accepts is more than it could have by refusing
    assert bg.verify(found).ok


AGENDAS: list[tuple[list[tuple[Curve, Curve]], tuple[float, float]]] = [
    ([((4, 1), (3, 1)), ((1, 1), (2, 1))], (0.9, 0.9)),
    ([((3, 1), (1, 1)), ((1, 1), (2, 1))], (0.9, 0.9)),
    ([((1, 1), (5, 1)), ((4, 1), (1, 1))], (0.6, 0.95)),
    ([((2, 0.5), (1, 1)), ((1, 0.8), (3, 0.4))], (0.8, 0.9)),
    ([((1, 0.5), (1, 0.5)), ((1, 0.5), (1, 0.5))], (0.95, 0.95)),
    ([((0.2, 0.7), (0.1, 0.9)), ((5, 0.3), (4, 0.6))], (0.7, 0.7)),
    ([((1, 0.9), (2, 0.6)), ((2, 1), (1, 1)), ((0.5, 0.4), (3, 0.8)), ((1, 1), (1, 0.5))], (0.85, 0.75)),
]


@pytest.mark.parametrize("curves, factors", AGENDAS)
@pytest.mark.parametrize("first", [0, 1])
def test_talks_that_end_after_many_periods(curves: Any, factors: Any, first: int) -> None:
    """Backwards in time from the last of 3000 periods, one gets what the library finds without a last one."""
    values, shares = by_hand(curves, factors)
    problem, *later = (pie(*issue) for issue in curves)
    found = solved(problem, bg.Agenda(factors, later, first))
    assert found.utilities == pytest.approx(values[0, first], abs=1e-9)
    for k, talks in enumerate(found.talks):
        assert talks.values == pytest.approx(values[k], abs=1e-9)
        assert found.deals[k]["Ann"] == pytest.approx(shares[k, (first + k) % 2], abs=1e-8)
    worth = sum(np.array(factors) ** k * found.agreed[k] for k in range(len(curves)))
    assert worth == pytest.approx(found.utilities, abs=1e-12)
    assert bg.verify(found).ok


def test_random_agendas_of_straight_issues() -> None:
    rng = np.random.default_rng(11)
    corners = 0
    for _ in range(25):
        curves = [((w[0], 1.0), (w[1], 1.0)) for w in rng.uniform(0.2, 5, (3, 2))]
        factors = rng.uniform(0.3, 0.97, 2)
        values, shares = by_hand(curves, factors, 1500)
        problem, *later = (straight(one[0], two[0]) for one, two in curves)
        found = solved(problem, bg.Agenda(tuple(factors), later))
        assert found.utilities == pytest.approx(values[0, 0], abs=1e-11)
        corners += int(np.sum((shares == 0) | (shares == 1)))
    assert corners > 5


def test_one_issue_is_alternating_offers() -> None:
    problem = pie((2, 0.5), (1, 0.8), [0.1, 0.2])
    found = solved(problem, bg.Agenda((0.9, 0.7)))
    usual = bg.solve(problem, bg.AlternatingOffers(factors=(0.9, 0.7)))
    assert found.utilities == pytest.approx(usual.utilities, abs=1e-10)
    assert found.gains == pytest.approx(usual.gains, abs=1e-10)


def test_settling_all_together_is_better_for_both() -> None:
    """In order, no share in one issue buys one in another: some deal on both at once is better for both parties."""
    both = bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")],
        {"Ann": lambda x, y: 4 * x + y, "Bob": lambda x, y: 3 * (1 - x) + 2 * (1 - y)}, [0, 0],
    )  # fmt: skip
    for x, y in (((4, 3), (1, 2)), ((1, 2), (4, 3))):
        found = solved(straight(*x), bg.Agenda(0.9, later=(straight(*y),)))
        assert np.all(both.feasible.reach(found.utilities, [1.0, 1.0]).utilities > found.utilities + 0.1)
    package = bg.solve(both, bg.AlternatingOffers(factors=(0.9, 0.9)))
    assert np.all(solved(straight(4, 3), bg.Agenda(0.9, (straight(1, 2),))).utilities < package.utilities)


def test_order_matters() -> None:
    one = solved(straight(4, 3), bg.Agenda(0.9, later=(straight(1, 2),)))
    two = solved(straight(1, 2), bg.Agenda(0.9, later=(straight(4, 3),)))
    assert np.all(np.abs(one.utilities - two.utilities) > 0.01)


def test_exchanging_the_parties() -> None:
    one = solved(pie((2, 0.5), (1, 1)), bg.Agenda((0.8, 0.9), (pie((1, 0.8), (3, 0.4)),), "Ann"))
    two = solved(pie((1, 1), (2, 0.5)), bg.Agenda((0.9, 0.8), (pie((3, 0.4), (1, 0.8)),), "Bob"))
    assert one.utilities == pytest.approx(two.utilities[::-1], abs=1e-10)
    alike = [solved(straight(1, 1), bg.Agenda(0.9, (straight(1, 1),), i)).utilities for i in (0, 1)]
    assert alike[0] == pytest.approx(alike[1][::-1], abs=1e-13)


def test_impatient_parties_take_it_all() -> None:
    """As the factor vanishes who opens has the first issue, and what follows is worth nothing."""
    found = solved(straight(4, 3), bg.Agenda(1e-6, later=(straight(1, 2),)))
    assert found.utilities == pytest.approx([4, 0], abs=1e-5)


def test_patient_parties() -> None:
    """As the factor tends to 1 it does not matter who opens, but X is not halved: who delays X delays Y too.

    By hand: x_1 - x_2 is e (1 - x + 2/3) by Bob's indifference and e (x + 1/4) by Ann's, e = 1 - delta: x = 17/24.
    """
    for first in (0, 1):
        found = solved(straight(4, 3), bg.Agenda(1 - 1e-6, later=(straight(1, 2),), first=first))
        assert found.deals[0]["Ann"] == pytest.approx(17 / 24, abs=1e-5)
        assert found.utilities == pytest.approx([10 / 3, 15 / 8], abs=1e-5)


def test_disagreement_lasts_until_an_issue_is_settled() -> None:
    """A fallback of f in an issue is f for ever, and a smaller pie, if nobody accepts less than f to open another."""
    fallbacks = ([0.2, 0.1], [0.0, 0.4])
    found = solved(straight(4, 3, fallbacks[0]), bg.Agenda((0.9, 0.8), (straight(1, 2, fallbacks[1]),)))
    small = solved(straight(4 * 0.7, 3 * 0.7), bg.Agenda((0.9, 0.8), (straight(0.6, 2 * 0.6),)))
    assert found.gains == pytest.approx(small.utilities, abs=1e-12)
    assert found.utilities == pytest.approx([small.utilities[0] + 0.8, small.utilities[1] + 1.1], abs=1e-12)
    assert bg.verify(found).ok


def test_an_issue_without_gains() -> None:
    """Nobody agrees on the last issue if there is nothing to gain; one before others may be a loss worth taking."""
    empty = straight(1, 1, [0.6, 0.6])
    found = solved(straight(4, 3), bg.Agenda(0.9, (empty,)))
    assert found.probability == 0 and found.proposers.tolist() == [0, -1] and np.isnan(found.dates[1])
    assert found.utilities == pytest.approx([4 / 1.9 + 0.6, 3 * 0.9 / 1.9 + 0.6], abs=1e-12)
    assert np.isnan(found.deals[1]["Ann"]) and "issue 2: no agreement" in repr(found)
    assert bg.verify(found).ok
    toll = solved(empty, bg.Agenda(0.9, (straight(4, 3),)))
    assert toll.probability == 1 and np.all(toll.agreed[0].sum() < 1.2) and np.all(toll.gains > 0)
    assert bg.verify(toll).ok


def test_an_opener_that_waits_to_be_asked() -> None:
    """With little to gain in the first issue no deal gives Bob, who is patient, and Ann what they have if she waits.

    When Bob proposes, Ann accepts less than her fallback in the first issue, to open the second.
    """
    curves, factors = [((1.1, 1.0), (4.7, 1.0)), ((0.56, 1.0), (0.12, 1.0))], (0.33, 0.83)
    least = [[1.1 * 0.24, 4.7 * 0.74], [0.0, 0.0]]
    values, shares = by_hand(curves, factors, least=least)
    assert np.isnan(shares[0, 0]) and shares[0, 1] < 0.24
    found = solved(straight(1.1, 4.7, [0.24, 0.74]), bg.Agenda(factors, (straight(0.56, 0.12),)))
    assert found.gains == pytest.approx(values[0, 0], abs=1e-12)
    assert found.dates.tolist() == [1, 2] and found.proposers.tolist() == [1, 0] and found.probability == 1
    assert found.deals[0]["Ann"] == pytest.approx(shares[0, 1], abs=1e-9)
    assert "in period 1" in repr(found)
    assert bg.verify(found).ok


def test_a_stack_is_its_games() -> None:
    scale = np.array([[4.0, 3.0], [3.0, 1.0], [1.0, 5.0]])
    first = bg.rescaled(bg.split(1, [bg.Linear(), bg.Power(0.5)], parties=("Ann", "Bob")), scale)
    fallback = np.array([[0.0, 0.0], [0.1, 0.3], [np.nan, 0.0]])
    second = straight(1, 2).replace(disagreement=fallback)
    names = ("utilities", "gains", "status", "residual", "agreed", "dates", "proposers", "probability")
    for stack, games in (
        (solved(first, bg.Agenda(0.9, (second, straight(1, 1)))), [(k, k) for k in range(3)]),
        (solved(first, bg.Agenda(0.9, (straight(1, 2, [0.1, 0.15]), straight(1, 1)))), [(k, 1) for k in range(3)]),
        (solved(straight(4, 3), bg.Agenda(0.9, (second,))), [(None, k) for k in range(3)]),
    ):
        for place, (k, other) in enumerate(games):
            if other == 2:
                assert stack.status[place] == bg.Status.NOT_FINITE and np.all(np.isnan(stack.utilities[place]))
                assert stack.proposers[place].tolist() == [-1] * len(stack.talks) and np.isnan(stack.residual[place])
                continue
            then = straight(1, 2).replace(disagreement=fallback[other])
            base = bg.split(1, [bg.Linear(), bg.Power(0.5)], parties=("Ann", "Bob"))
            alone = (
                solved(straight(4, 3), bg.Agenda(0.9, (then,))) if k is None
                else solved(bg.rescaled(base, scale[k]), bg.Agenda(0.9, (then, straight(1, 1))))
            )  # fmt: skip
            for name in names:
                assert getattr(stack, name)[place] == pytest.approx(getattr(alone, name), abs=1e-10)
            for deal, single in zip(stack.deals, alone.deals, strict=True):
                assert deal["Ann"][place] == pytest.approx(single["Ann"], abs=1e-10)
        assert bg.verify(stack).ok and "of 3 games solved" in repr(stack)


def test_a_first_issue_that_is_none() -> None:
    d = np.array([[0.0, 0.0], [np.inf, 0.0]])
    stack = solved(straight(4, 3).replace(disagreement=d), bg.Agenda(0.9, (straight(1, 2),)))
    assert stack.status.tolist() == [bg.Status.OK, bg.Status.NOT_FINITE]
    assert np.isnan(stack.probability[1]) and bg.verify(stack).ok


def changed(found: bg.IssueByIssue, k: int, **changes: Any) -> bg.IssueByIssue:
    talks = tuple(replace(t, **changes) if m == k else t for m, t in enumerate(found.talks))
    return replace(found, talks=talks)


TAMPERED: dict[str, Callable[[bg.IssueByIssue], bg.IssueByIssue]] = {
    "payoffs": lambda f: replace(f, utilities=f.utilities + 0.001),
    "no number": lambda f: replace(f, utilities=f.utilities * np.nan),
    "what the second issue is worth": lambda f: changed(f, 1, values=f.talks[1].values + 0.001),
    "the second issue of another agenda": lambda f: replace(
        f, talks=(f.talks[0], solved(straight(4, 3), bg.Agenda(0.9, (straight(1, 1.9),))).talks[1])
    ),
    "nobody agrees": lambda f: changed(f, 0, agree=~f.talks[0].agree),
    "another factor": lambda f: replace(f, model=bg.Agenda(0.89, f.model.later)),
    "another order": lambda f: replace(f, model=bg.Agenda(0.9, f.model.later, 1)),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_is_not_the_equilibrium_fails(name: str) -> None:
    found = solved(straight(4, 3), bg.Agenda(0.9, (straight(1, 2),)))
    assert bg.verify(found).ok
    assert not bg.verify(TAMPERED[name](found)).ok


def strangers() -> Problem:
    return bg.split(1, [bg.Linear(), bg.Linear()], parties=("Ann", "Carl"))


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "factor": (lambda: bg.Agenda(1.0), InvalidProblem, "strictly between 0 and 1"),
    "three factors": (lambda: bg.Agenda((0.9, 0.9, 0.9)), InvalidProblem, "one for each"),
    "no factor": (lambda: bg.Agenda(np.nan), InvalidProblem, "strictly between 0 and 1"),
    "no list": (lambda: bg.Agenda(0.9, straight(1, 2)), InvalidProblem, "must be a list"),  # type: ignore[arg-type]
    "no problem": (lambda: bg.Agenda(0.9, (3,)), InvalidProblem, "is no Problem"),  # type: ignore[arg-type]
    "three parties": (lambda: bg.Agenda(0.9, (bg.split(1, [bg.Linear()] * 3),)), InvalidProblem, "about two parties"),
    "three at first": (lambda: bg.solve(bg.split(1, [bg.Linear()] * 3), bg.Agenda(0.9)), InvalidProblem, "two parties"),
    "strangers": (lambda: bg.solve(straight(1, 1), bg.Agenda(0.9, (strangers(),))), InvalidProblem, "the same parties"),
    "first": (lambda: bg.solve(straight(1, 1), bg.Agenda(0.9, (), "Carl")), UnknownName, "no party named 'Carl'"),
    "second": (lambda: bg.solve(straight(1, 1), bg.Agenda(0.9, (), 2)), InvalidProblem, "from 0 to 1"),
    "stacks": (
        lambda: bg.solve(straight(1, 1).replace(disagreement=np.zeros((2, 2))),
                         bg.Agenda(0.9, (straight(1, 1).replace(disagreement=np.zeros((3, 2))),))),
        InvalidProblem, "do not match",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_has_no_meaning_is_refused(name: str) -> None:
    call, error, message = BAD[name]
    with pytest.raises(error, match=message):
        call()
