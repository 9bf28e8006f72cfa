"""Opting out after a refusal of one's own proposal: published intervals, bounds from the extensive form, stacks, errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, NoAgreement, UnknownName
from bargaining.problems.problem import Problem


def pie(size: float = 1.0, fallback: Any = None) -> Problem:
    return bg.split(size, [bg.Linear(), bg.Linear()], fallback, parties=("Ann", "Bob"))


def bounds(theirs: float, own: float, option: float, steps: int = 20_000) -> tuple[float, float, float, float]:
    """The least and the most of the party that cannot opt out, proposing and answering, by shrinking them from [0, 1].

    After a refusal the other opts out if that is credible, option >= own * (the least that it can be left with), and talks
    go on if their worth to it reaches the option: to the refusing party they are then worth at most 1 - option / own.
    """
    low, high = 0.0, 1.0
    answer = (0.0, 1.0)
    for _ in range(steps):
        opts_out, goes_on = option >= own * (1 - high) - 1e-12, own * (1 - low) >= option - 1e-12
        least = 0.0 if opts_out else theirs * low
        most = theirs * min(high, 1 - option / own) if goes_on else 0.0
        answer = least, most
        low, high = 1 - own * (1 - least), 1 - own * (1 - most)
    return low, high, *answer


@pytest.mark.parametrize(
    ("option", "low", "high"),
    [
        (0.3, 10 / 19, 10 / 19), (0.6, 0.1, 0.37), (0.85, 0.1, 0.1), (0.81, 0.1, 0.181),
        (0.81 / 1.9, 0.1, 10 / 19), (-1.0, 10 / 19, 10 / 19),
    ],
)  # fmt: skip
def test_published_intervals(option: float, low: float, high: float) -> None:
    """Shaked (1994); Osborne and Rubinstein (1990), section 3.12.2, with a common factor of 0.9: bounds .81/1.9 and .81."""
    found = bg.solve(pie(), bg.ProposerOutsideOption((0.9, 0.9), option))
    assert (found.lowest[0], found.highest[0]) == pytest.approx((low, high), abs=1e-12)
    assert found.lowest + found.highest[::-1] == pytest.approx([1, 1])
    assert bool(found.unique) == (low == pytest.approx(high))
    assert bg.verify(found).ok


@pytest.mark.parametrize("factors", [(0.9, 0.9), (0.95, 0.7), (0.6, 0.9), (0.3, 0.5), (0.99, 0.98)])
@pytest.mark.parametrize("option", [0.0, 0.05, 0.2, 0.33, 0.5, 0.64, 0.8, 0.97])
def test_bounds_of_the_extensive_form(factors: tuple[float, float], option: float) -> None:
    """For unequal factors too, highest and lowest payoffs close on the intervals, whoever is first."""
    low, high, least, most = bounds(*factors, option)
    proposing = bg.solve(pie(), bg.ProposerOutsideOption(factors, option))
    assert (proposing.lowest[0], proposing.highest[0]) == pytest.approx((low, high), abs=1e-11)
    answering = bg.solve(pie(), bg.ProposerOutsideOption(factors, option, first="Bob"))
    assert (answering.lowest[0], answering.highest[0]) == pytest.approx((least, most), abs=1e-11)
    assert answering.lowest[1] >= option - 1e-12


def test_without_an_option_of_use_it_is_rubinsteins_game() -> None:
    for first in (0, 1):
        for who in (0, 1):
            found = bg.solve(pie(3, [1, 0.5]), bg.ProposerOutsideOption((0.9, 0.7), 0.0, who, first))
            plain = bg.solve(pie(3, [1, 0.5]), bg.AlternatingOffers(factors=(0.9, 0.7), first=first))
            assert found.utilities == pytest.approx(plain.utilities, abs=1e-12)


def test_sides_sizes_and_units() -> None:
    """Only shares of what there is to gain matter, and names can be swapped."""
    shares = bg.solve(pie(), bg.ProposerOutsideOption((0.9, 0.8), 0.5))
    swapped = bg.solve(pie(), bg.ProposerOutsideOption((0.8, 0.9), 0.5, "Ann", "Bob"))
    assert swapped.lowest == pytest.approx(shares.lowest[::-1]) and swapped.highest == pytest.approx(shares.highest[::-1])
    problem = bg.rescaled(pie(12, [1, 1]), [1.0, 3.0])
    found = bg.solve(problem, bg.ProposerOutsideOption((0.9, 0.8), 3.0 + 0.5 * 30))
    assert problem.gains(found.lowest) == pytest.approx(shares.lowest * [10, 30])
    assert problem.gains(found.highest) == pytest.approx(shares.highest * [10, 30])


def test_a_stack_is_its_games() -> None:
    d = np.array([[0.0, 0.0], [0.1, 0.2], [0.1, 0.5], [0.5, 0.1], [0.6, 0.6], [np.nan, 0]])
    model = bg.ProposerOutsideOption((0.9, 0.8), 0.55)
    stack = bg.solve(pie().replace(disagreement=d), model)
    bad = [bg.Status.INFEASIBLE, bg.Status.NO_AGREEMENT, bg.Status.NOT_FINITE]
    assert stack.status.tolist() == [bg.Status.UNDETERMINED] * 2 + [bg.Status.OK, *bad]
    for k in range(3):
        alone = bg.solve(pie().replace(disagreement=d[k]), model)
        assert stack.lowest[k] == pytest.approx(alone.lowest, abs=1e-14)
        assert stack.highest[k] == pytest.approx(alone.highest, abs=1e-14)
    assert bg.verify(stack).ok


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "factor": (lambda: bg.ProposerOutsideOption((1.0, 0.9), 0.3), InvalidProblem, "strictly between 0 and 1"),
    "one factor": (lambda: bg.ProposerOutsideOption((0.9,), 0.3), InvalidProblem, "two numbers"),  # type: ignore[arg-type]
    "option": (lambda: bg.ProposerOutsideOption((0.9, 0.9), np.nan), InvalidProblem, "one finite number"),
    "too good": (lambda: bg.solve(pie(), bg.ProposerOutsideOption((0.9, 0.9), 1.1)), InvalidProblem, "would never agree"),
    "curved": (
        lambda: bg.solve(bg.split(1, [bg.Power(0.5), bg.Linear()]), bg.ProposerOutsideOption((0.9, 0.9), 0.3)),
        InvalidProblem,
        "straight",
    ),
    "three": (
        lambda: bg.solve(bg.split(1, [bg.Linear()] * 3), bg.ProposerOutsideOption((0.9, 0.9), 0.3)), InvalidProblem,
        "about two parties",
    ),
    "who": (lambda: bg.solve(pie(), bg.ProposerOutsideOption((0.9, 0.9), 0.3, "Cat")), UnknownName, "no party named 'Cat'"),
    "nothing": (
        lambda: bg.solve(pie(1, [0.6, 0.6]), bg.ProposerOutsideOption((0.9, 0.9), 0.3)), NoAgreement, "no deal",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_has_no_meaning_is_refused(name: str) -> None:
    call, error, message = BAD[name]
    with pytest.raises(error, match=message):
        call()


def test_ends_that_do_not_follow_from_each_other_are_found_out() -> None:
    found = bg.solve(bg.split(1, [bg.Linear(), bg.Linear()]), bg.ProposerOutsideOption((0.9, 0.9), 0.6))
    assert bg.verify(found).ok
    assert not bg.verify(replace(found, lowest=np.zeros(2), highest=np.ones(2))).ok
    even = np.array([0.5, 0.5])
    assert not bg.verify(replace(found, utilities=even, lowest=even, highest=even, status=np.int8(bg.Status.OK))).ok
